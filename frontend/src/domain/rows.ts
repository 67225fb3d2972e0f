/** Rows of a table need an id each. Those that have none get one of what tells them apart; equal ones are counted. */
export function withIds<T extends object>(rows: T[], key: (row: T) => unknown[]): (T & { id: string })[] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const base = JSON.stringify(key(row));
    const times = seen.get(base) ?? 0;
    seen.set(base, times + 1);
    return { ...row, id: times === 0 ? base : `${base}#${times}` };
  });
}
