import { expect, test } from 'vitest';
import type { OnCallNow, OnCallSchedule, OnCallShift } from '@/api/types';
import { colourOf, dayOf, fromLocalInput, handoffText, namesOnCall, toLocalInput, weeks } from './on-call';

const person = (id: number, is_active = true) => ({ id, name: `P${id}`, is_active });
const local = (month: number, day: number, hour = 0) => new Date(2026, month - 1, day, hour);
const shift = (
  user: number | null,
  from: Date,
  until: Date,
  override_id: number | null = null,
): OnCallShift => ({
  starts_at: from.toISOString(),
  ends_at: until.toISOString(),
  user: user === null ? null : person(user),
  override_id,
});

test('weeks begin on Monday and today is in the first', () => {
  const [first, ...rest] = weeks(local(5, 7, 15).getTime(), 4);
  expect(first?.map((day) => day.getDate())).toEqual([4, 5, 6, 7, 8, 9, 10]);
  expect(rest.at(-1)?.at(-1)?.getDate()).toBe(31);
  const sunday = weeks(local(5, 10, 1).getTime(), 1)[0];
  expect([sunday?.[0]?.getDate(), sunday?.[6]?.getDate()]).toEqual([4, 10]);
});

test('a day shows who is on duty and from when', () => {
  const shifts = [
    shift(1, local(5, 4, 9), local(5, 7, 9)),
    shift(2, local(5, 7, 9), local(5, 7, 18), 5),
    shift(null, local(5, 7, 18), local(5, 9)),
  ];
  const pieces = dayOf(local(5, 7), shifts).pieces;
  expect(pieces.map((p) => [p.user?.id ?? null, p.override, p.begins?.getHours() ?? null])).toEqual([
    [1, false, null],
    [2, true, 9],
    [null, false, 18],
  ]);
  expect(dayOf(local(5, 8), shifts).pieces).toHaveLength(1);
  expect(dayOf(local(5, 9), shifts).pieces).toHaveLength(0);
});

test('each person on call is named once, and an account that is off is nobody', () => {
  const duty = (user: OnCallNow['user']) => ({ user }) as OnCallNow;
  expect(namesOnCall([])).toBe('nobody');
  expect(namesOnCall([duty(null), duty(person(3, false))])).toBe('nobody');
  expect(namesOnCall([duty(person(1)), duty(person(1))])).toBe('P1');
  expect(namesOnCall([duty(person(1)), duty(person(2)), duty(person(3))])).toBe('P1, P2 and P3');
});

test('a rotation is said in words', () => {
  const schedule = { timezone: 'Asia/Dhaka', handoff_time: '09:00', handoff_weekday: 'monday' };
  expect(handoffText(schedule as OnCallSchedule)).toBe('Mondays at 09:00, Asia/Dhaka');
  expect(handoffText({ ...schedule, handoff_weekday: null } as OnCallSchedule)).toBe(
    'Every day at 09:00, Asia/Dhaka',
  );
});

test('inputs hold local times and give moments back', () => {
  const at = local(5, 7, 9);
  expect(toLocalInput(at)).toBe('2026-05-07T09:00');
  expect(fromLocalInput('2026-05-07T09:00')).toBe(at.toISOString());
  expect(fromLocalInput('')).toBeNull();
  expect(new Set([1, 2, 3, 9].map(colourOf)).size).toBe(3);
});
