import { spokenSeconds } from './duration';

/**
 * A step's delay counts from the step before it, so 0 / 5 min / 15 min fires at T+0, T+5 and T+20. Operators think
 * in the absolute times, which is why the editor shows both.
 */
export function absoluteTimes(steps: { delay_seconds: number }[]): number[] {
  let at = 0;
  return steps.map((step) => {
    at += Math.max(0, step.delay_seconds);
    return at;
  });
}

/** `T+0`, `T+20 min`, `T+1 h 5 min`. */
export const tPlus = (seconds: number): string => (seconds === 0 ? 'T+0' : `T+${spokenSeconds(seconds)}`);

/** When the last pass ends, in seconds: each further pass starts `repeatDelay` after the last step of the one before. */
export function totalSeconds(
  steps: { delay_seconds: number }[],
  repeat: number,
  repeatDelay: number,
): number {
  const pass = absoluteTimes(steps).at(-1) ?? 0;
  return pass * (repeat + 1) + repeatDelay * repeat;
}

/** What a step goes over; none named means whatever is switched on when it fires. */
export const channelsText = (channels: readonly string[]): string =>
  channels.length > 0 ? channels.join(', ') : 'every enabled channel';
