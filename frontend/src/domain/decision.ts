import type { Decision } from '@/api/types';
import { spokenSeconds } from './duration';
import { count } from './units';

/** What a detector decided, in words. Verdicts that this page does not know are shown as they are. */
export const VERDICT: Record<string, string> = {
  breach: 'breach',
  clear: 'fine',
  learning: 'learning',
  unknown: 'unknown',
};

/** What came of a decision, as the list can be filtered. */
export const CAME = ['all', 'moved', 'nothing'] as const;
export type Came = (typeof CAME)[number];

export const CAME_TEXT: Record<Came, string> = {
  all: 'all',
  moved: 'something happened',
  nothing: 'nothing happened',
};

export const movedOf = (came: Came): boolean | undefined => (came === 'all' ? undefined : came === 'moved');

/** What a judgement rests on: `limit 93, 251 samples`; empty where it says nothing of that. */
export const grounds = ({ threshold, samples }: Pick<Decision, 'threshold' | 'samples'>): string =>
  [
    threshold !== null && `limit ${count(threshold)}`,
    samples !== null && `${count(samples)} ${samples === 1 ? 'sample' : 'samples'}`,
  ]
    .filter(Boolean)
    .join(', ');

/** How far learning has come: `2 of 4`; of a threshold, which waits, `beyond it for 2 min of 15 min`. */
export function learnt({ detector, observed }: Pick<Decision, 'detector' | 'observed'>): string | null {
  const [, have, need] = /^(\d+) of (\d+)$/.exec(observed ?? '') ?? [];
  if (have === undefined || need === undefined) return observed;
  return detector === 'threshold'
    ? `beyond it for ${spokenSeconds(Number(have))} of ${spokenSeconds(Number(need))}`
    : observed;
}
