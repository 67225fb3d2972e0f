import { Refusal } from './contract';

/** What every list of the mock does with its query: filters, order, pages. */
export const has = (wanted: string | null, value: string) => !wanted || wanted.split(',').includes(value);

export const contains = (q: string | null, ...texts: (string | null)[]) =>
  !q || texts.some((t) => t?.toLowerCase().includes(q.toLowerCase()));

export function found<T extends { id: number }>(rows: T[], id: number): T {
  const row = rows.find((r) => r.id === id);
  if (!row) throw new Refusal(404, 'not_found', 'There is no such thing.');
  return row;
}

/** A page of rows; the cursor is simply the place. */
export function page<T>(rows: T[], query: URLSearchParams) {
  const start = Number(query.get('cursor') || 0);
  const limit = Number(query.get('limit') ?? 50);
  if (!(limit >= 1 && limit <= 200))
    throw new Refusal(422, 'validation_failed', 'The request is not valid.', { limit: ['must be 1 to 200'] });
  const end = start + limit;
  return {
    data: rows.slice(start, end),
    meta: { next_cursor: end < rows.length ? String(end) : null, total: rows.length },
  };
}

export function sorted<T>(rows: T[], sort: string, orders: Record<string, (a: T, b: T) => number>): T[] {
  const name = sort.replace(/^-/, '');
  const order = orders[name];
  if (!order)
    throw new Refusal(422, 'validation_failed', 'The request is not valid.', {
      sort: [`must be one of ${Object.keys(orders).join(', ')}`],
    });
  return [...rows].sort((a, b) => (sort.startsWith('-') ? order(b, a) : order(a, b)));
}

export const by =
  <T>(pick: (row: T) => number | string | null) =>
  (a: T, b: T) => {
    const [x, y] = [pick(a) ?? '', pick(b) ?? ''];
    return x < y ? -1 : x > y ? 1 : 0;
  };

/** Where nothing is known comes last, whichever way the order goes. */
export function sortedKnownFirst<T>(
  rows: T[],
  sort: string,
  picks: Record<string, (row: T) => number | string | null>,
): T[] {
  const pick = picks[sort.replace(/^-/, '')] ?? (() => null);
  const orders = Object.fromEntries(Object.entries(picks).map(([name, of]) => [name, by(of)]));
  const known = rows.filter((row) => pick(row) !== null);
  return [...sorted(known, sort, orders), ...rows.filter((row) => pick(row) === null)];
}

export function require(field: string, value: unknown): void {
  if (value === undefined || value === null || value === '') {
    throw new Refusal(422, 'validation_failed', 'The request is not valid.', { [field]: ['is required'] });
  }
}
