import type { Incident } from '@/api/types';

type Owned = Pick<Incident, 'status' | 'acknowledged_by'>;

/** Whether somebody else than `me` is on it: then it can be taken over. Who took it by a link may have no account. */
export const isAnothers = ({ status, acknowledged_by: owner }: Owned, me: number): boolean =>
  status === 'acknowledged' && owner?.id !== me;

/** Of what is chosen in a list, what nobody has and what somebody else has. */
export function chosenBy<T extends Owned & { id: number }>(
  rows: readonly T[],
  selected: ReadonlySet<string>,
  me: number,
): { open: T[]; others: T[] } {
  const chosen = rows.filter((row) => selected.has(String(row.id)));
  return {
    open: chosen.filter((row) => row.status === 'open'),
    others: chosen.filter((row) => isAnothers(row, me)),
  };
}
