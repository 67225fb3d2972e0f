/** What the editor of an on-call schedule begins with, and what has to be chosen before it can be saved. */
import type { OnCallPerson, OnCallSchedule } from '@/api/types';

type Rotation = NonNullable<OnCallSchedule['rotation']>;
type Weekday = NonNullable<OnCallSchedule['handoff_weekday']>;
type Field = OnCallSchedule['unreadable_fields'][number];

export interface ScheduleForm {
  name: string;
  /** Null: not chosen. */
  timezone: string | null;
  /** Null: not chosen. */
  rotation: Rotation | null;
  weekday: Weekday;
  /** `HH:MM`; empty: not chosen. */
  time: string;
  startsOn: string;
  members: OnCallPerson[];
}

/** A form with what is stored. What the server cannot read is nothing that anybody chose: it begins empty. */
export function formOf(schedule: OnCallSchedule | null, here: string, today: string): ScheduleForm {
  const isRead = (field: Field) => !schedule?.unreadable_fields.includes(field);
  return {
    name: schedule?.name ?? '',
    timezone: isRead('timezone') ? (schedule?.timezone ?? here) : null,
    rotation: isRead('rotation') ? (schedule?.rotation ?? 'weekly') : null,
    weekday: schedule?.handoff_weekday ?? 'monday',
    time: isRead('handoff_time') ? (schedule?.handoff_time ?? '09:00') : '',
    startsOn: schedule?.starts_on ?? today,
    members: schedule?.members ?? [],
  };
}

/** What is not chosen yet, by field. */
export function notChosen({ timezone, rotation, time }: ScheduleForm): Record<string, string> {
  const missing: Partial<Record<Field, boolean>> = {
    rotation: rotation === null,
    handoff_time: time === '',
    timezone: timezone === null,
  };
  const fields = Object.entries(missing).filter(([, is]) => is);
  return Object.fromEntries(fields.map(([field]) => [field, 'must be chosen']));
}
