import { keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query';
import { body, client } from './client';
import { type ApiError, isApiError } from './error';
import type { BacktestInput, MessagePreviewAsk, Page } from './types';

/** Everything the pages ask, as query options: loaders prefetch with them, components read with them. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      retry: (failures, error) => failures < 2 && isApiError(error) && error.isRetryable && !error.isOffline,
      refetchOnWindowFocus: true,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

/** Rows that the server gives at most in one answer; it refuses to be asked for more. */
const MOST_ROWS_ON_A_PAGE = 200;

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () => body(client.GET('/api/auth/me')),
  staleTime: 60_000,
});

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: () => body(client.GET('/api/auth/sessions')),
});

/** All of them: the page is short, and the policy editor's choice of people needs every one. */
export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: () => wholeList((query) => body(client.GET('/api/users', { params: { query } }))),
});

/** The newest: the ones still open are among them, since a token lives a day at most. */
export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: () =>
    body(client.GET('/api/registration-tokens', { params: { query: { limit: MOST_ROWS_ON_A_PAGE } } })),
});

export interface ListAsk {
  q?: string;
  status?: string;
  sort?: string;
  cursor?: string;
  limit?: number;
}

/** Leaves empty filters out of the request. */
export const filled = <T extends object>(ask: T): T =>
  Object.fromEntries(Object.entries(ask).filter(([, v]) => v !== undefined && v !== '' && v !== null)) as T;

export const serversQuery = (ask: ListAsk & { tag?: string }) =>
  queryOptions({
    queryKey: ['servers', 'list', filled(ask)],
    queryFn: ({ signal }) => body(client.GET('/api/servers', { params: { query: filled(ask) }, signal })),
    placeholderData: keepPreviousData,
  });

/** Every server by name, to choose from. */
export const serverNamesQuery = queryOptions({
  queryKey: ['servers', 'names'],
  queryFn: ({ signal }) =>
    everyPage((page) =>
      body(client.GET('/api/servers', { params: { query: { sort: 'name', ...page } }, signal })),
    ),
  staleTime: 60_000,
});

export const serverQuery = (id: number) =>
  queryOptions({
    queryKey: ['servers', id],
    queryFn: ({ signal }) => body(client.GET('/api/servers/{id}', { params: { path: { id } }, signal })),
  });

export const serverDisksQuery = (id: number) =>
  queryOptions({
    queryKey: ['servers', id, 'disks'],
    queryFn: ({ signal }) =>
      body(client.GET('/api/servers/{id}/disks', { params: { path: { id } }, signal })),
  });

export const serverServicesQuery = (id: number) =>
  queryOptions({
    queryKey: ['servers', id, 'services'],
    queryFn: ({ signal }) =>
      body(client.GET('/api/servers/{id}/services', { params: { path: { id } }, signal })),
  });

/**
 * Charts of one kind of report. `window` is read when the question is asked, so a range that ends now ends at the now
 * of each refetch. Under `metrics` it is asked again with each report; what is past goes by another `topic`.
 */
