import { describe, expect, it } from 'vitest';
import type { MaintenanceWindow } from '@/api/types';
import {
  afterThisTime,
  anHourLater,
  endedNow,
  recurrenceText,
  spanLength,
  spansFrom,
  spanText,
  startingNow,
  stateOf,
  type Times,
  whenText,
} from './maintenance';
import { fromWindow, missingInWindow, newWindow, timesOf, toWindowInput } from './maintenance-form';
import { fromWallText, momentOf, shortMoment, toWallText, zoneChoices } from './zone-time';

const at = (text: string) => Date.parse(text);
const NOW = at('2026-05-07T06:34:56Z');

describe('wall-clock times of a zone', () => {
  it('are read and written', () => {
    expect(toWallText(NOW, 'Asia/Dhaka')).toBe('2026-05-07T12:34:56');
    expect(toWallText(at('2026-05-07T06:30:00Z'), 'Asia/Kathmandu')).toBe('2026-05-07T12:15');
    expect(fromWallText('2026-05-07T12:30', 'Asia/Dhaka')).toBe(at('2026-05-07T06:30:00Z'));
    expect(fromWallText('2026-13-40T12:30', 'Asia/Dhaka')).toBeNull();
    expect(fromWallText('', 'Asia/Dhaka')).toBeNull();
  });

  it('that a clock skips are the first moment after the gap', () => {
    // Berlin goes from 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
    expect(fromWallText('2026-03-29T02:30', 'Europe/Berlin')).toBe(at('2026-03-29T01:00:00Z'));
    expect(fromWallText('2026-03-29T02:00', 'Europe/Berlin')).toBe(at('2026-03-29T01:00:00Z'));
    expect(fromWallText('2026-03-29T03:00', 'Europe/Berlin')).toBe(at('2026-03-29T01:00:00Z'));
    expect(fromWallText('2026-03-29T01:59', 'Europe/Berlin')).toBe(at('2026-03-29T00:59:00Z'));
    // Samoa left out the whole of 30 December 2011.
    expect(fromWallText('2011-12-30T12:00', 'Pacific/Apia')).toBe(at('2011-12-30T10:00:00Z'));
  });

  it('that a clock shows twice are the first of both', () => {
    expect(fromWallText('2026-10-25T02:30', 'Europe/Berlin')).toBe(at('2026-10-25T00:30:00Z'));
    expect(fromWallText('2026-10-25T03:00', 'Europe/Berlin')).toBe(at('2026-10-25T02:00:00Z'));
  });

  it('come back as they were, every hour of a year with two changes', () => {
    for (let moment = at('2026-01-01T00:00:00Z'); moment < at('2027-01-01T00:00:00Z'); moment += 3_600_000) {
      const text = toWallText(moment, 'America/New_York');
      const again = momentOf(at(`${text}Z`), 'America/New_York');
      // The second 01:00 of 1 November is read as the first.
      expect(again === moment || again === moment - 3_600_000).toBe(true);
      expect(toWallText(again, 'America/New_York')).toBe(text);
    }
  });

  it('offer the viewer’s zone, the usual one, and every other once', () => {
    const zones = zoneChoices('Europe/Berlin');
    expect(zones.slice(0, 4)).toContain('Asia/Dhaka');
    expect(zones.filter((zone) => zone === 'Europe/Berlin')).toHaveLength(1);
    expect(zones.length).toBeGreaterThan(300);
  });

  it('name the day only where it is another one', () => {
    expect(shortMoment(at('2026-05-07T08:34:56Z'), 'Asia/Dhaka', NOW)).toBe('14:34');
    expect(shortMoment(at('2026-05-08T03:00:00Z'), 'Asia/Dhaka', NOW)).toBe('Fri 8 May 09:00');
    expect(shortMoment(at('2027-01-01T03:00:00Z'), 'Asia/Dhaka', NOW)).toBe('Fri 1 Jan 2027 09:00');
  });
});

const times = (more: Partial<Times>): Times => ({
  timezone: 'Asia/Dhaka',
  starts_at: '2026-01-01T00:00:00Z',
  ends_at: null,
  recurrence: null,
  ...more,
});

const nightly = times({
  recurrence: { every: 'week', days: ['wed', 'thu'], start: '22:30', end: '04:00' },
});

