/** The on-call calendar as plain functions: days of the viewer, pieces of shifts on them, words. */
import type { OnCallNow, OnCallPerson, OnCallSchedule, OnCallShift } from '@/api/types';

/** What a day of the calendar shows of one shift. */
export interface Piece {
  user: OnCallPerson | null;
  override: boolean;
  /** When it begins on this day; null: it goes on from the day before. */
  begins: Date | null;
}

export interface Day {
  /** Local midnight. */
  at: Date;
  pieces: Piece[];
}

const midnight = (at: Date, days = 0): Date => new Date(at.getFullYear(), at.getMonth(), at.getDate() + days);

/** Whole weeks of the viewer, the first one with `now` in it; weeks begin on Monday. */
export function weeks(now: number, count: number): Date[][] {
  const today = midnight(new Date(now));
  const back = (today.getDay() + 6) % 7;
  return Array.from({ length: count }, (_, week) =>
    Array.from({ length: 7 }, (_, day) => midnight(today, week * 7 + day - back)),
  );
}

/** The pieces of shifts on a day, which may have 23 or 25 hours. */
export function dayOf(at: Date, shifts: OnCallShift[]): Day {
  const [from, until] = [at.getTime(), midnight(at, 1).getTime()];
  const pieces = shifts
    .filter((shift) => Date.parse(shift.starts_at) < until && Date.parse(shift.ends_at) > from)
    .map((shift) => ({
      user: shift.user,
      override: shift.override_id !== null,
      begins: Date.parse(shift.starts_at) > from ? new Date(shift.starts_at) : null,
    }));
  return { at, pieces };
}

/** One of eight colours, the same for a person everywhere; the name always stands beside it. */
export const colourOf = (userId: number): number => userId % 8;

/** `Admin and Night duty`, `nobody`: each person once, however many schedules they are on. */
export function namesOnCall(now: OnCallNow[]): string {
  const names = now.filter((duty) => duty.user?.is_active).map((duty) => duty.user?.name ?? '');
  const each = [...new Set(names)];
  const last = each.pop();
  if (last === undefined) return 'nobody';
  return each.length > 0 ? `${each.join(', ')} and ${last}` : last;
}

/** `Mondays at 09:00, Asia/Dhaka`. */
export function handoffText(schedule: OnCallSchedule): string {
  const weekday = schedule.handoff_weekday;
  const day = weekday ? `${weekday.charAt(0).toUpperCase()}${weekday.slice(1)}s` : 'Every day';
  return `${day} at ${schedule.handoff_time}, ${schedule.timezone}`;
}

const shortDay = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** `Mon 11 May` in the viewer's zone. */
export const dayText = (at: Date | string | number): string => shortDay.format(new Date(at)).replace(',', '');

/** `09:00` in the viewer's zone. */
export const clockText = (at: Date | string | number): string => clock.format(new Date(at));

/** `Mon 11 May 09:00` in the viewer's zone. */
export const momentText = (at: Date | string | number): string => `${dayText(at)} ${clockText(at)}`;

const two = (n: number): string => String(n).padStart(2, '0');

/** What an input of type `datetime-local` holds for a moment. */
export function toLocalInput(at: Date): string {
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The moment such an input means, in the viewer's zone; null while it is not whole. */
export function fromLocalInput(text: string): string | null {
  const at = new Date(text);
  return text !== '' && Number.isFinite(at.getTime()) ? at.toISOString() : null;
}
