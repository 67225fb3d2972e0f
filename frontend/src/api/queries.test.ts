import { expect, test } from 'vitest';
import { everyPage } from './queries';

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
