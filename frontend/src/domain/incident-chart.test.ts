import { expect, test } from 'vitest';
import type { Metrics } from '@/api/types';
import { band, limitsAt, measuredLines, stretchAround } from './incident-chart';

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
const NOW = 1_778_155_200;

test('as much is drawn around an incident as shows how it usually is', () => {
  const open = { opened_at: at(NOW - 600), resolved_at: null };
  expect(stretchAround(open, 60, NOW)).toEqual({ from: NOW - 600 - 3600, to: NOW });
  expect(stretchAround(open, 3600, NOW).from).toBe(NOW - 600 - 30 * 3600);
  expect(stretchAround(open, 0, NOW).from).toBe(NOW - 600 - 14 * 86_400);
  const over = { opened_at: at(NOW - 90_000), resolved_at: at(NOW - 60_000) };
  expect(stretchAround(over, 60, NOW)).toEqual({ from: NOW - 100_000, to: NOW - 50_000 });
  const long = { opened_at: at(NOW - 90 * 86_400), resolved_at: null };
  expect(stretchAround(long, 60, NOW).from).toBe(NOW - 93 * 86_400);
});

test('a limit holds from its decision on, the first one before it too', () => {
  const decisions = [
    { at: at(300), threshold: 98 },
    { at: at(200), threshold: null },
    { at: at(100), threshold: 95 },
  ];
  expect(limitsAt([50, 100, 250, 300, 400], decisions)).toEqual([95, 95, 95, 98, 98]);
  expect(limitsAt([50], decisions.slice(1, 2))).toBeNull();
});

const column = (field: string, subject: string | null, avg: (number | null)[]) => ({
  field,
  subject,
  avg,
  min: avg,
  max: avg,
});
const metrics = (columns: Metrics['columns']): Metrics => ({
  kind: 'disks',
  at_ms: [1000, 2000],
  bucket_ms: 0,
  hourly: false,
  columns,
});

test('only what the incident is about is drawn, and nothing without a value', () => {
  const chart = { metrics: ['disks.used_pct'], subjects: ['/home'], fine: 'below' as const };
  const columns = [
    column('used_pct', '/', [1, 2]),
    column('used_pct', '/home', [90, null]),
    column('used_pct', null, [7, 7]),
  ];
  expect(measuredLines(metrics(columns), chart)).toEqual([{ label: '/home', avg: [90, null] }]);
  const host = { ...chart, subjects: null };
  expect(measuredLines(metrics(columns), host).map(({ avg }) => avg)).toEqual([[7, 7]]);
  expect(measuredLines(metrics([column('used_pct', '/home', [null, null])]), chart)).toEqual([]);
});

test('what is fine is a band on its side of the limit', () => {
  const measured = [{ label: 'measured', avg: [10, 40] }];
  expect(band('below', [20, 20], measured)).toEqual([
    { label: 'fine up to', avg: [20, 20], min: [0, 0], max: [20, 20], band: true },
  ]);
  expect(band('above', [20, 20], measured)[0]?.max).toEqual([40, 40]);
  expect(band(null, [20, 20], measured)).toEqual([]);
  expect(band('below', null, measured)).toEqual([]);
});