describe('spans of a window', () => {
  it('is one from its start to its end, until it is over', () => {
    const once = times({ starts_at: '2026-05-07T06:00:00Z', ends_at: '2026-05-07T07:00:00Z' });
    expect(spansFrom(once, NOW, 3)).toEqual([{ from: once.starts_at, until: once.ends_at }]);
    expect(spansFrom(once, at('2026-05-07T07:00:00Z'), 3)).toEqual([]);
  });

  it('begin on the day they are named for and end on the next', () => {
    // Thursday 03:00 in Dhaka: Wednesday's night is under way.
    const [night, next] = spansFrom(nightly, at('2026-05-06T21:00:00Z'), 2);
    expect(night).toEqual({ from: '2026-05-06T16:30:00.000Z', until: '2026-05-06T22:00:00.000Z' });
    expect(next?.from).toBe('2026-05-07T16:30:00.000Z');
  });

  it('lie within the bounds of the window', () => {
    const cut = { ...nightly, starts_at: '2026-05-06T18:00:00Z', ends_at: '2026-05-07T17:00:00Z' };
    expect(spansFrom(cut, at('2026-05-06T16:45:00Z'), 5)).toEqual([
      { from: '2026-05-06T18:00:00.000Z', until: '2026-05-06T22:00:00.000Z' },
      { from: '2026-05-07T16:30:00.000Z', until: '2026-05-07T17:00:00.000Z' },
    ]);
  });

  it('take the last day of a shorter month', () => {
    const monthly = times({
      timezone: 'Europe/Berlin',
      recurrence: { every: 'month', day: 31, start: '03:00', end: '05:00' },
    });
    const from = spansFrom(monthly, at('2026-01-15T00:00:00Z'), 4).map((span) => span.from);
    expect(from).toEqual([
      '2026-01-31T02:00:00.000Z',
      '2026-02-28T02:00:00.000Z',
      '2026-03-31T01:00:00.000Z',
      '2026-04-30T01:00:00.000Z',
    ]);
  });

  it('keep their wall-clock time over a change of the clocks', () => {
    const sundays = times({
      timezone: 'Europe/Berlin',
      recurrence: { every: 'week', days: ['sun'], start: '02:30', end: '04:00' },
    });
    const [short, after] = spansFrom(sundays, at('2026-03-28T12:00:00Z'), 2);
    expect(short).toEqual({ from: '2026-03-29T01:00:00.000Z', until: '2026-03-29T02:00:00.000Z' });
    expect(after?.from).toBe('2026-04-05T00:30:00.000Z');
  });
});

describe('a window in words', () => {
  it.each([
    [nightly, 'every Wed and Thu 22:30 to 04:00 of the next day'],
    [
      times({
        recurrence: {
          every: 'week',
          days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
          start: '01:00',
          end: '02:00',
        },
      }),
      'every day 01:00 to 02:00',
    ],
    [
      times({
        starts_at: '2026-06-01T00:00:00Z',
        ends_at: '2027-01-01T00:00:00Z',
        recurrence: { every: 'week', days: ['sun'], start: '01:00', end: '02:00' },
      }),
      'every Sunday 01:00 to 02:00, from Mon 1 Jun, until Fri 1 Jan 2027',
    ],
    [
      times({ recurrence: { every: 'month', day: 31, start: '01:00', end: '02:00' } }),
      'on day 31 of each month, or its last, 01:00 to 02:00',
    ],
    [
      times({ starts_at: '2026-05-07T06:00:00Z', ends_at: '2026-05-07T08:00:00Z' }),
      'Thu 7 May 12:00 to 14:00',
    ],
    [
      times({ starts_at: '2026-05-07T06:00:00Z', ends_at: '2026-05-07T20:00:00Z' }),
      'Thu 7 May 12:00 to Fri 8 May 02:00',
    ],
  ])('%# is %s', (window, text) => expect(whenText(window, NOW)).toBe(text));

  it('says Monday to Friday, and how long a span is', () => {
    expect(
      recurrenceText({
        every: 'week',
        days: ['fri', 'mon', 'tue', 'wed', 'thu'],
        start: '09:00',
        end: '17:00',
      }),
    ).toBe('Monday to Friday 09:00 to 17:00');
    expect(spanLength({ from: '2026-05-07T06:00:00Z', until: '2026-05-07T09:30:00Z' })).toBe('3 h 30 min');
    expect(spanLength({ from: '2026-05-07T06:00:00Z', until: '2026-05-10T06:00:00Z' })).toBe('3 d');
    expect(spanText({ from: '2026-05-07T06:00:00Z', until: null }, 'UTC', NOW)).toBe(
      'Thu 7 May 06:00 until somebody ends it',
    );
  });

  it('follows the clock beyond the server’s answer', () => {
    const now = { from: '2026-05-07T06:00:00Z', until: '2026-05-07T07:00:00Z' };
    const next = { from: '2026-05-07T09:00:00Z', until: '2026-05-07T10:00:00Z' };
    const states = ['06:30', '08:00', '09:00', '10:00'].map(
      (time) => stateOf({ under_way: now, next }, at(`2026-05-07T${time}:00Z`)).state,
    );
    expect(states).toEqual(['under_way', 'next', 'under_way', 'over']);
  });
});

