import {
  Button,
  Input,
  MultiSelect,
  NumberInput,
  SegmentedControl,
  Select,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { catalogueQuery } from '@/api/queries';
import type { MaintenanceWindow } from '@/api/types';
import { zoneName } from '@/domain/duration';
import { detectorName } from '@/domain/kind';
import {
  START_NOW_HOURS,
  spanLength,
  spansFrom,
  spanText,
  startingNow,
  WEEKDAYS,
  weekdayName,
} from '@/domain/maintenance';
import {
  fromWindow,
  missingInWindow,
  newWindow,
  timesOf,
  toWindowInput,
  type WindowForm,
} from '@/domain/maintenance-form';
import { isZone, toWallText, viewersZone, zoneChoices } from '@/domain/zone-time';
import { now as serverNow, useNowInSteps } from '@/live/clock';
import css from '@/pages/settings/Settings.module.css';
import { EditorDrawer } from './EditorDrawer';
import { ScopePart } from './ScopePart';
import { useAction } from './useAction';
import own from './WindowEditor.module.css';

interface Props {
  window: MaintenanceWindow | null;
  /** What a new one begins with. */
  start?: Partial<WindowForm>;
  /** Hours from now that a new one lasts. */
  hours?: number;
  blocked: string | null;
  onClose: () => void;
}

interface PartProps {
  form: WindowForm;
  set: (change: Partial<WindowForm>) => void;
  errors: Record<string, string>;
}

/** What a change of a window changes: itself, and what it holds back. */
export const WINDOW_REFRESH = [['maintenance'], ['incidents']];

/** The fields of one span, from now on for so many hours, in the zone of the form. */
function nowFor(hours: number, timezone: string): Pick<WindowForm, 'onceFrom' | 'onceUntil'> {
  const { starts_at, ends_at } = startingNow(hours, serverNow());
  return {
    onceFrom: toWallText(Date.parse(starts_at), timezone),
    onceUntil: toWallText(Date.parse(ends_at), timezone),
  };
}

/** Edits a maintenance window beside the list. */
export function WindowEditor({ window, start, hours = 1, blocked, onClose }: Props) {
  const [form, setForm] = useState<WindowForm>(() => {
    const zone = viewersZone();
    return window
      ? fromWindow(window, serverNow())
      : { ...newWindow(serverNow(), zone), ...nowFor(hours, zone), ...start };
  });
  const [tried, setTried] = useState(false);
  const set = (change: Partial<WindowForm>) => setForm((old) => ({ ...old, ...change }));
  const save = useAction({
    run: () => {
      const input = toWindowInput(form, serverNow());
      if (!input) throw new Error('The window is not whole.');
      return window
        ? body(
            client.PATCH('/api/maintenance-windows/{id}', {
              params: { path: { id: window.id } },
              body: input,
            }),
          )
        : body(client.POST('/api/maintenance-windows', { body: input }));
    },
    done: (saved) =>
      saved.under_way
        ? 'Maintenance is under way: nobody is told until it ends'
        : window
          ? 'Window saved'
          : 'Window planned',
    refresh: WINDOW_REFRESH,
    quietFields: true,
    onDone: onClose,
  });
  const remove = useAction({
    run: () =>
      body(client.DELETE('/api/maintenance-windows/{id}', { params: { path: { id: window?.id ?? 0 } } })),
    done: 'Window deleted',
    refresh: WINDOW_REFRESH,
    onDone: onClose,
  });
  const gaps = missingInWindow(form);
  const errors = { ...fieldErrors(save.error), ...(tried ? gaps : {}) };
  const part = { form, set, errors };
  return (
    <EditorDrawer
      title={window ? window.name : 'New maintenance window'}
      onClose={onClose}
      blocked={blocked}
      submit={window ? 'Save' : 'Create window'}
      onSubmit={() => {
        setTried(true);
        if (Object.keys(gaps).length === 0) save.mutate(undefined);
      }}
      busy={save.isPending}
      errors={errors}
      remove={
        window
          ? {
              question: `Delete “${window.name}”?`,
              children: window.under_way
                ? 'It is under way. What it holds back goes on; what is still wrong in two minutes is told then.'
                : 'It holds nothing back now, and will not again.',
              confirm: 'Delete window',
              busy: remove.isPending,
              run: () => remove.mutate(undefined),
            }
          : undefined
      }
      after={<Preview form={form} />}
    >
      <TextInput
        label="Name"
        description="Stands where something is held back for it"
        required
        value={form.name}
        error={errors.name}
        onChange={(e) => set({ name: e.currentTarget.value })}
      />
      <Textarea
        label="What is done"
        autosize
        minRows={2}
        maxRows={6}
        value={form.reason}
        error={errors.reason}
        onChange={(e) => set({ reason: e.currentTarget.value })}
      />
      <ScopePart {...part} />
      <DetectorsPart {...part} />
      <WhenPart {...part} />
    </EditorDrawer>
  );
}

function DetectorsPart({ form, set, errors }: PartProps) {
  const { data } = useQuery(catalogueQuery);
  const known = (data?.detectors ?? []).map(({ key, name }) => ({ value: key, label: name }));
  const unknown = form.detectors
    .filter((key) => !known.some(({ value }) => value === key))
    .map((key) => ({ value: key, label: detectorName(key) }));
  return (
    <MultiSelect
      label="Detectors"
      description="Only what these find is held back; none chosen: everything"
      placeholder={form.detectors.length === 0 ? 'All of them' : undefined}
      searchable
      data={[...known, ...unknown]}
      value={form.detectors}
      error={errors.detectors}
      onChange={(detectors) => set({ detectors })}
    />
  );
}

const KINDS = [
  { value: 'once', label: 'Once' },
  { value: 'week', label: 'Weekly' },
  { value: 'month', label: 'Monthly' },
];

function WhenPart({ form, set, errors }: PartProps) {
  const once = form.kind === 'once';
  return (
    <fieldset className={css.fieldset}>
      <legend>When</legend>
      <SegmentedControl
        aria-label="How often"
        data={KINDS}
        value={form.kind}
        onChange={(kind) => set({ kind: kind as WindowForm['kind'] })}
      />
      {once && (
        <span className={own.quick}>
          Now, for
          {START_NOW_HOURS.map((hours) => (
            <Button
              key={hours}
              variant="default"
              aria-label={`Now, for ${hours} h`}
              onClick={() => set(nowFor(hours, isZone(form.timezone) ? form.timezone : 'UTC'))}
            >
              {hours} h
            </Button>
          ))}
        </span>
      )}
      {form.kind === 'week' && <DaysPart form={form} set={set} errors={errors} />}
      {form.kind === 'month' && (
        <NumberInput
          label="Day of the month"
          description="The last one where the month is shorter"
          min={1}
          max={31}
          clampBehavior="none"
          value={form.day ?? ''}
          error={errors['recurrence.day']}
          onChange={(day) => set({ day: day === '' ? null : Number(day) })}
        />
      )}
      {!once && (
        <div className={css.pair}>
          <TextInput
            type="time"
            label="Starts at"
            value={form.start}
            error={errors['recurrence.start']}
            onChange={(e) => set({ start: e.currentTarget.value })}
          />
          <TextInput
            type="time"
            label="Ends at"
            description={form.end && form.end < form.start ? 'Of the next day' : undefined}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={form.end}
            error={errors['recurrence.end']}
            onChange={(e) => set({ end: e.currentTarget.value })}
          />
        </div>
      )}
      <BoundsPart form={form} set={set} errors={errors} />
      <ZonePart form={form} set={set} errors={errors} />
    </fieldset>
  );
}

function DaysPart({ form, set, errors }: PartProps) {
  return (
    <Input.Wrapper label="Starts on" error={errors['recurrence.days']} labelElement="div">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset inside a fieldset would be framed like one */}
      <div className={own.days} role="group" aria-label="Days">
        {WEEKDAYS.map((day) => {
          const on = form.days.includes(day);
          return (
            <Button
              key={day}
              variant={on ? 'filled' : 'default'}
              aria-pressed={on}
              onClick={() =>
                set({ days: on ? form.days.filter((chosen) => chosen !== day) : [...form.days, day] })
              }
            >
              {weekdayName(day)}
            </Button>
          );
        })}
      </div>
    </Input.Wrapper>
  );
}

