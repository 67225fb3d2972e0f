import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { usersQuery } from '@/api/queries';
import type { OnCallSchedule } from '@/api/types';
import { EditorDrawer } from '@/components/EditorDrawer';
import { isGranted, useBlocked, useMe } from '@/components/session';
import { useAction } from '@/components/useAction';
import { fromLocalInput, toLocalInput } from '@/domain/on-call';
import { now } from '@/live/clock';
import css from './OnCall.module.css';

interface Props {
  schedule: OnCallSchedule;
  /** The day that was pressed; null: from the next full hour on. */
  day: Date | null;
  onClose: () => void;
}

const ANYBODY = 'anybody';
const HOUR = 3_600_000;

/** Puts somebody on duty for a while; who may not change schedules, only themselves. */
export function OverrideEditor({ schedule, day, onClose }: Props) {
  const me = useMe();
  const blocked = useBlocked('on_call.cover');
  const manages = isGranted(me, 'on_call.manage');
  const users = useQuery({ ...usersQuery, enabled: manages && isGranted(me, 'users.view') });
  const people = manages
    ? (users.data?.data.filter((user) => user.is_active) ?? schedule.members)
    : [{ id: me.id, name: me.name }];
  const [begin] = useState(() => {
    const hour = Math.ceil(now() / HOUR) * HOUR;
    return new Date(day ? Math.max(day.getTime(), hour) : hour);
  });
  const [user, setUser] = useState<string | null>(String(me.id));
  const [replaces, setReplaces] = useState<string>(ANYBODY);
  const [from, setFrom] = useState(toLocalInput(begin));
  const [until, setUntil] = useState(() =>
    toLocalInput(
      day
        ? new Date(begin.getFullYear(), begin.getMonth(), begin.getDate() + 1)
        : new Date(begin.getTime() + 8 * HOUR),
    ),
  );
  const [missing, setMissing] = useState<Record<string, string>>({});
  const save = useAction({
    run: (times: { starts_at: string; ends_at: string }) =>
      body(
        client.POST('/api/on-call/schedules/{id}/overrides', {
          params: { path: { id: schedule.id } },
          body: {
            user_id: Number(user),
            replaces_user_id: replaces === ANYBODY ? null : Number(replaces),
            ...times,
          },
        }),
      ),
    done: (made) => `${made.user.name} stands in`,
    refresh: [['on-call']],
    quietFields: true,
    onDone: onClose,
  });
  const errors = { ...fieldErrors(save.error), ...missing };
  const submit = () => {
    const [starts_at, ends_at] = [fromLocalInput(from), fromLocalInput(until)];
    setMissing({
      ...(starts_at ? {} : { starts_at: 'is required' }),
      ...(ends_at ? {} : { ends_at: 'is required' }),
    });
    if (starts_at && ends_at) save.mutate({ starts_at, ends_at });
  };
  return (
    <EditorDrawer
      title={`Stand in: ${schedule.name}`}
      onClose={onClose}
      blocked={blocked}
      submit="Put on duty"
      onSubmit={submit}
      busy={save.isPending}
      errors={errors}
    >
      <Select
        label="Who is on duty"
        description={manages ? undefined : 'Operators may also choose somebody else'}
        searchable
        allowDeselect={false}
        data={people.map((person) => ({ value: String(person.id), label: person.name }))}
        value={user}
        error={errors.user_id}
        onChange={setUser}
      />
      <Select
        label="Instead of"
        description="Whoever it is also fills times that are nobody’s"
        allowDeselect={false}
        data={[
          { value: ANYBODY, label: 'whoever’s turn it is' },
          ...schedule.members.map((member) => ({ value: String(member.id), label: member.name })),
        ]}
        value={replaces}
        error={errors.replaces_user_id}
        onChange={(value) => setReplaces(value ?? ANYBODY)}
      />
      <div className={css.pair}>
        <TextInput
          type="datetime-local"
          label="From"
          description="in your time zone"
          required
          value={from}
          error={errors.starts_at}
          onChange={(e) => setFrom(e.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label="Until"
          description="in your time zone"
          required
          value={until}
          error={errors.ends_at}
          onChange={(e) => setUntil(e.currentTarget.value)}
        />
      </div>
      <p className={css.note}>
        It counts once, for whose turn it is: who stands in for you is not replaced again. Of two that
        overlap, the one made last counts.
      </p>
    </EditorDrawer>
  );
}
