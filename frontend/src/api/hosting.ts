import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { body, client } from './client';
import { filled } from './queries';
import type { paths } from './schema';
import type { Page } from './types';

/** What the pages of the group Hosting ask. All keys begin with `hosting` and the name of the question. */
export type HostingPath = Extract<keyof paths, `/api/hosting/${string}`>;

/** How often these lists ask: reports of single hosts are told to the channel of the host, not to that of the fleet. */
export const HOSTING_POLL_MS = 15_000;

/** One page of a list; `null`s and empty filters are left out of the question. */
const list =
  <A extends object, T, P extends Page<T> = Page<T>>(
    name: string,
    read: (query: A, signal: AbortSignal) => Promise<P>,
  ) =>
  (ask: A) =>
    queryOptions({
      queryKey: ['hosting', name, filled(ask)],
      queryFn: ({ signal }) => read(filled(ask), signal),
      placeholderData: keepPreviousData,
    });

/** What every list of hosts can be asked. */
export interface FleetAsk {
  q?: string;
  server?: number;
  tag?: string;
  /** States, separated by commas. */
  state?: string;
  sort?: string;
  cursor?: string;
  limit?: number;
}

/** A question about every host by one kind of report. */
export type FleetQuestion<T> = ReturnType<typeof list<FleetAsk, T>>;

export const mailQueueQuery = list('mail-queue', (query: FleetAsk, signal) =>
  body(client.GET('/api/hosting/mail-queue', { params: { query }, signal })),
);

export const hostingDisksQuery = list('disks', (query: FleetAsk, signal) =>
  body(client.GET('/api/hosting/disks', { params: { query }, signal })),
);

export const mysqlQuery = list('mysql', (query: FleetAsk, signal) =>
  body(client.GET('/api/hosting/mysql', { params: { query }, signal })),
);

export const litespeedQuery = list('litespeed', (query: FleetAsk, signal) =>
  body(client.GET('/api/hosting/litespeed', { params: { query }, signal })),
);

export const cpanelQuery = list('cpanel', (query: FleetAsk, signal) =>
  body(client.GET('/api/hosting/cpanel', { params: { query }, signal })),
);

export const backupsQuery = list('backups', (query: FleetAsk, signal) =>
  body(client.GET('/api/hosting/backups', { params: { query }, signal })),
);

export const cronsQuery = list('crons', (query: FleetAsk, signal) =>
  body(client.GET('/api/hosting/crons', { params: { query }, signal })),
);

export interface SenderAsk extends Omit<FleetAsk, 'state'> {
  kind?: string;
}

export const topSendersQuery = list('top-senders', (query: SenderAsk, signal) =>
  body(client.GET('/api/hosting/top-senders', { params: { query }, signal })),
);

export interface AbuseAsk extends Omit<FleetAsk, 'state' | 'tag'> {
  /** Statuses, separated by commas. */
  status?: string;
}

/** Cases of mail abuse; its `meta` also tells how many nobody has looked at. */
export const mailAbuseQuery = (ask: AbuseAsk) =>
  queryOptions({
    queryKey: ['hosting', 'mail-abuse', filled(ask)],
    queryFn: ({ signal }) =>
      body(client.GET('/api/hosting/mail-abuse', { params: { query: filled(ask) }, signal })),
    placeholderData: keepPreviousData,
  });

/** The cases that nobody has looked at, those that wait longest first; how many there are stands in its `meta`. */
export const unreviewedAbuseQuery = mailAbuseQuery({ status: 'detected', sort: 'urgency', limit: 5 });

export const abuseCaseQuery = (id: number | null) =>
  queryOptions({
    queryKey: ['hosting', 'mail-abuse', 'case', id],
    queryFn: ({ signal }) =>
      body(client.GET('/api/hosting/mail-abuse/{id}', { params: { path: { id: id ?? 0 } }, signal })),
    enabled: id !== null,
  });

export const mailAllowancesQuery = list(
  'mail-allowances',
  (query: { server?: number; cursor?: string; limit?: number }, signal) =>
    body(client.GET('/api/hosting/mail-allowances', { params: { query }, signal })),
);

export interface AttackerAsk extends Omit<FleetAsk, 'state' | 'q'> {
  country?: string;
}

export const topAttackersQuery = list('top-attackers', (query: AttackerAsk, signal) =>
  body(client.GET('/api/hosting/top-attackers', { params: { query }, signal })),
);

export interface FirewallAsk extends Omit<FleetAsk, 'state' | 'sort'> {
  ip?: string;
  action?: string;
  source?: string;
}

/** `from` is read when the question is asked, since a range that ends now moves on; its key names the range. */
export const firewallEventsQuery = (ask: FirewallAsk, range: string, from: () => string) =>
  queryOptions({
    queryKey: ['hosting', 'firewall-events', range, filled(ask)],
    queryFn: ({ signal }) =>
      body(
        client.GET('/api/hosting/firewall-events', {
          params: { query: { ...filled(ask), from: from() } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** Whether an address is blocked, where and why; asked only for an address. */
export const addressQuery = (ip: string) =>
  queryOptions({
    queryKey: ['hosting', 'address', ip],
    queryFn: ({ signal }) => body(client.GET('/api/hosting/address', { params: { query: { ip } }, signal })),
    enabled: ip !== '',
  });
