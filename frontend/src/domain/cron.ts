import { shortSeconds } from './duration';

/** What is known of a cron job's runs. */
export interface CronFacts {
  /** By its schedule. */
  state?: 'overdue' | 'on_time' | 'at_boot' | 'unknown';
  is_overdue: boolean | null;
  overdue_s: number | null;
  last_exit: number | null;
}

/** As the list's filter names them; overdue weighs more than how the run before it ended. */
export const CRON_STATES = ['overdue', 'failed', 'unknown', 'at_boot', 'on_time'] as const;
export type CronState = (typeof CRON_STATES)[number];

export function cronState({ state, is_overdue, last_exit }: CronFacts): CronState {
  if (is_overdue === true) return 'overdue';
  if (last_exit !== null && last_exit !== 0) return 'failed';
  if (state === 'at_boot') return 'at_boot';
  return is_overdue === null ? 'unknown' : 'on_time';
}

/** `overdue 3 h`, `ended with 2`, `on time`, `cannot tell`. */
export function cronText(job: CronFacts): string {
  switch (cronState(job)) {
    case 'overdue':
      return job.overdue_s === null ? 'overdue' : `overdue ${shortSeconds(job.overdue_s)}`;
    case 'failed':
      return `ended with ${job.last_exit}`;
    case 'at_boot':
      return 'at boot';
    case 'on_time':
      return 'on time';
    case 'unknown':
      return 'cannot tell';
  }
}
