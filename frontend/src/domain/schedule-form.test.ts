import { expect, test } from 'vitest';
import type { OnCallSchedule } from '@/api/types';
import { formOf, notChosen } from './schedule-form';

const stored = {
  id: 1,
  name: 'Orbit',
  timezone: 'Asia/Kolkata',
  rotation: 'daily',
  handoff_weekday: null,
  handoff_time: '08:30',
  starts_on: '2026-05-04',
  members: [{ id: 2, name: 'P2', is_active: true }],
  unreadable: null,
  unreadable_fields: [],
} as unknown as OnCallSchedule;

test('a form begins with what is stored, and a new one with what is usual', () => {
  const form = formOf(stored, 'UTC', '2026-05-07');
  expect(form).toMatchObject({ timezone: 'Asia/Kolkata', rotation: 'daily', time: '08:30' });
  expect(notChosen(form)).toEqual({});
  const fresh = formOf(null, 'Asia/Dhaka', '2026-05-07');
  expect(fresh).toMatchObject({ timezone: 'Asia/Dhaka', rotation: 'weekly', time: '09:00' });
  expect(fresh.startsOn).toBe('2026-05-07');
});

test('what cannot be read begins empty and must be chosen', () => {
  const torn: OnCallSchedule = {
    ...stored,
    timezone: 'Mars/Base',
    rotation: null,
    handoff_time: '25:00',
    unreadable_fields: ['rotation', 'handoff_time', 'timezone'],
  };
  const form = formOf(torn, 'UTC', '2026-05-07');
  expect(form).toMatchObject({ timezone: null, rotation: null, time: '' });
  expect(form.members).toEqual(stored.members);
  expect(Object.keys(notChosen(form))).toEqual(['rotation', 'handoff_time', 'timezone']);
  const mended = { ...form, timezone: 'UTC', time: '09:00' };
  expect(notChosen(mended)).toEqual({ rotation: 'must be chosen' });
  expect(notChosen({ ...mended, rotation: 'weekly' })).toEqual({});
  // What can be read of it is kept.
  const zone = formOf({ ...torn, rotation: 'daily', unreadable_fields: ['timezone'] }, 'UTC', '');
  expect([zone.timezone, zone.rotation]).toEqual([null, 'daily']);
});
