import type { Handlers } from './contract';
import type { World } from './db';
import { by, found, has, page, sorted } from './list';

/** The delivery log. */
export const deliveryHandlers = (
  w: () => World,
): Pick<Handlers, '/api/notification-deliveries' | '/api/notification-deliveries/{id}/retry'> => ({
  '/api/notification-deliveries': {
    get: ({ query }) => {
      const [id, user, from, to] = ['incident_id', 'user_id', 'from', 'to'].map((key) => query.get(key));
      const rows = w().deliveries.filter(
        (d) =>
          has(query.get('status'), d.status) &&
          has(query.get('channel'), d.channel) &&
          (!id || d.incident_id === Number(id)) &&
          (!user || d.user_id === Number(user)) &&
          (!from || d.created_at >= from) &&
          (!to || d.created_at < to),
      );
      const trouble = (d: (typeof rows)[number]) =>
        d.status === 'failed' ? 0 : d.status === 'retrying' ? 1 : 2;
      return page(
        sorted(rows, query.get('sort') ?? '-created_at', {
          created_at: by((d) => d.created_at),
          trouble: (a, b) => trouble(a) - trouble(b) || b.created_at.localeCompare(a.created_at),
        }),
        query,
      );
    },
  },
  '/api/notification-deliveries/{id}/retry': {
    post: ({ id }) =>
      Object.assign(found(w().deliveries, id), { status: 'queued', reason: null, next_retry_at: null }),
  },
});
