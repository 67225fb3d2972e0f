/**
 * Rows must not move under the cursor. While the pointer or the focus is on the list, rows keep the places they had:
 * their content is renewed in place, rows that left stay until the hand is off, and newcomers wait and are counted.
 */
export interface Held<T> {
  rows: T[];
  /** Changes of order and membership that were held back. */
  waiting: number;
}

export function holdOrder<T>(shown: T[], fresh: T[], key: (row: T) => string): Held<T> {
  const freshByKey = new Map(fresh.map((row) => [key(row), row]));
  const shownKeys = new Set(shown.map(key));
  const rows = shown.map((row) => freshByKey.get(key(row)) ?? row);
  const arrived = fresh.filter((row) => !shownKeys.has(key(row))).length;
  const left = shown.filter((row) => !freshByKey.has(key(row))).length;
  return { rows, waiting: arrived + left };
}
