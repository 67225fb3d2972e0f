import type { Backtest } from '@/api/types';
import { spokenSeconds } from './duration';
import type { Line } from './series';
import type { Unit } from './units';
import { count } from './units';

/** Days a rule can be tried on. */
export const SPANS = ['1', '7', '28'] as const;
export type Span = (typeof SPANS)[number];

export const SPAN_TEXT: Record<Span, string> = { '1': '1 day', '7': '7 days', '28': '28 days' };

type Incident = Backtest['incidents'][number];
type Series = Backtest['series'][number];

const some = (n: number, one: string): string => `${count(n)} ${one}${n === 1 ? '' : 's'}`;

/** `It would have opened 3 incidents on 2 of 40 servers.` */
export function outcome({ incidents, incidents_total: total, servers }: Backtest): string {
  if (servers === 0) return 'No server is in its scope.';
  if (total === 0) return `It would have opened nothing on ${some(servers, 'server')}.`;
  // Of more than are listed nobody can tell on how many servers they are.
  const where =
    total === incidents.length
      ? ` on ${count(new Set(incidents.map((incident) => incident.server.id)).size)} of ${some(servers, 'server')}`
      : '';
  return `It would have opened ${some(total, 'incident')}${where}.`;
}

/** Against the rule in force; `null` where it was tried alone. */
export function against({ difference }: Backtest): string | null {
  if (!difference) return null;
  const { only_new, only_old, both } = difference;
  if (only_new === 0 && only_old === 0) return 'The rule in force would have opened the same.';
  return `Against the rule in force: ${count(only_new)} only by the new one, ${count(only_old)} only by the one in force, ${count(both)} by both.`;
}

/** What was left out, said plainly; `null` when all was replayed. */
export const leftOut = ({ truncated, servers, servers_in_scope }: Backtest): string | null =>
  truncated
    ? `Not everything was replayed, it would have taken too long: ${count(servers)} of ${some(servers_in_scope, 'server')} to the end. There may be more incidents.`
    : null;

/** How long it lasted; one that was not over may have gone on. */
export const lasted = ({ resolved_at, duration_s }: Incident): string =>
  resolved_at === null ? `${spokenSeconds(duration_s)}, not over` : spokenSeconds(duration_s);

/** Lines of a chart: what was measured, what was usual, and where the rule fires. */
export function seriesLines({ value, expected, upper, lower, threshold }: Series): Line[] {
  const lines: Line[] = [{ label: 'measured', avg: value }];
  if (expected) lines.push({ label: 'usual', avg: expected });
  if (upper) lines.push({ label: 'fires above', avg: upper });
  if (lower) lines.push({ label: 'fires below', avg: lower });
  if (threshold !== null) lines.push({ label: 'threshold', avg: value.map(() => threshold) });
  return lines;
}

/** The stretches, in seconds since 1970, in which the rule would have had an incident open on what is drawn. */
export const firedSpans = (
  { server_id, subject }: Series,
  report: Backtest,
): { from: number; to: number }[] =>
  report.incidents
    .filter((incident) => incident.server.id === server_id && incident.subject === subject)
    .map(({ opened_at, resolved_at }) => ({
      from: Date.parse(opened_at) / 1000,
      to: Date.parse(resolved_at ?? report.to) / 1000,
    }));

const UNITS: Record<string, Unit> = {
  percent: 'pct',
  bytes: 'bytes',
  bytes_per_s: 'bytes_per_s',
  s: 'seconds',
};

export const chartUnit = (unit: string | undefined): Unit => UNITS[unit ?? ''] ?? 'count';
