import { expect, test } from 'vitest';
import type { Backtest } from '@/api/types';
import { against, firedSpans, lasted, leftOut, outcome, seriesLines } from './backtest';

const incident: Backtest['incidents'][number] = {
  server: { id: 3, name: 'web-11' },
  subject: '',
  opened_at: '2026-05-07T00:00:00Z',
  resolved_at: '2026-05-07T00:10:00Z',
  duration_s: 600,
  severity: 'high',
  title: 'CPU busy on web-11',
  observed: '96 %',
  expected: 'not > 90',
  would_tell: ['email'],
};

const report: Backtest = {
  source: 'series',
  from: '2026-05-06T00:00:00Z',
  to: '2026-05-07T01:00:00Z',
  servers: 4,
  servers_in_scope: 9,
  samples: 5760,
  truncated: false,
  incidents: [incident],
  incidents_total: 1,
  in_force: null,
  difference: null,
  series: [],
  learning: [],
  notes: [],
};

test('an outcome counts incidents and the servers they are on', () => {
  expect(outcome(report)).toBe('It would have opened 1 incident on 1 of 4 servers.');
  expect(outcome({ ...report, incidents: [], incidents_total: 0 })).toBe(
    'It would have opened nothing on 4 servers.',
  );
  expect(outcome({ ...report, incidents_total: 1204 })).toBe('It would have opened 1,204 incidents.');
  expect(outcome({ ...report, servers: 0 })).toBe('No server is in its scope.');
});

test('a rule is told apart from the one in force', () => {
  expect(against(report)).toBeNull();
  expect(against({ ...report, difference: { only_new: 0, only_old: 0, both: 2 } })).toContain('the same');
  expect(against({ ...report, difference: { only_new: 1, only_old: 2, both: 3 } })).toBe(
    'Against the rule in force: 1 only by the new one, 2 only by the one in force, 3 by both.',
  );
});

test('what was not replayed is said', () => {
  expect(leftOut(report)).toBeNull();
  expect(leftOut({ ...report, truncated: true })).toContain('4 of 9 servers');
});

test('an incident that was not over says so', () => {
  expect(lasted(incident)).toBe('10 min');
  expect(lasted({ ...incident, resolved_at: null })).toBe('10 min, not over');
});

test('a chart shows the limits a rule has, and where it would have fired', () => {
  const series: Backtest['series'][number] = {
    server_id: 3,
    subject: '',
    at: [1, 2],
    value: [10, 96],
    expected: null,
    upper: null,
    lower: null,
    threshold: 90,
  };
  expect(seriesLines(series).map((line) => line.label)).toEqual(['measured', 'threshold']);
  const learned = { ...series, threshold: null, expected: [null, 20], upper: [null, 60] };
  expect(seriesLines(learned).map((line) => line.label)).toEqual(['measured', 'usual', 'fires above']);
  const opened = Date.parse(incident.opened_at) / 1000;
  expect(firedSpans(series, report)).toEqual([{ from: opened, to: opened + 600 }]);
  const open = { ...report, incidents: [{ ...incident, resolved_at: null }] };
  expect(firedSpans(series, open)).toEqual([{ from: opened, to: opened + 3600 }]);
  expect(firedSpans({ ...series, subject: '/home' }, report)).toEqual([]);
});
