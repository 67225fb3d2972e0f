import { bytes, count } from './units';

/** Where something is going, by the hour. `null` everywhere: there is no trend yet, which is not a flat one. */
export type Slope = 'rising' | 'falling' | 'steady' | 'unknown';

/** Less than this in an hour is no movement. */
const STILL = 0.5;

export function slopeOf(perHour: number | null): Slope {
  if (perHour === null) return 'unknown';
  return perHour >= STILL ? 'rising' : perHour <= -STILL ? 'falling' : 'steady';
}

const signed = (value: number, format: (size: number) => string): string =>
  `${value < 0 ? '−' : '+'}${format(Math.abs(value))}/h`;

/** `+120/h`, `−35/h`, `steady`, `no trend yet`. */
export function slopeText(perHour: number | null): string {
  if (perHour === null) return 'no trend yet';
  return slopeOf(perHour) === 'steady' ? 'steady' : signed(perHour, (size) => count(Math.round(size)));
}

/** Less than a mebibyte in an hour is noise of a log, not growth. */
const STILL_BYTES = 1024 * 1024;

/** `+1.2 GiB/h`, `−300 MiB/h`, `steady`, `no trend yet`. */
export function growthText(bytesPerHour: number | null): string {
  if (bytesPerHour === null) return 'no trend yet';
  return Math.abs(bytesPerHour) < STILL_BYTES ? 'steady' : signed(bytesPerHour, bytes);
}

/** Beyond this a pace of some hours says nothing. */
const FARTHEST_H = 60 * 24;

/** `under 1 h`, `5 h`, `3 d`, `over 60 d`. */
export function hoursText(hours: number): string {
  if (hours < 1) return 'under 1 h';
  if (hours < 48) return `${Math.floor(hours)} h`;
  return hours > FARTHEST_H ? 'over 60 d' : `${Math.floor(hours / 24)} d`;
}

/** When it will be full: the hours, or why there are none. */
export function fullText(hours: number | null, bytesPerHour: number | null): string {
  if (hours !== null) return hoursText(hours);
  return bytesPerHour === null ? 'no trend yet' : 'not filling';
}

export type FullLevel = 'none' | 'far' | 'warn' | 'danger';

/** Within a day somebody has to act, within three it is to be planned. */
export function fullLevel(hours: number | null): FullLevel {
  if (hours === null) return 'none';
  return hours <= 24 ? 'danger' : hours <= 72 ? 'warn' : 'far';
}

/** Days until a last day, which still counts: `31 d left`, `tomorrow`, `today`, `over since yesterday`. */
export function daysLeftText(days: number): string {
  if (days > 1) return `${days} d left`;
  if (days === 1) return 'tomorrow';
  if (days === 0) return 'today';
  return days === -1 ? 'over since yesterday' : `over for ${-days} d`;
}
