import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Delivery, HostMysql, IncidentDetail, MetricsReceived, Page, Server } from '@/api/types';
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

const received = (server_id: number, kind: string, report: Partial<MetricsReceived> = {}) =>
  ({ server_id, kind, event_at: '', ...report }) as MetricsReceived;

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

  it('asks for the pages at hand of the group that an incident joins', () => {
    const invalidated = vi.spyOn(queries, 'invalidateQueries');
    queries.setQueryData(['incidents', 7], { id: 7 });
    const group = { members: [{ id: 9 }, { id: 7 }, { id: 8 }] };
    const opened = { id: 9, server_id: null, group } as IncidentDetail;
    liveUpdates(queries).apply('incident.opened', opened);
    vi.advanceTimersByTime(3000);
    expect(invalidated.mock.calls).toEqual([
      [{ queryKey: ['incidents', 'list'] }],
      [{ queryKey: ['incidents', 7] }],
    ]);
  });

  it('asks for the pages at hand of the group of an incident that changes', () => {
    const invalidated = vi.spyOn(queries, 'invalidateQueries');
    queries.setQueryData(['incidents', 7], { id: 7 });
    const group = { members: [{ id: 9 }, { id: 7 }, { id: 8 }] };
    const live = liveUpdates(queries);
    for (let i = 0; i < 40; i++) live.apply('incident.updated', { id: 9, group } as IncidentDetail);
    vi.advanceTimersByTime(3000);
    expect(invalidated.mock.calls).toEqual([
      [{ queryKey: ['incidents', 'list'] }],
      [{ queryKey: ['incidents', 7] }],
    ]);
  });

  it('asks for an incident and the lists that count its messages when one of them moves', () => {
    const invalidated = vi.spyOn(queries, 'invalidateQueries');
    const live = liveUpdates(queries);
    live.apply('delivery.updated', { id: 3, incident_id: 9 } as Delivery);
    live.apply('delivery.updated', { id: 4, incident_id: null } as Delivery);
    vi.advanceTimersByTime(3000);
    expect(invalidated.mock.calls).toEqual([
      [{ queryKey: ['deliveries', 'list'] }],
      [{ queryKey: ['incidents', 9] }],
      [{ queryKey: ['incidents', 'list'] }],
    ]);
  });

  it('asks for the lists of the kind that was reported, at most every ten seconds', () => {
    const invalidated = vi.spyOn(queries, 'invalidateQueries');
    const live = liveUpdates(queries);
    for (let i = 0; i < 40; i++) live.apply('metrics.received', received(7, 'firewall'));
    vi.advanceTimersByTime(3000);
    expect(invalidated.mock.calls).toEqual([[{ queryKey: ['servers', 7, 'firewall'] }]]);
    vi.advanceTimersByTime(6999);
    expect(invalidated).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(invalidated.mock.calls.slice(1)).toEqual([
      [{ queryKey: ['hosting', 'firewall-events'] }],
      [{ queryKey: ['hosting', 'top-attackers'] }],
      [{ queryKey: ['hosting', 'address'] }],
    ]);
  });

  it('asks for the senders when mail was counted, and for nothing on a kind that no list shows', () => {
    const invalidated = vi.spyOn(queries, 'invalidateQueries');
    const live = liveUpdates(queries);
    live.apply('metrics.received', received(7, 'lifecycle'));
    vi.advanceTimersByTime(20_000);
    expect(invalidated).not.toHaveBeenCalled();
    live.apply('metrics.received', received(7, 'email-stats'));
    vi.advanceTimersByTime(20_000);
    expect(invalidated).toHaveBeenCalledWith({ queryKey: ['hosting', 'top-senders'] });
  });

  it.each([
    ['mysql', 'mysql'],
    ['litespeed', 'litespeed'],
    ['cpanel', 'cpanel'],
    ['mail-queue', 'mail_queue'],
  ] as const)('shows a report of %s at once, in its tab and in its row of the fleet', (kind, field) => {
    const invalidated = vi.spyOn(queries, 'invalidateQueries');
    const live = liveUpdates(queries);
    const row = (id: number) => ({ server: { id, name: `s${id}` }, version: 'old' });
    const page = { data: [row(6), row(7)], meta: { next_cursor: null, total: 2 } };
    queries.setQueryData(['hosting', kind, { sort: 'name' }], page);
    queries.setQueryData(['servers', 7, kind], { version: 'old' });
    live.apply('metrics.received', received(7, kind, { [field]: { version: 'new' } }));
    expect(queries.getQueryData(['servers', 7, kind])).toEqual({ version: 'new' });
    expect(queries.getQueryData<Page<HostMysql>>(['hosting', kind, { sort: 'name' }])?.data).toEqual([
      row(6),
      { ...row(7), version: 'new' },
    ]);
    // Its charts, and where the row now stands in the list, are asked for; the tab is not.
    vi.advanceTimersByTime(10_000);
    expect(invalidated.mock.calls).toEqual([
      [{ queryKey: ['servers', 7, 'metrics', kind] }],
      [{ queryKey: ['hosting', kind] }],
    ]);
  });

  it('asks for a report whose event came without it', () => {
    const invalidated = vi.spyOn(queries, 'invalidateQueries');
    queries.setQueryData(['servers', 7, 'mysql'], { version: 'old' });
    liveUpdates(queries).apply('metrics.received', received(7, 'mysql', { mysql: null }));
    vi.advanceTimersByTime(3000);
    expect(invalidated).toHaveBeenCalledWith({ queryKey: ['servers', 7, 'mysql'] });
    expect(queries.getQueryData(['servers', 7, 'mysql'])).toEqual({ version: 'old' });
  });

  it('forgets what it planned when it is stopped', () => {
    const invalidated = vi.spyOn(queries, 'invalidateQueries');
    const live = liveUpdates(queries);
    live.apply('metrics.received', received(1, 'metrics'));
    live.stop();
    vi.advanceTimersByTime(10_000);
    expect(invalidated).not.toHaveBeenCalled();
  });
});
