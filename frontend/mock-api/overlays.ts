import type { ServerMarks, ServerUsual } from '@/api/types';
import { ago, HOUR } from './clock';
import { type Handlers, Refusal } from './contract';
import type { World } from './db';
import { found } from './list';
import { metrics } from './measurements';

/** What stands behind a server's charts: the usual ranges of what is judged, what happened. */
const JUDGED: Record<string, ServerUsual['columns'][number]['judged_by']> = {
  'metrics.load1_per_core': [{ detector: 'overload', rule_id: null, name: 'Overload' }],
  'metrics.cpu_pct': [{ detector: 'baseline', rule_id: 6, name: 'CPU out of the usual' }],
  'mail-queue.total': [{ detector: 'mail_queue_spike', rule_id: null, name: 'Mail queue' }],
};

const HOUR_MS = 3_600_000;

const span = (query: URLSearchParams): [number, number] => [
  Date.parse(query.get('from') ?? ago(HOUR)),
  Date.parse(query.get('to') ?? ago(0)),
];

type Routes = Pick<Handlers, '/api/servers/{id}/usual' | '/api/servers/{id}/marks'>;

export function overlays(w: () => World): Routes {
  return {
    '/api/servers/{id}/usual': {
      get: ({ id, query }) => {
        const server = found(w().servers, id);
        const [from, to] = span(query);
        if (to - from > 8 * 24 * HOUR_MS)
          throw new Refusal(422, 'validation_failed', 'The request is not valid.', {
            from: ['must lie within 8 days of `to`'],
          });
        const at_ms: number[] = [];
        for (let at = Math.floor(from / HOUR_MS) * HOUR_MS; at < to; at += HOUR_MS) at_ms.push(at);
        const judged = (query.get('fields') ?? '').split(',').filter((name) => JUDGED[name]);
        return {
          columns: judged.map((name) => {
            const mid = at_ms.map((at) => {
              // As it was the day before, which the mock's curves repeat.
              const day = { ...server, last_metric_at: new Date(at).toISOString() };
              const hour = metrics(day, [name], at - HOUR_MS, at).columns[0]?.avg ?? [];
              const known = hour.filter((value) => value !== null);
              return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
            });
            const times = (k: number) => mid.map((value) => (value === null ? null : value * k));
            return {
              field: name.split('.').at(-1) ?? name,
              judged_by: JUDGED[name] ?? [],
              at_ms,
              low: times(0.78),
              mid,
              high: times(1.24),
            };
          }),
        };
      },
    },
    '/api/servers/{id}/marks': {
      get: ({ id, query }): ServerMarks => {
        found(w().servers, id);
        const [from, to] = span(query);
        const within = (at: string) => Date.parse(at) >= from && Date.parse(at) < to;
        const incidents = w().incidents.filter(
          (i) =>
            i.server_id === id &&
            Date.parse(i.opened_at) < to &&
            (i.resolved_at === null || Date.parse(i.resolved_at) >= from),
        );
        return {
          reboots: id === 3 ? [ago(38 * 60), ago(26 * HOUR)].filter(within) : [],
          backups: [
            {
              tool: 'jetbackup',
              job: 'accounts',
              status: 'success',
              started_at: ago(55 * 60),
              finished_at: ago(44 * 60),
            },
          ].filter((run) => id === 3 && Date.parse(run.finished_at) >= from),
          incidents: incidents.map(({ id: incident, title, severity, opened_at, resolved_at }) => ({
            id: incident,
            title,
            severity,
            opened_at,
            resolved_at,
          })),
        };
      },
    },
  };
}
