import type { MaintenanceSpan, MaintenanceWindow } from '@/api/types';
import { spokenSeconds } from './duration';
import { dayText, momentOf, timeText, wallMs } from './zone-time';

/**
 * When a maintenance window is under way, by the same rules as the server's: wall-clock time of its zone, an end that
 * is not after the start lies on the next day, a day that a month does not have is its last one.
 */
export type Recurrence = NonNullable<MaintenanceWindow['recurrence']>;
export type Weekday = Extract<Recurrence, { every: 'week' }>['days'][number];

export const WEEKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** What decides when: of a window, or of a form that is to become one. */
export interface Times {
  timezone: string;
  starts_at: string;
  ends_at: string | null;
  recurrence: Recurrence | null;
}

const DAY_MS = 86_400_000;
/** A span under way may have begun two days ago, where a clock was put back. */
const LOOK_BACK_DAYS = 2;
/** Enough for a year of months. */
const LOOK_AHEAD_DAYS = 370;

function beginsOn(recurrence: Recurrence, date: Date): boolean {
  if (recurrence.every === 'week') {
    const day = WEEKDAYS[(date.getUTCDay() + 6) % 7];
    return day !== undefined && recurrence.days.includes(day);
  }
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return date.getUTCDate() === Math.min(recurrence.day, last);
}

const clockMs = (text: string): number => {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return (hours * 60 + minutes) * 60_000;
};

const iso = (at: number): string => new Date(at).toISOString();

/** The span that begins on a day of the zone (its midnight, by the wall clock), within the window's bounds. */
function spanOf(times: Times, recurrence: Recurrence, date: number): [from: number, until: number] | null {
  if (!beginsOn(recurrence, new Date(date))) return null;
  const [start, end] = [clockMs(recurrence.start), clockMs(recurrence.end)];
  const last = end > start ? date : date + DAY_MS;
  const from = Math.max(momentOf(date + start, times.timezone), Date.parse(times.starts_at));
  const until = momentOf(last + end, times.timezone);
  const bound = times.ends_at === null ? until : Math.min(until, Date.parse(times.ends_at));
  return from < bound ? [from, bound] : null;
}

/** The span under way at `now`, if one is, and those after it: `most` of them, or as many as there are. */
export function spansFrom(times: Times, now: number, most: number): MaintenanceSpan[] {
  const { recurrence, timezone, starts_at, ends_at } = times;
  if (!recurrence) {
    const over = ends_at !== null && Date.parse(ends_at) <= now;
    return over ? [] : [{ from: starts_at, until: ends_at }];
  }
  const first = wallMs(Math.max(now, Date.parse(starts_at)), timezone);
  const today = Math.floor(first / DAY_MS) * DAY_MS;
  const spans: MaintenanceSpan[] = [];
  for (let ahead = -LOOK_BACK_DAYS; ahead <= LOOK_AHEAD_DAYS && spans.length < most; ahead += 1) {
    const span = spanOf(times, recurrence, today + ahead * DAY_MS);
    if (span && span[1] > now) spans.push({ from: iso(span[0]), until: iso(span[1]) });
  }
  return spans;
}

export type WindowState = 'under_way' | 'next' | 'over';

export const STATE_NAME: Record<WindowState, string> = {
  under_way: 'under way',
  next: 'next',
  over: 'over',
};

/** How a window stands at `now`, which may be later than the server's answer, and the span that is meant. */
export function stateOf(
  window: Pick<MaintenanceWindow, 'under_way' | 'next'>,
  now: number,
): { state: WindowState; span: MaintenanceSpan | null } {
  const { under_way: current, next } = window;
  const covers = (span: MaintenanceSpan) =>
    Date.parse(span.from) <= now && (span.until === null || now < Date.parse(span.until));
  for (const span of [current, next]) if (span && covers(span)) return { state: 'under_way', span };
  if (next && Date.parse(next.from) > now) return { state: 'next', span: next };
  return { state: 'over', span: null };
}

const DAY_NAME: Record<Weekday, string> = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
};

/** `Mon`. */
export const weekdayName = (day: Weekday): string => DAY_NAME[day].slice(0, 3);

