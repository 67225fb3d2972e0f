import type { Backtest, BacktestInput, Server } from '@/api/types';
import { ago, mockNow } from './clock';

/** What a rule would have done on a fleet that was calm but for one server, which was busy once a day. */
const POINTS = 48;
const PEAK = 96;

export function backtestOf(servers: Server[], { rule, compare_with, from }: BacktestInput): Backtest {
  const { condition } = rule;
  const days = Math.round((mockNow() - Date.parse(from)) / 86_400_000);
  const scope = servers.filter((server) => inScope(server, rule.scope));
  const [busy] = scope;
  const span = days * 24 * 3600;
  const at = Array.from({ length: POINTS }, (_, n) => Date.parse(ago(span - (n * span) / POINTS)));
  const peak = (n: number) => n >= 20 && n < 24;
  const value = at.map((_, n) => (peak(n) ? PEAK : 30 + (n % 5)));
  const limit = condition.type === 'threshold' ? condition.threshold : null;
  const learned = condition.type === 'baseline';
  const fires = busy && (limit === null || limit < PEAK) && !(condition.type === 'detector' && condition.off);
  const opened = (day: number) => ago(day * 24 * 3600 - 10 * 3600);
  const many = fires ? days : 0;
  return {
    source: condition.type === 'detector' ? 'log' : 'series',
    servers: days >= 28 ? Math.ceil(scope.length / 2) : scope.length,
    servers_in_scope: scope.length,
    samples: scope.length * 1440 * days,
    from,
    to: ago(0),
    truncated: days >= 28 && scope.length > 1,
    incidents: Array.from({ length: many }, (_, n) => ({
      server: { id: busy?.id ?? 0, name: busy?.name ?? '' },
      subject: '',
      opened_at: days === 1 ? new Date(at[20] ?? 0).toISOString() : opened(days - n),
      resolved_at: n === 1 ? null : days === 1 ? new Date(at[24] ?? 0).toISOString() : opened(days - n - 0.1),
      duration_s: 7200,
      severity: rule.severity ?? 'high',
      title: `${rule.name ?? 'New rule'} on ${busy?.name}`,
      observed: 'CPU busy, all cores 96 %',
      expected:
        limit === null
          ? 'at most 64.0 %: usual is 32.0 % (all of the last 40 hours), for 300 s'
          : `not above ${limit} % for 300 s`,
      would_tell:
        rule.channels ?? (rule.escalation_policy_id ? ['T+0: email, telegram', 'T+15 min: sms'] : []),
    })),
    incidents_total: many,
    in_force: compare_with ? { rule_id: compare_with, version: 1, incidents_total: 1, incidents: [] } : null,
    difference: compare_with
      ? { only_new: Math.max(0, many - 1), only_old: fires ? 0 : 1, both: fires ? 1 : 0 }
      : null,
    series:
      busy && condition.type !== 'detector'
        ? [
            {
              server_id: busy.id,
              subject: '',
              at,
              value,
              expected: learned ? at.map((_, n) => (n < 6 ? null : 32)) : null,
              upper: learned ? at.map((_, n) => (n < 6 ? null : 64)) : null,
              lower: null,
              threshold: limit,
            },
          ]
        : [],
    learning:
      learned && busy
        ? [
            {
              server: { id: busy.id, name: busy.name },
              subject: '',
              known_from: new Date(at[6] ?? 0).toISOString(),
            },
          ]
        : [],
    notes: ['Measured values as they are stored.'],
  };
}

const inScope = (server: Server, scope: BacktestInput['rule']['scope']): boolean => {
  if (!server.is_active) return false;
  if ('tags' in scope) return scope.tags.some((tag) => server.tags.includes(tag));
  return 'server_ids' in scope ? scope.server_ids.includes(server.id) : true;
};
