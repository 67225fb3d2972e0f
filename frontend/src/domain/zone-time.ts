/**
 * Wall-clock times of a zone and the moments they name. A wall-clock time is text as an input for dates has it,
 * `2026-05-07T22:30`; a moment is milliseconds since 1970.
 */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    era: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  formats.set(zone, format);
  return format;
}

/** What a clock of the zone shows, as the moment at which one in UTC shows the same. */
export function wallMs(at: number, zone: string): number {
  const parts: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) parts[type] = value;
  const { year, month, day, hour, minute, second } = parts;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

const offsetAt = (at: number, zone: string): number => wallMs(at, zone) - Math.floor(at / 1000) * 1000;

const DAY_MS = 86_400_000;

/** The moment at which the zone's clock shows `wall`: the first of two, and the first one after where it shows none. */
export function momentOf(wall: number, zone: string): number {
  const before = offsetAt(wall - DAY_MS, zone);
  const after = offsetAt(wall + DAY_MS, zone);
  const shown = [wall - before, wall - after].filter((at) => wallMs(at, zone) === wall);
  if (shown.length > 0) return Math.min(...shown);
  // Skipped: somewhere between the two the clock jumps, and the jump is the moment.
  let [low, high] = [wall - Math.max(before, after), wall - Math.min(before, after)];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (offsetAt(middle, zone) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** `2026-05-07T22:30` in the zone; with seconds only where there are some. */
export const toWallText = (at: number, zone: string): string =>
  new Date(wallMs(at, zone)).toISOString().slice(0, 19).replace(/:00$/, '');

/** The moment that such a text names; `null` where it is none. */
export function fromWallText(text: string, zone: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return null;
  const wall = Date.parse(`${text}Z`);
  return Number.isFinite(wall) ? momentOf(wall, zone) : null;
}

/** The viewer's own zone. */
export const viewersZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

export const isZone = (zone: string): boolean => {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
};

/** What `NOC_TIMEZONE` is where nobody set it. */
const USUAL_ZONE = 'Asia/Dhaka';

/** Every zone to choose from: the viewer's and the usual one first, and `others` that are in use. */
export function zoneChoices(...others: string[]): string[] {
  const all = Intl.supportedValuesOf('timeZone');
  return [...new Set([viewersZone(), USUAL_ZONE, ...others, 'UTC', ...all])];
}

const DAY_FORMAT: Intl.DateTimeFormatOptions = {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
};

/** `Thu 7 May`, with the year where it is not that of `now`; all by the zone's clock. */
export function dayText(at: number, zone: string, now: number): string {
  const wall = new Date(wallMs(at, zone));
  const year = wall.getUTCFullYear();
  const text = new Intl.DateTimeFormat('en-GB', DAY_FORMAT).format(wall).replace(',', '');
  return year === new Date(wallMs(now, zone)).getUTCFullYear() ? text : `${text} ${year}`;
}

/** `22:30`. */
export const timeText = (at: number, zone: string): string =>
  new Date(wallMs(at, zone)).toISOString().slice(11, 16);

/** `22:30` of the same day, else `Fri 8 May 02:00`. */
export function shortMoment(at: number, zone: string, now: number): string {
  const day = dayText(at, zone, now);
  return day === dayText(now, zone, now) ? timeText(at, zone) : `${day} ${timeText(at, zone)}`;
}