/** `a`, `a and b`, `a, b and c`. */
const listed = (words: string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

function daysText(days: Weekday[]): string {
  const known = WEEKDAYS.filter((day) => days.includes(day));
  if (known.length === 7) return 'every day';
  if (known.join() === 'mon,tue,wed,thu,fri') return 'Monday to Friday';
  if (known.length === 1) return `every ${known.map((day) => DAY_NAME[day])}`;
  return `every ${listed(known.map(weekdayName))}`;
}

/** `every Sunday 22:30 to 02:00 of the next day`, `on day 31 of each month, or its last, 01:00 to 03:00`. */
export function recurrenceText(recurrence: Recurrence): string {
  const { start, end } = recurrence;
  const times = `${start} to ${end}${end > start ? '' : ' of the next day'}`;
  if (recurrence.every === 'week') return `${daysText(recurrence.days)} ${times}`;
  const last = recurrence.day > 28 ? ', or its last,' : '';
  return `on day ${recurrence.day} of each month${last} ${times}`;
}

/** `Thu 7 May 22:30 to Fri 8 May 02:00`, `Thu 7 May 12:00 to 14:00`, by the zone's clock. */
export function spanText({ from, until }: MaintenanceSpan, zone: string, now: number): string {
  const [start, end] = [Date.parse(from), until === null ? null : Date.parse(until)];
  const day = dayText(start, zone, now);
  const head = `${day} ${timeText(start, zone)}`;
  if (end === null) return `${head} until somebody ends it`;
  const lastDay = dayText(end, zone, now);
  return `${head} to ${lastDay === day ? '' : `${lastDay} `}${timeText(end, zone)}`;
}

/** `3 h 30 min`; days where it is whole days. */
export function spanLength({ from, until }: MaintenanceSpan): string {
  if (until === null) return 'without an end';
  const seconds = Math.round((Date.parse(until) - Date.parse(from)) / 1000);
  return seconds >= 2 * 86_400 && seconds % 86_400 === 0
    ? `${seconds / 86_400} d`
    : spokenSeconds(seconds - (seconds >= 120 ? seconds % 60 : 0));
}

/** When a window is, in words of its own zone: how it returns and within which bounds, else its only span. */
export function whenText(times: Times, now: number): string {
  const { recurrence, timezone, starts_at, ends_at } = times;
  if (!recurrence) return spanText({ from: starts_at, until: ends_at }, timezone, now);
  const start = Date.parse(starts_at);
  const bounds = [
    start > now && `from ${dayText(start, timezone, now)}`,
    ends_at !== null && `until ${dayText(Date.parse(ends_at), timezone, now)}`,
  ].filter(Boolean);
  return [recurrenceText(recurrence), ...bounds].join(', ');
}

/** Hours that can be asked for at the press of a button. */
export const START_NOW_HOURS = [1, 2, 4] as const;

/** From the minute that has begun, since a start that is still ahead by the server's clock would hold nothing back yet. */
export function startingNow(hours: number, now: number): { starts_at: string; ends_at: string } {
  const start = Math.floor(now / 60_000) * 60_000;
  return { starts_at: iso(start), ends_at: iso(start + hours * 3_600_000) };
}

/** An end that is past by the server's clock as well, and after the start. */
export function endedNow(starts_at: string, now: number): string {
  return iso(Math.max(Math.floor(now / 60_000) * 60_000, Date.parse(starts_at) + 1000));
}

/**
 * What ends the span under way alone: the window begins anew at that span's end. `null` where nothing follows it, so
 * that ending it is ending the window.
 */
export function afterThisTime(times: Times, span: MaintenanceSpan): { starts_at: string } | null {
  if (!times.recurrence || span.until === null) return null;
  const follows = spansFrom(times, Date.parse(span.until), 1).length > 0;
  return follows ? { starts_at: span.until } : null;
}

/** Nothing that does not return lasts for longer. */
const LONGEST_MS = 31 * DAY_MS;

/** When a window ends that is given an hour more; `null` where its end is not one moment, or it would last too long. */
export function anHourLater({ recurrence, starts_at, ends_at }: Times): string | null {
  if (recurrence !== null || ends_at === null) return null;
  const later = Date.parse(ends_at) + 3_600_000;
  return later - Date.parse(starts_at) > LONGEST_MS ? null : iso(later);
}
