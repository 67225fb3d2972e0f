import { ActionIcon, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { usersQuery } from '@/api/queries';
import type { OnCallPerson, OnCallSchedule, OnCallScheduleInput } from '@/api/types';
import { EditorDrawer } from '@/components/EditorDrawer';
import { useBlocked } from '@/components/session';
import { useAction } from '@/components/useAction';
import { toLocalInput } from '@/domain/on-call';
import { formOf, notChosen, type ScheduleForm } from '@/domain/schedule-form';
import { capitalised } from '@/domain/words';
import { viewersZone, zoneChoices } from '@/domain/zone-time';
import { now } from '@/live/clock';
import css from './OnCall.module.css';
import { PersonChip } from './PersonChip';
import { Unreadable } from './Unreadable';

interface Props {
  schedule: OnCallSchedule | null;
  blocked: string | null;
  onClose: () => void;
}

type Weekday = NonNullable<OnCallSchedule['handoff_weekday']>;
const WEEKDAYS: Weekday[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** Whose turns follow each other, and when they hand over. */
export function ScheduleEditor({ schedule, blocked, onClose }: Props) {
  const users = useQuery({ ...usersQuery, enabled: useBlocked('users.view') === null });
  const [form, setForm] = useState(() =>
    formOf(schedule, viewersZone(), toLocalInput(new Date(now())).slice(0, 10)),
  );
  const change = (part: Partial<ScheduleForm>) => setForm((old) => ({ ...old, ...part }));
  const [tried, setTried] = useState(false);
  const save = useAction({
    run: (input: OnCallScheduleInput) =>
      schedule
        ? body(
            client.PATCH('/api/on-call/schedules/{id}', {
              params: { path: { id: schedule.id } },
              body: input,
            }),
          )
        : body(client.POST('/api/on-call/schedules', { body: input })),
    done: schedule ? 'Schedule saved' : 'Schedule created',
    refresh: [['on-call']],
    quietFields: true,
    onDone: onClose,
  });
  const remove = useAction({
    run: () =>
      body(client.DELETE('/api/on-call/schedules/{id}', { params: { path: { id: schedule?.id ?? 0 } } })),
    done: 'Schedule deleted',
    refresh: [['on-call']],
    onDone: onClose,
  });
  const missing = notChosen(form);
  const errors = { ...fieldErrors(save.error), ...(tried ? missing : {}) };
  const submit = () => {
    setTried(true);
    const { timezone, rotation } = form;
    if (timezone === null || rotation === null || Object.keys(missing).length > 0) return;
    save.mutate({
      name: form.name.trim(),
      timezone,
      rotation,
      handoff_weekday: rotation === 'weekly' ? form.weekday : null,
      handoff_time: form.time,
      starts_on: form.startsOn,
      members: form.members.map((member) => member.id),
    });
  };
  const memberError = Object.entries(errors).find(([path]) => path.startsWith('members'))?.[1];
  return (
    <EditorDrawer
      title={schedule ? schedule.name : 'New schedule'}
      onClose={onClose}
      blocked={blocked}
      submit={schedule ? 'Save' : 'Create schedule'}
      onSubmit={submit}
      busy={save.isPending}
      errors={errors}
      remove={
        schedule
          ? {
              question: `Delete “${schedule.name}”?`,
              children: 'Nobody is on call by it any more, and calendars that read it get nothing.',
              confirm: 'Delete schedule',
              busy: remove.isPending,
              run: () => remove.mutate(undefined),
            }
          : undefined
      }
    >
      {schedule?.unreadable && <Unreadable text={schedule.unreadable} />}
      <TextInput
        label="Name"
        required
        value={form.name}
        error={errors.name}
        onChange={(e) => change({ name: e.currentTarget.value })}
      />
      <div>
        <div className={css.label}>A turn lasts</div>
        <SegmentedControl
          aria-label="A turn lasts"
          data={[
            { value: 'weekly', label: 'a week' },
            { value: 'daily', label: 'a day' },
          ]}
          value={form.rotation ?? ''}
          disabled={blocked !== null}
          onChange={(rotation) => change({ rotation: rotation as ScheduleForm['rotation'] })}
        />
        {errors.rotation && <div className={css.error}>{capitalised(errors.rotation)}</div>}
      </div>
      <div className={css.pair}>
        {form.rotation === 'weekly' && (
          <Select
            label="Hands over on"
            allowDeselect={false}
            data={WEEKDAYS.map((day) => ({ value: day, label: `${capitalised(day)}s` }))}
            value={form.weekday}
            error={errors.handoff_weekday}
            onChange={(day) => change({ weekday: (day ?? 'monday') as Weekday })}
          />
        )}
        <TextInput
          type="time"
          label="At"
          required
          value={form.time}
          error={errors.handoff_time}
          onChange={(e) => change({ time: e.currentTarget.value.slice(0, 5) })}
        />
      </div>
      <Select
        label="By the clocks of"
        description="A change to summer time moves nothing: the hand-off stays at that time of the day"
        searchable
        allowDeselect={false}
        placeholder="Choose a zone"
        data={zoneChoices(...(form.timezone ? [form.timezone] : []))}
        value={form.timezone}
        error={errors.timezone}
        onChange={(timezone) => change({ timezone })}
      />
      <TextInput
        type="date"
        label="First turn begins on"
        description="The first person’s; it lasts until the first hand-off after it"
        required
        value={form.startsOn}
        error={errors.starts_on}
        onChange={(e) => change({ startsOn: e.currentTarget.value })}
      />
      <Members
        members={form.members}
        all={users.data?.data ?? []}
        disabled={blocked !== null}
        error={memberError}
        onChange={(members) => change({ members })}
      />
    </EditorDrawer>
  );
}

interface MembersProps {
  members: OnCallPerson[];
  all: OnCallPerson[];
  disabled: boolean;
  error: string | undefined;
  onChange: (members: OnCallPerson[]) => void;
}

function Members({ members, all, disabled, error, onChange }: MembersProps) {
  const move = (at: number, by: -1 | 1) => {
    const next = [...members];
    const [member] = next.splice(at, 1);
    if (member) next.splice(at + by, 0, member);
    onChange(next);
  };
  const free = all.filter((user) => user.is_active && !members.some((member) => member.id === user.id));
  const icon = (label: string, glyph: React.ReactNode, run: (() => void) | null) => (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={label}
      disabled={disabled || run === null}
      onClick={run ?? undefined}
    >
      {glyph}
    </ActionIcon>
  );
  return (
    <div>
      <div className={css.label}>Turns, in this order</div>
      <ol className={css.members} aria-label="Members">
        {members.map((member, at) => (
          <li key={member.id}>
            <span>
              <PersonChip person={member} />
            </span>
            {icon(`Move up ${member.name}`, <ArrowUp size={14} />, at > 0 ? () => move(at, -1) : null)}
            {icon(
              `Move down ${member.name}`,
              <ArrowDown size={14} />,
              at < members.length - 1 ? () => move(at, 1) : null,
            )}
            {icon(`Remove ${member.name}`, <Trash2 size={14} />, () =>
              onChange(members.filter((one) => one.id !== member.id)),
            )}
          </li>
        ))}
      </ol>
      <Select
        mt={6}
        aria-label="Add a person"
        placeholder="Add a person"
        searchable
        disabled={disabled}
        data={free.map((user) => ({ value: String(user.id), label: user.name }))}
        value={null}
        error={error}
        onChange={(id) => {
          const found = all.find((user) => String(user.id) === id);
          if (found) onChange([...members, { id: found.id, name: found.name, is_active: found.is_active }]);
        }}
      />
    </div>
  );
}
