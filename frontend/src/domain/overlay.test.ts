import { describe, expect, it } from 'vitest';
import type { Metrics, ServerUsual } from '@/api/types';
import { type Mark, marksOf, merged, usualBand, WEEK_S, weekBefore } from './overlay';

const HOUR = 3600;
const T0 = 1_778_155_200;

describe('what stands behind a chart', () => {
  it('puts the usual range of its hour at each time', () => {
    const column: ServerUsual['columns'][number] = {
      field: 'load1',
      judged_by: [{ detector: 'overload', rule_id: null, name: 'Overload' }],
      at_ms: [T0 * 1000, (T0 + HOUR) * 1000],
      low: [1, null],
      mid: [2, null],
      high: [3, null],
    };
    const [band] = usualBand([T0 - 60, T0, T0 + 59 * 60, T0 + HOUR], column);
    expect(band).toMatchObject({ avg: [null, 2, 2, null], min: [null, 1, 1, null], max: [null, 3, 3, null] });
    expect(band).toMatchObject({ band: true, quiet: true });
    expect(usualBand([T0 + HOUR], column)).toEqual([]);
    expect(usualBand([], column)).toEqual([]);
  });

  const metrics = (at: number[], avg: (number | null)[]): Metrics => ({
    kind: 'metrics',
    at_ms: at.map((s) => s * 1000),
    bucket_ms: 0,
    hourly: false,
    columns: [{ field: 'load1', subject: null, avg, min: avg, max: avg }],
  });

  it('finds the nearest measurement of a week before, and none across a gap', () => {
    const then = [0, 60, 120, 600].map((s) => T0 - WEEK_S + s + 7);
    const earlier = metrics(then, [1, 2, null, 4]);
    const times = [0, 60, 120, 300, 600].map((s) => T0 + s);
    expect(weekBefore(times, earlier, 'load1')).toEqual([
      { label: 'a week before', avg: [1, 2, null, null, 4], quiet: true },
    ]);
    expect(weekBefore(times, earlier, 'load5')).toEqual([]);
    expect(weekBefore(times, metrics([], []), 'load1')).toEqual([]);
    expect(weekBefore([T0 + 9 * HOUR], earlier, 'load1')).toEqual([]);
  });

  it('draws what overlaps once, and each kind by itself', () => {
    const mark = (what: Mark['what'], from: number, to: number): Mark => ({ what, from, to, name: '' });
    const marks = [mark('incident', 50, 90), mark('incident', 10, 60), mark('incident', 95, 99)];
    expect(merged([...marks, mark('backup', 20, 40), mark('reboot', 30, 30)])).toEqual([
      { what: 'backup', from: 20, to: 40 },
      { what: 'incident', from: 10, to: 90 },
      { what: 'incident', from: 95, to: 99 },
      { what: 'reboot', from: 30, to: 30 },
    ]);
  });

  it('marks what happened, until now where it goes on', () => {
    const marks = marksOf(
      {
        reboots: ['2026-05-07T06:00:00Z'],
        backups: [
          {
            tool: 'jetbackup',
            job: 'accounts',
            status: 'success',
            started_at: null,
            finished_at: '2026-05-07T07:00:00Z',
          },
        ],
        incidents: [
          {
            id: 7,
            title: 'exim is down',
            severity: 'high',
            opened_at: '2026-05-07T08:00:00Z',
            resolved_at: null,
          },
        ],
      },
      Date.parse('2026-05-07T09:00:00Z') / 1000,
    );
    expect(marks.map(({ what, name, from, to }) => [what, name, to - from])).toEqual([
      ['backup', 'jetbackup accounts: success', 0],
      ['incident', 'exim is down', HOUR],
      ['reboot', 'reboot', 0],
    ]);
  });
});
