import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { body, client } from './client';
import { filled } from './queries';

/** What the tabs of a server ask, one a kind of report; their keys are `servers`, the id, and the kind. */
const path = (id: number) => ({ path: { id } });

export const serverMysqlQuery = (id: number) =>
  queryOptions({
    queryKey: ['servers', id, 'mysql'],
    queryFn: ({ signal }) => body(client.GET('/api/servers/{id}/mysql', { params: path(id), signal })),
  });

export const serverLitespeedQuery = (id: number) =>
  queryOptions({
    queryKey: ['servers', id, 'litespeed'],
    queryFn: ({ signal }) => body(client.GET('/api/servers/{id}/litespeed', { params: path(id), signal })),
  });

export const serverCpanelQuery = (id: number) =>
  queryOptions({
    queryKey: ['servers', id, 'cpanel'],
    queryFn: ({ signal }) => body(client.GET('/api/servers/{id}/cpanel', { params: path(id), signal })),
  });

export const serverMailQuery = (id: number) =>
  queryOptions({
    queryKey: ['servers', id, 'mail-queue'],
    queryFn: ({ signal }) => body(client.GET('/api/servers/{id}/mail-queue', { params: path(id), signal })),
  });

export const serverCronsQuery = (id: number) =>
  queryOptions({
    queryKey: ['servers', id, 'crons'],
    queryFn: ({ signal }) => body(client.GET('/api/servers/{id}/crons', { params: path(id), signal })),
  });

export const serverBackupsQuery = (id: number, ask: { cursor?: string; limit?: number }) =>
  queryOptions({
    queryKey: ['servers', id, 'backups', filled(ask)],
    queryFn: ({ signal }) =>
      body(client.GET('/api/servers/{id}/backups', { params: { ...path(id), query: filled(ask) }, signal })),
    placeholderData: keepPreviousData,
  });

export interface ServerFirewallAsk {
  q?: string;
  ip?: string;
  action?: string;
  source?: string;
  cursor?: string;
  limit?: number;
}

/** `from` is read when the question is asked, since a range that ends now moves on; its key names the range. */
export const serverFirewallQuery = (id: number, ask: ServerFirewallAsk, range: string, from: () => string) =>
  queryOptions({
    queryKey: ['servers', id, 'firewall', range, filled(ask)],
    queryFn: ({ signal }) =>
      body(
        client.GET('/api/servers/{id}/firewall', {
          params: { ...path(id), query: { ...filled(ask), from: from() } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export interface AgentAsk {
  q?: string;
  tag?: string;
  /** States, separated by commas. */
  state?: string;
  version?: string;
  sort?: string;
  cursor?: string;
  limit?: number;
}

export const agentsQuery = (ask: AgentAsk) =>
  queryOptions({
    queryKey: ['agents', filled(ask)],
    queryFn: ({ signal }) => body(client.GET('/api/agents', { params: { query: filled(ask) }, signal })),
    placeholderData: keepPreviousData,
  });
