/** Where a report stands, in the words of the page; worst first, which is the order of every filter. */
export const PROBE_STATES = [
  'no_permission',
  'collector_error',
  'timeout',
  'stale',
  'no_data',
  'ok',
  'not_installed',
] as const;

export type ProbeState = (typeof PROBE_STATES)[number];

export interface ProbeFacts {
  state: ProbeState;
  observed_at: string | null;
  hint: string | null;
}

/** Its name on a badge and in the filter. */
export const PROBE_TEXT: Record<ProbeState, string> = {
  ok: 'ok',
  stale: 'stale',
  no_data: 'no data',
  no_permission: 'no permission',
  not_installed: 'not installed',
  collector_error: 'collector error',
  timeout: 'no answer',
};

/** What it means for the values beside it. */
export const PROBE_MEANING: Record<ProbeState, string> = {
  ok: 'Reported on time',
  stale: 'The values are old',
  no_data: 'Nothing was ever reported',
  no_permission: 'The agent may not read this',
  not_installed: 'This host does not have it',
  collector_error: 'The agent could not make sense of what it read',
  timeout: 'The agent got no answer in time',
};

/** Whether there are values to show; those of a stale report are its last ones. */
export const hasValues = ({ state }: ProbeFacts): boolean => state === 'ok' || state === 'stale';

/**
 * What a list of one kind asks for while no state is chosen: everything but the hosts that have no such thing, which
 * would bury the others.
 */
export const statesToAsk = (chosen: readonly ProbeState[]): string =>
  (chosen.length > 0 ? chosen : PROBE_STATES.filter((state) => state !== 'not_installed')).join(',');

/** The agent's advice, cut where words to be typed begin and end: every second part is to be typed. */
export const hintParts = (hint: string): string[] => hint.split(/`([^`]+)`/);