describe('starting and ending now', () => {
  it('starts with the minute that has begun', () => {
    expect(startingNow(2, NOW)).toEqual({
      starts_at: '2026-05-07T06:34:00.000Z',
      ends_at: '2026-05-07T08:34:00.000Z',
    });
  });

  it('ends in the past, but after the start', () => {
    expect(endedNow('2026-05-07T06:00:00Z', NOW)).toBe('2026-05-07T06:34:00.000Z');
    expect(endedNow('2026-05-07T06:34:00Z', NOW)).toBe('2026-05-07T06:34:01.000Z');
  });

  it('ends one time of a recurrence by beginning anew behind it', () => {
    const night = at('2026-05-06T21:00:00Z');
    const [span] = spansFrom(nightly, night, 1);
    if (!span) throw new Error('no span is under way');
    const change = afterThisTime(nightly, span);
    expect(change).toEqual({ starts_at: span.until });
    expect(spansFrom({ ...nightly, ...change }, night, 1)[0]?.from).toBe('2026-05-07T16:30:00.000Z');
    // Its last time: nothing would follow.
    expect(afterThisTime({ ...nightly, ends_at: span.until }, span)).toBeNull();
    expect(afterThisTime(times({ ends_at: '2026-05-07T07:00:00Z' }), span)).toBeNull();
  });
});

const window: MaintenanceWindow = {
  id: 1,
  name: 'Nights',
  reason: 'Backups',
  scope: { tags: ['db'] },
  detectors: ['disk_bytes'],
  timezone: 'Europe/Berlin',
  starts_at: '2026-05-01T00:00:30.000Z',
  ends_at: null,
  recurrence: { every: 'week', days: ['mon', 'thu'], start: '22:00', end: '02:00' },
  under_way: null,
  next: null,
  created_by: null,
  created_at: '',
  updated_at: '',
};

describe('the window editor', () => {
  it('sends back an untouched window as it was', () => {
    const { name, reason, scope, detectors, timezone, starts_at, ends_at, recurrence } = window;
    expect(toWindowInput(fromWindow(window, NOW), NOW)).toEqual({
      name,
      reason,
      scope,
      detectors,
      timezone,
      starts_at,
      ends_at,
      recurrence,
    });
    const month = {
      ...window,
      recurrence: { every: 'month', day: 3, start: '01:00', end: '02:00' } as const,
    };
    expect(toWindowInput(fromWindow(month, NOW), NOW)?.recurrence).toEqual(month.recurrence);
    const once = { ...window, recurrence: null, ends_at: '2026-05-02T00:00:00.000Z' };
    expect(toWindowInput(fromWindow(once, NOW), NOW)).toMatchObject({ starts_at, ends_at: once.ends_at });
  });

  it('begins with an hour from now', () => {
    const form = { ...newWindow(NOW, 'Asia/Dhaka'), name: 'Now' };
    expect(form.onceFrom).toBe('2026-05-07T12:34');
    expect(missingInWindow(form)).toEqual({});
    expect(toWindowInput(form, NOW)).toMatchObject({
      starts_at: '2026-05-07T06:34:00.000Z',
      ends_at: '2026-05-07T07:34:00.000Z',
      recurrence: null,
    });
  });

  it('reads the same times in the zone that is chosen', () => {
    const form = { ...newWindow(NOW, 'Asia/Dhaka'), timezone: 'UTC' };
    expect(timesOf(form, NOW)?.starts_at).toBe('2026-05-07T12:34:00.000Z');
  });

  it('says what is missing or wrong at the fields of the wire', () => {
    const form = newWindow(NOW, 'Asia/Dhaka');
    expect(Object.keys(missingInWindow(form))).toEqual(['name']);
    expect(missingInWindow({ ...form, onceUntil: form.onceFrom })).toMatchObject({
      ends_at: 'must be after the start',
    });
    expect(missingInWindow({ ...form, onceUntil: '2026-06-08T12:34' })).toMatchObject({
      ends_at: 'must be within 31 days of the start',
    });
    const weekly = { ...form, name: 'x', kind: 'week', days: [], start: '02:00', end: '02:00' } as const;
    expect(missingInWindow({ ...weekly, days: [] })).toEqual({
      'recurrence.days': 'choose a day',
      'recurrence.end': 'must not be the start',
    });
    expect(missingInWindow({ ...form, kind: 'month', day: 32 })).toHaveProperty(['recurrence.day']);
    expect(missingInWindow({ ...form, timezone: 'Mars/Olympus' })).toHaveProperty('timezone');
    expect(timesOf({ ...form, onceFrom: '' }, NOW)).toBeNull();
  });
});

describe('an hour more', () => {
  const once = { timezone: 'UTC', starts_at: '2026-05-07T06:00:00Z', recurrence: null };

  it('is given to what ends once, and not beyond the longest that is allowed', () => {
    expect(anHourLater({ ...once, ends_at: '2026-05-07T08:00:00Z' })).toBe('2026-05-07T09:00:00.000Z');
    expect(anHourLater({ ...once, ends_at: '2026-06-07T05:00:00Z' })).toBe('2026-06-07T06:00:00.000Z');
    expect(anHourLater({ ...once, ends_at: '2026-06-07T05:00:01Z' })).toBeNull();
  });

  it('is not given to what ends by the clock of every week', () => {
    const weekly = { every: 'week', days: ['sat'], start: '22:00', end: '02:00' } as const;
    const recurrence = { ...weekly, days: [...weekly.days] };
    expect(anHourLater({ ...once, ends_at: '2026-06-01T00:00:00Z', recurrence })).toBeNull();
    expect(anHourLater({ ...once, ends_at: null })).toBeNull();
  });
});
