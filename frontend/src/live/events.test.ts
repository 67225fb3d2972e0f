import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IncidentDetail, Page, Server } from '@/api/types';
import { liveUpdates } from './events';

let queries: QueryClient;
beforeEach(() => {
  vi.useFakeTimers();
  queries = new QueryClient();
});
afterEach(() => vi.useRealTimers());

const server = (id: number, cpu_pct: number) => ({ id, name: `s${id}`, cpu_pct }) as Server;
const list = (...rows: Server[]): Page<Server> => ({
  data: rows,
  meta: { next_cursor: null, total: rows.length },
});

describe('live updates', () => {
  it('changes a shown row at once and asks for its list at most every three seconds', () => {
    const invalidated = vi.spyOn(queries, 'invalidateQueries');
    const live = liveUpdates(queries);
    queries.setQueryData(['servers', 'list', {}], list(server(1, 5), server(2, 6)));
    for (let cpu = 10; cpu < 60; cpu++) live.apply('server.updated', server(2, cpu));
    expect(queries.getQueryData<Page<Server>>(['servers', 'list', {}])?.data.map((s) => s.cpu_pct)).toEqual([
      5, 59,
    ]);
    expect(queries.getQueryData(['servers', 2])).toMatchObject({ cpu_pct: 59 });
    expect(invalidated).not.toHaveBeenCalled();
    vi.advanceTimersByTime(3000);
    expect(invalidated).toHaveBeenCalledTimes(1);
  });

  it('asks for the incident lists at once when one opens, because an operator is waiting', () => {
    const invalidated = vi.spyOn(queries, 'invalidateQueries');
    liveUpdates(queries).apply('incident.opened', { id: 9, server_id: null } as IncidentDetail);
    expect(invalidated).toHaveBeenCalledWith({ queryKey: ['incidents', 'list'] });
    expect(queries.getQueryData(['incidents', 9])).toMatchObject({ id: 9 });
  });

  it('forgets what it planned when it is stopped', () => {
    const invalidated = vi.spyOn(queries, 'invalidateQueries');
    const live = liveUpdates(queries);
    live.apply('metrics.received', { server_id: 1, kind: 'metrics', event_at: '' });
    live.stop();
    vi.advanceTimersByTime(10_000);
    expect(invalidated).not.toHaveBeenCalled();
  });
});
