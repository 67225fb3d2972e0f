import type { QueryClient } from '@tanstack/react-query';
import type {
  Delivery,
  Incident,
  IncidentDetail,
  Page,
  Server,
  ServerDisks,
  ServerServices,
} from '@/api/types';

/** Body of `metrics.received`: which report became readable; for disks and services the report itself. */
export interface MetricsReceived {
  server_id: number;
  kind: string;
  event_at: string;
  disks?: ServerDisks | null;
  services?: ServerServices | null;
}

/** Event name to body. Every body is what GET of the resource gives. */
export interface LiveEvents {
  'server.updated': Server;
  'metrics.received': MetricsReceived;
  'incident.opened': IncidentDetail;
  'incident.updated': IncidentDetail;
  'delivery.updated': Delivery;
}

const patchRow = <T extends { id: number }>(page: Page<T> | undefined, row: Partial<T> & { id: number }) =>
  page && { ...page, data: page.data.map((old) => (old.id === row.id ? { ...old, ...row } : old)) };

/** At most one refetch of a list per this many ms: a fleet of thousands reports many times a second. */
const LIST_REFRESH_MS = 3000;

/** What the lists of the whole fleet show changes once a minute at most: asking more often would only cost. */
const FLEET_REFRESH_MS = 10_000;

/** The questions about the fleet that a kind of report answers, by the second part of their key. */
const FLEET_QUESTIONS: Record<string, string[]> = {
  mysql: ['mysql'],
  litespeed: ['litespeed'],
  cpanel: ['cpanel'],
  crons: ['crons'],
  backups: ['backups'],
  disks: ['disks'],
  'mail-queue': ['mail-queue'],
  'email-stats': ['top-senders'],
  firewall: ['firewall-events', 'top-attackers', 'address'],
};

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

  const handlers: { [E in keyof LiveEvents]: (data: LiveEvents[E]) => void } = {
    'server.updated': (server) => {
      queries.setQueryData(['servers', server.id], server);
      queries.setQueriesData<Page<Server>>({ queryKey: ['servers', 'list'] }, (page) =>
        patchRow(page, server),
      );
      refreshSoon('servers', 'list');
    },
    'metrics.received': ({ server_id: id, kind, disks, services }) => {
      if (kind === 'metrics') refreshSoon('servers', id, 'metrics');
      if (disks) queries.setQueryData(['servers', id, 'disks'], disks);
      if (services) queries.setQueryData(['servers', id, 'services'], services);
      if (kind === 'disks' && !disks) refreshSoon('servers', id, 'disks');
      if (kind === 'processes' && !services) refreshSoon('servers', id, 'services');
      const questions = FLEET_QUESTIONS[kind] ?? [];
      for (const question of questions) refreshIn(FLEET_REFRESH_MS, ['hosting', question]);
      // A tab of the server is asked for under the name of its kind.
      if (kind !== 'disks' && questions.length > 0) refreshSoon('servers', id, kind);
    },
    'incident.opened': (incident) => {
      queries.setQueryData(['incidents', incident.id], incident);
      void queries.invalidateQueries({ queryKey: ['incidents', 'list'] });
      if (incident.server_id !== null) refreshSoon('servers', incident.server_id);
    },
    'incident.updated': (incident) => {
      queries.setQueryData(['incidents', incident.id], incident);
      queries.setQueriesData<Page<Incident>>({ queryKey: ['incidents', 'list'] }, (page) =>
        patchRow(page, incident),
      );
      refreshSoon('incidents', 'list');
    },
    'delivery.updated': (delivery) => {
      queries.setQueriesData<Page<Delivery>>({ queryKey: ['deliveries', 'list'] }, (page) =>
        patchRow(page, delivery),
      );
      refreshSoon('deliveries', 'list');
      if (delivery.incident_id !== null) refreshSoon('incidents', delivery.incident_id);
    },
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
