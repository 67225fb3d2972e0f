import { queryOptions } from '@tanstack/react-query';
import { body, client } from './client';

/** A screen asks so often: it has no live socket, whose channels tell more than a wall may show. */
const EVERY_MS = 3000;

/** How the fleet is, for a screen with this token; for whoever is signed in without one. */
export const wallQuery = (token: string | null) =>
  queryOptions({
    queryKey: ['wall', token],
    queryFn: ({ signal }) =>
      body(
        client.GET('/api/wall', {
          headers: token === null ? {} : { Authorization: `Bearer ${token}` },
          signal,
        }),
      ),
    refetchInterval: EVERY_MS,
    refetchIntervalInBackground: true,
    // It comes back by itself.
    retry: false,
  });

/** Screens that may show it. */
export const wallTokensQuery = queryOptions({
  queryKey: ['wall-tokens'],
  queryFn: () => body(client.GET('/api/wall-tokens')),
});
