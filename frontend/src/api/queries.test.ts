import { QueryClient } from '@tanstack/react-query';
import { expect, test, vi } from 'vitest';
import { backtestQuery, everyPage } from './queries';

/** A server that refuses what the real one refuses. */
function listOf(total: number) {
  const asked: number[] = [];
  const read = async ({ cursor, limit }: { cursor?: string; limit: number }) => {
    if (limit < 1 || limit > 200) throw new Error(`limit ${limit} is refused`);
    asked.push(limit);
    const start = Number(cursor ?? 0);
    const data = Array.from({ length: Math.min(limit, total - start) }, (_, i) => start + i);
    const end = start + data.length;
    return { data, meta: { next_cursor: end < total ? String(end) : null, total } };
  };
  return { read, asked };
}

test('an export reads every page, none larger than the server gives', async () => {
  const { read, asked } = listOf(450);
  expect(await everyPage(read)).toEqual(Array.from({ length: 450 }, (_, i) => i));
  expect(asked).toHaveLength(3);
});

test('an export ends at its most', async () => {
  const { read, asked } = listOf(10_000);
  expect(await everyPage(read, 400)).toHaveLength(400);
  expect(asked).toHaveLength(2);
});

test('a backtest comes back when it is told to, while another one runs', async () => {
  vi.useFakeTimers();
  const answers = [
    new Response(JSON.stringify({ error: 'too_many_requests' }), {
      status: 429,
      headers: { 'Retry-After': '7' },
    }),
    new Response(JSON.stringify({ incidents_total: 0 })),
  ];
  const asked: number[] = [];
  document.cookie = 'XSRF-TOKEN=here';
  vi.stubGlobal('fetch', async () => {
    asked.push(Date.now());
    return answers.shift();
  });
  const rule = { scope: { all: true }, condition: { type: 'detector', detector: 'disk_bytes' } } as const;
  const ask = { rule, days: 1, compare_with: null } as Parameters<typeof backtestQuery>[0];
  const span = () => ({ from: '2026-05-06T00:00:00Z', to: '2026-05-07T00:00:00Z' });
  const done = new QueryClient().fetchQuery(backtestQuery(ask, span));
  await vi.advanceTimersByTimeAsync(6_000);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await done).toEqual({ incidents_total: 0 });
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBe(7_000);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
