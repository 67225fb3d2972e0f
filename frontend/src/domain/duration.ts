/** Durations and moments as text. Every function is pure: `now` is handed in, in milliseconds since 1970. */

/** `4:07`, `63:20`, `0:00` once it is past: a countdown in minutes and seconds, as the incident list shows it. */
export function minutesSeconds(ms: number): string {
  if (!Number.isFinite(ms) || ms <= 0) return '0:00';
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

const STEPS: [limitSeconds: number, unitSeconds: number, unit: string][] = [
  [60, 1, 's'],
  [3600, 60, 'min'],
  [86_400 * 2, 3600, 'h'],
  [Number.POSITIVE_INFINITY, 86_400, 'd'],
];

/** The largest whole unit: `42 s`, `5 min`, `27 h`, `3 d`. */
export function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  for (const [limit, size, unit] of STEPS) {
    if (seconds < limit) return `${Math.floor(seconds / size)} ${unit}`;
  }
  return '';
}

/** The same of seconds that may not be known: an en dash then, which is not `0 s`. */
export const shortSeconds = (seconds: number | null | undefined): string =>
  seconds === null || seconds === undefined ? '–' : shortDuration(seconds * 1000);

/** Seconds as an operator would say them: `0 s`, `90 s`, `15 min`, `2 h`, `1 h 30 min`. */
export function spokenSeconds(total: number): string {
  if (total < 120 && total % 60 !== 0) return `${total} s`;
  if (total === 0) return '0 s';
  const parts: string[] = [];
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const seconds = total % 60;
  if (hours > 0) parts.push(`${hours} h`);
  if (minutes > 0) parts.push(`${minutes} min`);
  if (seconds > 0) parts.push(`${seconds} s`);
  return parts.join(' ');
}

/** `2026-05-07 12:34:56` in the given zone (the viewer's own when left out). */
export function wallClock(at: string | number | Date, timeZone?: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(new Date(at));
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')}`;
}

/** `UTC+6`, `UTC+5:30`, `UTC`: how far a zone (the viewer's own when left out) is ahead at that moment. */
export function zoneName(at: string | number | Date, timeZone?: string): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'shortOffset' }).formatToParts(
    new Date(at),
  );
  const offset = parts.find((p) => p.type === 'timeZoneName')?.value ?? '';
  return offset.replace('GMT', 'UTC').replace(/[+-]0$/, '');
}

/** What hovering over any time shows: the same moment in UTC. */
export const utcClock = (at: string | number | Date): string => `${wallClock(at, 'UTC')} UTC`;
