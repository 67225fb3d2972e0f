import type { Incident, NextStep } from '@/api/types';
import { roleName } from './role';

type Role = Parameters<typeof roleName>[0];

/** Whom a step tells, as far as that is known before it fires; `duty` is who is on call now. */
export function whoText(targets: NextStep['targets'], duty: string[]): string {
  const { people, roles, external } = targets;
  const groups = roles.map((role) => {
    if (role !== 'oncall') return `every ${roleName(role as Role)}`;
    return duty.length > 0
      ? `whoever is on call (now ${duty.join(', ')})`
      : 'whoever is on call (now nobody)';
  });
  const outside =
    external === 1 ? ['one outside address'] : external > 1 ? [`${external} outside addresses`] : [];
  const all = [...people.map(({ name }) => name), ...groups, ...outside];
  return all.length > 0 ? all.join(', ') : 'the channels’ own recipients';
}

type Told = Pick<Incident, 'told'>;

/** `2/3`: messages that their channels accepted, of those that were meant to arrive; `null` where none was. */
export const toldText = ({ told }: Told): string | null =>
  told.messages === 0 ? null : `${told.accepted}/${told.messages}`;

/** The same in a sentence. */
export function toldSentence({ told }: Told): string {
  if (told.messages === 0) return 'Nobody was told';
  const messages = told.messages === 1 ? 'message' : 'messages';
  return `${told.accepted} of ${told.messages} ${messages} accepted by their channels`;
}
