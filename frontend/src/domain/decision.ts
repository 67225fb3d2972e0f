import type { Decision } from '@/api/types';
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
