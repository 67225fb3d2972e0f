import type { Incident } from '@/api/types';
import type { Param } from './url-state';

type Owned = Pick<Incident, 'status' | 'acknowledged_by'>;

/** Whether somebody else than `me` is on it: then it can be taken over. Who took it by a link may have no account. */
export const isAnothers = ({ status, acknowledged_by: owner }: Owned, me: number): boolean =>
  status === 'acknowledged' && owner?.id !== me;

/** Of what is chosen in a list and not over: all of it, what nobody has and what somebody else has. */
export function chosenBy<T extends Owned & { id: number }>(
  rows: readonly T[],
  selected: ReadonlySet<string>,
  me: number,
): { all: T[]; open: T[]; others: T[] } {
  const all = rows.filter((row) => selected.has(String(row.id)) && row.status !== 'resolved');
  return {
    all,
    open: all.filter((row) => row.status === 'open'),
    others: all.filter((row) => isAnothers(row, me)),
  };
}

/** Whose incidents a list shows, in its address: `me`, `nobody`, an account by its id; empty: anybody's. */
export const ownerInUrl: Param<string> = {
  fallback: '',
  parse: (text) => (/^(me|nobody|\d{1,15})$/.test(text) ? text : null),
  format: (owner) => owner,
};

/**
 * What the choice of an owner offers: oneself, nobody, and people by name: who can be known, or else whoever the rows name.
 * An owner from a link who is not among them is offered by their number.
 */
export function ownerChoices(
  rows: readonly Pick<Incident, 'acknowledged_by'>[],
  people: readonly { id: number; name: string }[] | undefined,
  chosen: string,
  me: number,
): { value: string; label: string }[] {
  const known = people ?? rows.flatMap(({ acknowledged_by: owner }) => owner ?? []);
  const names = new Map(known.map(({ id, name }) => [String(id), name]));
  if (/^\d+$/.test(chosen) && !names.has(chosen)) names.set(chosen, `account ${chosen}`);
  // By a link oneself may stand there by number.
  if (chosen !== String(me)) names.delete(String(me));
  const others = [...names].map(([value, label]) => ({ value, label }));
  return [
    { value: 'me', label: 'Mine' },
    { value: 'nobody', label: 'Nobody’s' },
    ...others.sort((a, b) => a.label.localeCompare(b.label)),
  ];
}