export const serverMetricsQuery = (
  id: number,
  kind: string,
  fields: string,
  window: () => { from: string; to: string },
  windowKey: string,
  topic = 'metrics',
) =>
  queryOptions({
    queryKey: ['servers', id, topic, kind, fields, windowKey],
    queryFn: ({ signal }) =>
      body(
        client.GET('/api/servers/{id}/metrics', {
          params: { path: { id }, query: { fields, ...window(), points: 400 } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** What is usual for the measurements that something judges. It changes with the hour only. */
export const serverUsualQuery = (
  id: number,
  fields: string,
  window: () => { from: string; to: string },
  windowKey: string,
) =>
  queryOptions({
    queryKey: ['servers', id, 'usual', fields, windowKey],
    queryFn: ({ signal }) =>
      body(
        client.GET('/api/servers/{id}/usual', {
          params: { path: { id }, query: { fields, ...window() } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 5 * 60_000,
  });

/** Reboots, backups and incidents of a span. */
export const serverMarksQuery = (id: number, window: () => { from: string; to: string }, windowKey: string) =>
  queryOptions({
    queryKey: ['servers', id, 'marks', windowKey],
    queryFn: ({ signal }) =>
      body(client.GET('/api/servers/{id}/marks', { params: { path: { id }, query: window() }, signal })),
    placeholderData: keepPreviousData,
  });

export interface DecisionAsk {
  detector?: string;
  /** Left out: of every subject; empty: of the server itself. */
  subject?: string;
  moved?: boolean;
  cursor?: string;
  limit?: number;
}

/** What the detectors decided about a server, newest first, and why. */
export const decisionsQuery = (id: number, { subject, ...ask }: DecisionAsk) => {
  const query = { ...filled(ask), ...(subject === undefined ? {} : { subject }) };
  return queryOptions({
    queryKey: ['servers', id, 'decisions', query],
    queryFn: ({ signal }) =>
      body(client.GET('/api/servers/{id}/decisions', { params: { path: { id }, query }, signal })),
    placeholderData: keepPreviousData,
  });
};

export interface IncidentAsk extends ListAsk {
  severity?: string;
  server_id?: number;
  detector?: string;
  /** `me`, `nobody`, or an account's id. */
  owner?: string;
  /** Why its escalation stands still: causes, separated by commas. */
  held?: string;
}

export const incidentsQuery = (ask: IncidentAsk) =>
  queryOptions({
    queryKey: ['incidents', 'list', filled(ask)],
    queryFn: ({ signal }) => body(client.GET('/api/incidents', { params: { query: filled(ask) }, signal })),
    placeholderData: keepPreviousData,
  });

export const incidentQuery = (id: number) =>
  queryOptions({
    queryKey: ['incidents', id],
    queryFn: ({ signal }) => body(client.GET('/api/incidents/{id}', { params: { path: { id } }, signal })),
  });

/** What was tried, told and done about one delivery. */
export const attemptsQuery = (id: number) =>
  queryOptions({
    queryKey: ['deliveries', 'attempts', id],
    queryFn: () =>
      body(client.GET('/api/notification-deliveries/{id}/attempts', { params: { path: { id } } })),
  });

export const channelsQuery = queryOptions({
  queryKey: ['channels'],
  queryFn: () => body(client.GET('/api/notification-channels')),
});

export const myPreferencesQuery = queryOptions({
  queryKey: ['my-alerts', 'preferences'],
  queryFn: () => body(client.GET('/api/me/notification-preferences')),
});

const isOnItsWay = (message: { status: string } | null): boolean =>
  message !== null && ['queued', 'sending', 'retrying'].includes(message.status);

/** Asked again by itself while a code or a test is on its way, since nobody but its owner is told of it. */
export const myContactsQuery = queryOptions({
  queryKey: ['my-alerts', 'contacts'],
  queryFn: () => body(client.GET('/api/me/contacts')),
  refetchInterval: ({ state }) =>
    state.data?.data.some(({ code, test }) => isOnItsWay(code) || isOnItsWay(test)) ? 2000 : false,
});

export const myChannelsQuery = queryOptions({
  queryKey: ['my-alerts', 'channels'],
  queryFn: () => body(client.GET('/api/me/notification-channels')),
});

/** Every kind of message with the words there are for it. */
export const messageKindsQuery = queryOptions({
  queryKey: ['message-templates'],
  queryFn: () => body(client.GET('/api/message-templates')),
});

/** A sample message in these words, as each channel would send it. */
export const messagePreviewQuery = (ask: MessagePreviewAsk) =>
  queryOptions({
    queryKey: ['message-preview', ask],
    queryFn: ({ signal }) => body(client.POST('/api/message-templates/preview', { body: ask, signal })),
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
  });

export const rulesQuery = queryOptions({
  queryKey: ['rules'],
  queryFn: () => body(client.GET('/api/alert-rules')),
});

/** So often a backtest comes back while others run before it: two minutes, and each takes 30 s at most. */
const MOST_TURNS = 12;
const NEXT_TURN_S = 10;

/** Whether a backtest waits for another one that runs on the node. */
export const isBusy = (error: unknown): error is ApiError => isApiError(error) && error.status === 429;

/** Seconds until it may be asked again. */
export const turnInS = (error: ApiError): number => error.retryAfter ?? NEXT_TURN_S;

/**
 * A rule tried on the last days; the span ends when it is asked. Costly, so it is asked once; while another one runs it
 * comes back when the server says so.
 */
export const backtestQuery = (
  ask: { rule: BacktestInput['rule']; days: number; compare_with: number | null },
  span: (days: number) => { from: string; to: string },
) =>
  queryOptions({
    queryKey: ['backtest', ask],
    queryFn: ({ signal }) =>
      body(
        client.POST('/api/alert-rules/backtest', {
          body: { rule: ask.rule, compare_with: ask.compare_with, ...span(ask.days) },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: (failures, error) => failures < MOST_TURNS && isBusy(error),
    retryDelay: (_, error) => (isBusy(error) ? turnInS(error) : NEXT_TURN_S) * 1000,
    refetchOnWindowFocus: false,
  });

export const catalogueQuery = queryOptions({
  queryKey: ['detectors'],
  queryFn: () => body(client.GET('/api/detectors')),
  staleTime: 10 * 60_000,
});

export const policiesQuery = queryOptions({
  queryKey: ['policies'],
  queryFn: () => body(client.GET('/api/escalation-policies')),
});

export const onCallSchedulesQuery = queryOptions({
  queryKey: ['on-call', 'schedules'],
  queryFn: () => body(client.GET('/api/on-call/schedules')),
});

/** Who is on call now, by each schedule. */
export const onCallNowQuery = queryOptions({
  queryKey: ['on-call', 'now'],
  queryFn: () => body(client.GET('/api/on-call/current')),
});

/** The final schedule of a span, both ends as RFC 3339. */
export const onCallShiftsQuery = (id: number, from: string, until: string) =>
  queryOptions({
    queryKey: ['on-call', 'shifts', id, from, until],
    queryFn: ({ signal }) =>
      body(
        client.GET('/api/on-call/schedules/{id}/shifts', {
          params: { path: { id }, query: { from, until } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** One's own links to a schedule's calendar. */
export const calendarTokensQuery = (id: number) =>
  queryOptions({
    queryKey: ['on-call', 'tokens', id],
    queryFn: () =>
      body(client.GET('/api/on-call/schedules/{id}/calendar-tokens', { params: { path: { id } } })),
  });

/** All of them: those under way first, then what comes, then what is over. */
export const windowsQuery = queryOptions({
  queryKey: ['maintenance'],
  queryFn: ({ signal }) => body(client.GET('/api/maintenance-windows', { signal })),
});

export interface DeliveryAsk extends ListAsk {
  channel?: string;
  incident_id?: number;
}

export const deliveriesQuery = (ask: DeliveryAsk) =>
  queryOptions({
    queryKey: ['deliveries', 'list', filled(ask)],
    queryFn: ({ signal }) =>
      body(client.GET('/api/notification-deliveries', { params: { query: filled(ask) }, signal })),
    placeholderData: keepPreviousData,
  });

/** All pages of a list, for an export or a choice: follows the cursor up to `most` rows. */
export async function everyPage<T>(
  read: (page: { cursor?: string; limit: number }) => Promise<Page<T>>,
  most = 20_000,
): Promise<T[]> {
  const rows: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ cursor, limit: MOST_ROWS_ON_A_PAGE });
    rows.push(...page.data);
    cursor = page.meta.next_cursor ?? undefined;
  } while (cursor && rows.length < most);
  return rows;
}

/** The same as one page. */
async function wholeList<T>(read: Parameters<typeof everyPage<T>>[0]): Promise<Page<T>> {
  const data = await everyPage(read);
  return { data, meta: { next_cursor: null, total: data.length } };
}
