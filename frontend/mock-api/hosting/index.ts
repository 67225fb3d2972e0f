import type { Handlers } from '../contract';
import type { World } from '../db';
import { decisionsOf } from '../decisions';
import type { Publish } from '../handlers';
import { by, contains, found, has, page, sorted, sortedKnownFirst } from '../list';
import { maskedCase, moved } from './abuse';
import { agentsOf } from './agents';
import { backupsOf, serverBackupsOf } from './backups';
import { cronsOf } from './crons';
import { disksOf } from './disks';
import { actionsOf, addressOf, attackersOf, eventsOf } from './firewall';
import { mailQueueOf, sendersOf } from './mail';
import { hostsOf, inState, type Kind, onHost, probeOf, unreadableOf } from './probes';
import { cpanelOf, licenceWeight, litespeedOf, mysqlOf } from './web';

/** The pages of the group Hosting, and the tabs of a server that show the same of one host. */
type Hosting = Pick<
  Handlers,
  Extract<keyof Handlers, `/api/hosting/${string}`> | '/api/agents' | `/api/servers/{id}/${Tab}`
>;
type Tab = 'decisions' | 'mysql' | 'litespeed' | 'cpanel' | 'crons' | 'mail-queue' | 'backups' | 'firewall';

const CASE_RANK = ['detected', 'acknowledged', 'suspended_by_op', 'cleared', 'false_positive'];
const CRON_RANK = ['on_time', 'at_boot', 'unknown', 'failed', 'overdue'];

const cronState = (job: { state: string; is_overdue: boolean | null; last_exit: number | null }): string =>
  job.is_overdue ? 'overdue' : job.last_exit ? 'failed' : job.state;

