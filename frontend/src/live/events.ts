import type { QueryClient } from '@tanstack/react-query';
import type {
  AbuseCase,
  Delivery,
  Incident,
  IncidentDetail,
  MetricsReceived,
  Page,
  Server,
  ServerRef,
} from '@/api/types';

/** Event name to body. Every body is what GET of the resource gives. */
export interface LiveEvents {
  'server.updated': Server;
  'metrics.received': MetricsReceived;
  'incident.opened': IncidentDetail;
  'incident.updated': IncidentDetail;
  'delivery.updated': Delivery;
  'abuse.detected': AbuseCase;
  'abuse.updated': AbuseCase;
}

const patchRow = <T extends { id: number }>(page: Page<T> | undefined, row: Partial<T> & { id: number }) =>
  page && { ...page, data: page.data.map((old) => (old.id === row.id ? { ...old, ...row } : old)) };

/** At most one refetch of a list per this many ms: a fleet of thousands reports many times a second. */
const LIST_REFRESH_MS = 3000;

/** What the lists of the whole fleet show changes once a minute at most: asking more often would only cost. */
const FLEET_REFRESH_MS = 10_000;

/** Who shows a kind of report, and where its event carries it. */
interface Shown {
  /** The tab of its server, as the last part of its question's key. */
  tab?: string;
  /** The field of the event that holds what the tab's question answers. */
  body?: keyof MetricsReceived;
  /** Its server has charts of it. */
  charts?: true;
  /** Questions about the fleet, by the second part of their keys. */
  lists?: string[];
  /** A row of these lists is the body and whose it is. */
  rows?: true;
}

const SHOWN: Record<string, Shown> = {
  metrics: { charts: true },
  processes: { tab: 'services', body: 'services' },
  disks: { tab: 'disks', body: 'disks', lists: ['disks'] },
  mysql: { tab: 'mysql', body: 'mysql', charts: true, lists: ['mysql'], rows: true },
  litespeed: { tab: 'litespeed', body: 'litespeed', charts: true, lists: ['litespeed'], rows: true },
  cpanel: { tab: 'cpanel', body: 'cpanel', charts: true, lists: ['cpanel'], rows: true },
  'mail-queue': { tab: 'mail-queue', body: 'mail_queue', charts: true, lists: ['mail-queue'], rows: true },
  crons: { tab: 'crons', lists: ['crons'] },
  backups: { tab: 'backups', lists: ['backups'] },
  firewall: { tab: 'firewall', lists: ['firewall-events', 'top-attackers', 'address'] },
  'email-stats': { lists: ['top-senders'] },
};

const patchHost = (page: Page<{ server: ServerRef }> | undefined, id: number, report: object) =>
  page && { ...page, data: page.data.map((row) => (row.server.id === id ? { ...row, ...report } : row)) };

/**
 * Brings events into the query cache. A row that is shown changes at once; whether it belongs to a filtered list, and
 * where in its order, only the server knows, so lists are asked again, but not more often than every three seconds.
 */
export function liveUpdates(queries: QueryClient) {
  const pending = new Map<string, ReturnType<typeof setTimeout>>();

  const refreshIn = (ms: number, queryKey: unknown[]) => {
    const name = JSON.stringify(queryKey);
    if (pending.has(name)) return;
    const timer = setTimeout(() => {
      pending.delete(name);
      void queries.invalidateQueries({ queryKey });
    }, ms);
    pending.set(name, timer);
  };
  const refreshSoon = (...queryKey: unknown[]) => refreshIn(LIST_REFRESH_MS, queryKey);

  /** The pages of its group that are at hand show how it stands. */
  const refreshGroup = (incident: IncidentDetail) => {
    for (const { id } of incident.group?.members ?? [])
      if (id !== incident.id && queries.getQueryData(['incidents', id])) refreshSoon('incidents', id);
  };

  const handlers: { [E in keyof LiveEvents]: (data: LiveEvents[E]) => void } = {
    'server.updated': (server) => {
      queries.setQueryData(['servers', server.id], server);
      queries.setQueriesData<Page<Server>>({ queryKey: ['servers', 'list'] }, (page) =>
        patchRow(page, server),
      );
      refreshSoon('servers', 'list');
    },
    'metrics.received': (event) => {
      const { server_id: id, kind } = event;
      const { tab, body, charts, lists = [], rows } = SHOWN[kind] ?? {};
      const report = body && event[body];
      if (typeof report === 'object' && report) {
        queries.setQueryData(['servers', id, tab], report);
        for (const list of rows ? lists : [])
          queries.setQueriesData<Page<{ server: ServerRef }>>({ queryKey: ['hosting', list] }, (page) =>
            patchHost(page, id, report),
          );
      } else if (tab) refreshSoon('servers', id, tab);
      if (charts) refreshSoon('servers', id, 'metrics', kind);
      for (const list of lists) refreshIn(FLEET_REFRESH_MS, ['hosting', list]);
    },
    'incident.opened': (incident) => {
      queries.setQueryData(['incidents', incident.id], incident);
      void queries.invalidateQueries({ queryKey: ['incidents', 'list'] });
      if (incident.server_id !== null) refreshSoon('servers', incident.server_id);
      refreshGroup(incident);
    },
    'incident.updated': (incident) => {
      queries.setQueryData(['incidents', incident.id], incident);
      queries.setQueriesData<Page<Incident>>({ queryKey: ['incidents', 'list'] }, (page) =>
        patchRow(page, incident),
      );
      refreshSoon('incidents', 'list');
      refreshGroup(incident);
    },
    'delivery.updated': (delivery) => {
      queries.setQueriesData<Page<Delivery>>({ queryKey: ['deliveries', 'list'] }, (page) =>
        patchRow(page, delivery),
      );
      refreshSoon('deliveries', 'list');
      if (delivery.incident_id === null) return;
      refreshSoon('incidents', delivery.incident_id);
      // Which count what was accepted.
      refreshSoon('incidents', 'list');
    },
    // Logins are masked in the event, whoever hears it: the case is asked for.
    'abuse.detected': () => void queries.invalidateQueries({ queryKey: ['hosting', 'mail-abuse'] }),
    'abuse.updated': () => refreshSoon('hosting', 'mail-abuse'),
  };

  return {
    apply<E extends keyof LiveEvents>(event: E, data: LiveEvents[E]): void {
      handlers[event](data);
    },
    /** After a gap nothing that was cached can be trusted to be current. */
    caughtUp(): void {
      void queries.invalidateQueries();
    },
    stop(): void {
      pending.forEach((timer) => {
        clearTimeout(timer);
      });
      pending.clear();
    },
  };
}