/** The span itself, or what a recurrence lies within. */
function BoundsPart({ form, set, errors }: PartProps) {
  const once = form.kind === 'once';
  return (
    <div className={own.bounds}>
      <TextInput
        type="datetime-local"
        label={once ? 'From' : 'Not before'}
        description={once ? undefined : 'Left empty: from now on'}
        required={once}
        value={once ? form.onceFrom : form.from}
        error={errors.starts_at}
        onChange={(e) => set({ [once ? 'onceFrom' : 'from']: e.currentTarget.value })}
      />
      <TextInput
        type="datetime-local"
        label={once ? 'Until' : 'Not after'}
        description={once ? undefined : 'Left empty: without an end'}
        required={once}
        value={once ? form.onceUntil : form.until}
        error={errors.ends_at}
        onChange={(e) => set({ [once ? 'onceUntil' : 'until']: e.currentTarget.value })}
      />
    </div>
  );
}

function ZonePart({ form, set, errors }: PartProps) {
  const zones = useMemo(() => zoneChoices(form.timezone), [form.timezone]);
  return (
    <Select
      label="Time zone"
      description={
        isZone(form.timezone)
          ? `Now ${zoneName(serverNow(), form.timezone)}; the times above are its own`
          : ''
      }
      searchable
      limit={60}
      nothingFoundMessage="No zone has this name"
      data={zones}
      value={form.timezone}
      error={errors.timezone}
      onChange={(timezone) => timezone && set({ timezone })}
    />
  );
}

const PREVIEWED = 5;

/** When it would be, the next times, in words. */
function Preview({ form }: { form: WindowForm }) {
  const now = useNowInSteps(60_000);
  const times = timesOf(form, now);
  const spans = times ? spansFrom(times, now, PREVIEWED) : [];
  const elsewhere = form.timezone !== viewersZone();
  return (
    <section className={own.preview} aria-label="When it is">
      <h3>{form.kind === 'once' ? 'When it is' : 'The next times'}</h3>
      {!times ? (
        <small>As soon as the times above are whole.</small>
      ) : spans.length === 0 ? (
        <small>Never again: all of it is past.</small>
      ) : (
        <ol>
          {spans.map((span) => (
            <li key={span.from}>
              <b style={{ fontWeight: 560 }}>{spanText(span, form.timezone, now)}</b>
              <small>{spanLength(span)}</small>
              {Date.parse(span.from) <= now && <small>begins at once</small>}
              {elsewhere && (
                <small>
                  for you {spanText(span, viewersZone(), now)} {zoneName(span.from)}
                </small>
              )}
            </li>
          ))}
        </ol>
      )}
      <p>
        Nobody is told, and no escalation goes on, while it lasts. What is still wrong at its end is told
        once, two minutes later at the earliest.
      </p>
    </section>
  );
}