export const hosting = (
  w: () => World,
  seesLogins: () => boolean,
  me: () => { id: number; name: string },
  publish: Publish,
): Hosting => {
  const host = (id: number) => found(w().servers, id);
  /** A list with a row each host: filtered by what its report says, worst first. */
  const fleet = <
    T extends { server: { name: string }; probe: { state: string; observed_at: string | null } },
  >(
    query: URLSearchParams,
    of: (server: World['servers'][number]) => T,
    worst: string,
    picks: Record<string, (row: T) => number | null>,
  ) => {
    const rows = hostsOf(w(), query)
      .map(of)
      .filter((row) => inState(query, row.probe));
    const all = {
      name: (row: T) => row.server.name,
      observed_at: (row: T) => row.probe.observed_at,
      ...picks,
    };
    return page(sortedKnownFirst(rows, query.get('sort') ?? worst, all), query);
  };
  /** A list without a row for each host: of whom it can say nothing stands beside it. */
  const partial = <T>(rows: T[], query: URLSearchParams, kind: Kind, told: (number | undefined)[]) => ({
    ...page(rows, query),
    unreadable: unreadableOf(w(), query, kind, new Set(told.filter((id) => id !== undefined))),
  });
  const log = (query: URLSearchParams, server = Number(query.get('server')) || null) =>
    eventsOf(w()).filter((e) => {
      const known = w().servers.find((s) => s.id === e.server_id);
      return (
        (server === null || e.server_id === server) &&
        (!query.get('tag') || known?.tags.includes(query.get('tag') ?? '')) &&
        contains(query.get('q'), e.reason, e.user) &&
        (!query.get('ip') || e.ip === query.get('ip')) &&
        has(query.get('action'), e.action) &&
        has(query.get('source'), e.source) &&
        (!query.get('from') || e.at >= (query.get('from') ?? ''))
      );
    });
  const toldByFirewall = () => eventsOf(w()).map((event) => event.server_id);
  return {
    '/api/servers/{id}/mysql': { get: ({ id }) => mysqlOf(host(id)) },
    '/api/servers/{id}/litespeed': { get: ({ id }) => litespeedOf(host(id)) },
    '/api/servers/{id}/cpanel': { get: ({ id }) => cpanelOf(host(id)) },
    '/api/servers/{id}/mail-queue': { get: ({ id }) => mailQueueOf(host(id)) },
    '/api/servers/{id}/backups': { get: ({ id }) => serverBackupsOf(host(id)) },
    '/api/servers/{id}/crons': {
      get: ({ id }) => {
        const jobs = cronsOf(host(id));
        const overdue = jobs.filter((job) => job.is_overdue).length;
        const probe = probeOf(host(id), 'crons');
        return {
          probe,
          timezone: jobs[0]?.timezone ?? null,
          overdue: jobs.length > 0 ? overdue : null,
          jobs: [...jobs].sort((a, b) => (b.overdue_s ?? 0) - (a.overdue_s ?? 0)),
        };
      },
    },
    '/api/servers/{id}/firewall': {
      get: ({ id, query }) => ({
        probe: probeOf(host(id), 'firewall'),
        actions_24h: actionsOf(log(new URLSearchParams(), id)),
        events: page(log(query, id), query),
      }),
    },
    '/api/servers/{id}/decisions': { get: ({ id, query }) => page(decisionsOf(host(id), query), query) },
    '/api/hosting/mail-queue': {
      get: ({ query }) =>
        fleet(query, mailQueueOf, '-frozen', {
          frozen: (row) => row.frozen,
          deferred: (row) => row.deferred,
          oldest_age_s: (row) => row.oldest_age_s,
        }),
    },
    '/api/hosting/disks': {
      get: ({ query }) =>
        fleet(query, disksOf, '-worst_pct', {
          worst_pct: (row) => row.worst_pct,
          used_pct: (row) => Math.max(0, ...row.partitions.map((d) => d.used_pct ?? 0)),
          inodes_used_pct: (row) => Math.max(0, ...row.partitions.map((d) => d.inodes_used_pct ?? 0)),
        }),
    },
    '/api/hosting/mysql': {
      get: ({ query }) =>
        fleet(query, mysqlOf, '-connections_pct', {
          connections_pct: (row) => row.connections_pct,
          lag_s: ({ replication: r }) => (r.status === 'broken' ? 1e9 : r.lag_s),
          slow_queries_per_min: (row) => row.slow_queries_per_min,
        }),
    },
    '/api/hosting/litespeed': {
      get: ({ query }) =>
        fleet(query, litespeedOf, '-connections_pct', {
          connections_pct: (row) => (row.state === 'stopped' ? 1e3 : row.connections_pct),
          requests_per_s: (row) => row.requests_per_s,
          hit_ratio_pct: (row) => row.hit_ratio_pct,
        }),
    },
    '/api/hosting/cpanel': {
      get: ({ query }) =>
        fleet(query, cpanelOf, '-license', {
          license: licenceWeight,
          accounts: (row) => row.accounts_active,
          email_accounts: (row) => row.email_accounts,
        }),
    },
    '/api/hosting/top-senders': {
      get: ({ query }) => {
        const rows = sendersOf(w(), seesLogins()).filter(
          (row) =>
            onHost(host(row.server.id), query) &&
            has(query.get('kind'), row.kind) &&
            contains(query.get('q'), row.login, row.account, row.script),
        );
        const picks = {
          recipients_1h: (row: (typeof rows)[number]) => row.recipients_1h,
          recipients_24h: (row: (typeof rows)[number]) => row.recipients_24h,
          failures_pct: (row: (typeof rows)[number]) => row.failures_pct,
        };
        return partial(
          sortedKnownFirst(rows, query.get('sort') ?? '-recipients_1h', picks),
          query,
          'email-stats',
          sendersOf(w(), true).map((row) => row.server.id),
        );
      },
    },
    '/api/hosting/mail-abuse': {
      get: ({ query }) => {
        const all = w().abuse;
        const rows = all.filter(
          (row) =>
            has(query.get('status'), row.status) &&
            (!query.get('server') || row.server.id === Number(query.get('server'))) &&
            contains(query.get('q'), row.name, row.account),
        );
        const urgency = (row: (typeof rows)[number]) => CASE_RANK.indexOf(row.status);
        const list = page(
          sorted(rows, query.get('sort') ?? 'urgency', {
            urgency: (a, b) => urgency(a) - urgency(b) || (a.detected_at < b.detected_at ? -1 : 1),
            detected_at: by((row) => row.detected_at),
            recipients: by((row) => row.recipients),
          }),
          query,
        );
        const of = (status: string) => all.filter((row) => row.status === status).length;
        return {
          data: list.data.map((row) => maskedCase(row, seesLogins())),
          meta: { ...list.meta, detected: of('detected'), acknowledged: of('acknowledged') },
        };
      },
    },
    '/api/hosting/mail-abuse/{id}': {
      get: ({ id }) => maskedCase(found(w().abuse, id), seesLogins()),
    },
    '/api/hosting/mail-abuse/{id}/transition': {
      post: ({ id, body }) => {
        const row = moved(found(w().abuse, id), body.status, body.note ?? '', me());
        publish('private-incidents', 'abuse.updated', maskedCase(row, false));
        return maskedCase(row, seesLogins());
      },
    },
    '/api/hosting/mail-allowances': { get: ({ query }) => page(w().allowances, query) },
    '/api/hosting/mail-allowances/{id}': {
      delete: ({ id }) => {
        found(w().allowances, id);
        w().allowances = w().allowances.filter((row) => row.id !== id);
      },
    },
    '/api/hosting/backups': {
      get: ({ query }) => {
        const rows = hostsOf(w(), query)
          .map(backupsOf)
          .filter((row) => inState(query, row));
        return page(
          sorted(rows, query.get('sort') ?? 'last_good_at', {
            last_good_at: by((row) => row.last_good_at),
            last_run_at: by((row) => row.last_run_at),
            name: by((row) => row.server.name),
          }),
          query,
        );
      },
    },
    '/api/hosting/crons': {
      get: ({ query }) => {
        const rows = w()
          .servers.filter((server) => server.is_active && onHost(server, query))
          .flatMap(cronsOf)
          .filter(
            (job) =>
              has(query.get('state'), cronState(job)) && contains(query.get('q'), job.command, job.user),
          );
        const rank = (job: (typeof rows)[number]) => CRON_RANK.indexOf(cronState(job));
        return partial(
          sorted(rows, query.get('sort') ?? 'overdue', {
            overdue: (a, b) => rank(b) - rank(a) || (b.overdue_s ?? 0) - (a.overdue_s ?? 0),
            server: by((job) => job.server.name),
            last_run_at: by((job) => job.last_run_at),
          }),
          query,
          'crons',
          rows.map((job) => job.server.id),
        );
      },
    },
    '/api/hosting/firewall-events': {
      get: ({ query }) => partial(log(query), query, 'firewall', toldByFirewall()),
    },
    '/api/hosting/top-attackers': {
      get: ({ query }) => {
        const rows = attackersOf(
          log(new URLSearchParams([...query].filter(([k]) => k === 'server' || k === 'tag'))),
        ).filter((row) => !query.get('country') || row.country === query.get('country'));
        return partial(
          sorted(rows, query.get('sort') ?? '-events', {
            events: by((row) => row.events),
            servers: by((row) => row.servers),
            last_at: by((row) => row.last_at),
          }),
          query,
          'firewall',
          toldByFirewall(),
        );
      },
    },
    '/api/hosting/address': { get: ({ query }) => addressOf(w(), query.get('ip') ?? '') },
    '/api/agents': { get: ({ query }) => agentsOf(w(), query) },
  };
};
