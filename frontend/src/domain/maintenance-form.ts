import type { MaintenanceWindow, MaintenanceWindowInput } from '@/api/types';
import { type Recurrence, startingNow, type Times, WEEKDAYS, type Weekday } from './maintenance';
import { fromScope, missingScope, type ScopeForm, toScope, WHOLE_FLEET } from './scope-form';
import { fromWallText, isZone, toWallText } from './zone-time';

/** The editor's state: every alternative side by side. Times are wall-clock times of `timezone`. */
export interface WindowForm extends ScopeForm {
  name: string;
  reason: string;
  detectors: string[];
  timezone: string;
  kind: 'once' | 'week' | 'month';
  /** One span. */
  onceFrom: string;
  onceUntil: string;
  days: Weekday[];
  day: number | null;
  start: string;
  end: string;
  /** Bounds of a recurrence; empty: none. */
  from: string;
  until: string;
}

/** What a new one begins with: an hour from now on. */
export function newWindow(now: number, timezone: string): WindowForm {
  const { starts_at, ends_at } = startingNow(1, now);
  return {
    ...WHOLE_FLEET,
    name: '',
    reason: '',
    detectors: [],
    timezone,
    kind: 'once',
    onceFrom: toWallText(Date.parse(starts_at), timezone),
    onceUntil: toWallText(Date.parse(ends_at), timezone),
    days: ['sun'],
    day: 1,
    start: '02:00',
    end: '04:00',
    from: '',
    until: '',
  };
}

export function fromWindow(window: MaintenanceWindow, now: number): WindowForm {
  const { recurrence, timezone } = window;
  const from = toWallText(Date.parse(window.starts_at), timezone);
  const until = window.ends_at === null ? '' : toWallText(Date.parse(window.ends_at), timezone);
  const form: WindowForm = {
    ...newWindow(now, timezone),
    ...fromScope(window.scope),
    name: window.name,
    reason: window.reason,
    detectors: window.detectors,
  };
  if (!recurrence) return { ...form, onceFrom: from, onceUntil: until };
  const { start, end } = recurrence;
  return recurrence.every === 'week'
    ? { ...form, from, until, start, end, kind: 'week', days: recurrence.days }
    : { ...form, from, until, start, end, kind: 'month', day: recurrence.day };
}

function recurrenceOf(form: WindowForm): Recurrence | null {
  const { start, end } = form;
  switch (form.kind) {
    case 'once':
      return null;
    case 'week':
      return { every: 'week', days: WEEKDAYS.filter((day) => form.days.includes(day)), start, end };
    case 'month':
      return { every: 'month', day: form.day ?? 0, start, end };
  }
}

/** The moment that a field names; `null` while it names none. */
const moment = (text: string, zone: string): string | null => {
  const at = isZone(zone) ? fromWallText(text, zone) : null;
  return at === null ? null : new Date(at).toISOString();
};

/** When it would be; `null` while something is missing. A recurrence without a first day begins now. */
export function timesOf(form: WindowForm, now: number): Times | null {
  if (Object.keys(missingTimes(form)).length > 0) return null;
  const { timezone } = form;
  const once = form.kind === 'once';
  const starts_at = once
    ? moment(form.onceFrom, timezone)
    : form.from
      ? moment(form.from, timezone)
      : startingNow(1, now).starts_at;
  if (starts_at === null) return null;
  const ends_at = moment(once ? form.onceUntil : form.until, timezone);
  return { timezone, starts_at, ends_at, recurrence: recurrenceOf(form) };
}

/** What is sent; `null` while something is missing. */
export function toWindowInput(form: WindowForm, now: number): MaintenanceWindowInput | null {
  const times = timesOf(form, now);
  return (
    times && {
      name: form.name.trim(),
      reason: form.reason.trim(),
      scope: toScope(form),
      detectors: form.detectors,
      ...times,
    }
  );
}

const LONGEST_MS = 31 * 86_400_000;
const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

/** By the names of the wire, so that what the server refuses stands at the same fields. */
function missingTimes(form: WindowForm): Record<string, string> {
  const errors: Record<string, string> = {};
  if (!isZone(form.timezone)) return { timezone: 'choose one' };
  const at = (text: string) => fromWallText(text, form.timezone);
  const once = form.kind === 'once';
  const [from, until] = once ? [form.onceFrom, form.onceUntil] : [form.from, form.until];
  const [start, end] = [at(from), at(until)];
  if (start === null && (once || from !== '')) errors.starts_at = 'is no time';
  if (end === null && (once || until !== '')) errors.ends_at = once ? 'is required' : 'is no time';
  if (start !== null && end !== null) {
    if (end <= start) errors.ends_at = 'must be after the start';
    else if (once && end - start > LONGEST_MS) errors.ends_at = 'must be within 31 days of the start';
  }
  if (once) return errors;
  if (form.kind === 'week' && form.days.length === 0) errors['recurrence.days'] = 'choose a day';
  if (form.kind === 'month' && !(form.day !== null && form.day >= 1 && form.day <= 31))
    errors['recurrence.day'] = 'must be 1 to 31';
  if (!CLOCK.test(form.start)) errors['recurrence.start'] = 'must be a time as 22:30';
  if (!CLOCK.test(form.end)) errors['recurrence.end'] = 'must be a time as 22:30';
  else if (form.start === form.end) errors['recurrence.end'] = 'must not be the start';
  return errors;
}

/** What still has to be filled in before the server is asked, by field. */
export const missingInWindow = (form: WindowForm): Record<string, string> => ({
  ...(form.name.trim() ? {} : { name: 'is required' }),
  ...missingScope(form),
  ...missingTimes(form),
});
