/** Days of a matrix: dates as the server names them (`2026-05-05`), which are days of its zone and belong to no moment. */
export interface Dated {
  date: string;
}

const FORMAT = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});

const part = (date: string, type: 'weekday' | 'day' | 'month'): string =>
  FORMAT.formatToParts(new Date(`${date}T00:00:00Z`)).find((p) => p.type === type)?.value ?? '';

/** `Tue 5`: the head of a column. */
export const dayHead = (date: string): string => `${part(date, 'weekday')} ${part(date, 'day')}`;

/** `Tue 5 May`: a day in a sentence. */
export const dayName = (date: string): string => `${dayHead(date)} ${part(date, 'month')}`;

/** The days that any row tells of, oldest first and at most `most`: rows asked for on both sides of midnight differ. */
export function datesOf(rows: { days: Dated[] }[], most = 7): string[] {
  const all = new Set(rows.flatMap((row) => row.days.map((day) => day.date)));
  return [...all].sort().slice(-most);
}

/** A row's days under the heads of the matrix; `null` where it tells nothing of that day. */
export function alignDays<D extends Dated>(days: D[], dates: string[]): (D | null)[] {
  const byDate = new Map(days.map((day) => [day.date, day]));
  return dates.map((date) => byDate.get(date) ?? null);
}
