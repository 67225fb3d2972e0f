import { ActionIcon, Button, Checkbox, MultiSelect, NumberInput, TagsInput, TextInput } from '@mantine/core';
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import type { Policy, PolicyInput, User } from '@/api/types';
import { absoluteTimes, tPlus } from '@/domain/escalation';
import { roleName } from '@/domain/role';
import css from '@/pages/settings/Settings.module.css';
import { MinutesInput } from '@/ui/MinutesInput';
import { EditorDrawer } from './EditorDrawer';
import { PolicyTrial } from './PolicyTrial';
import { useAction } from './useAction';
import { useChannelKeys } from './useChannelKeys';

/** A step while it is edited. `key` outlives reordering, so that inputs keep their focus and text. */
interface Step {
  key: number;
  delay_seconds: number;
  channels: string[];
  users: number[];
  roles: Role[];
  external: string[];
  only_if_unacknowledged: boolean;
}

const ROLES = ['oncall', 'admin', 'operator', 'viewer'] as const;
type Role = (typeof ROLES)[number];

let nextKey = 0;
const newStep = (delay_seconds: number): Step => ({
  key: nextKey++,
  delay_seconds,
  channels: [],
  users: [],
  roles: ['oncall'],
  external: [],
  only_if_unacknowledged: true,
});

const fromPolicy = (policy: Policy): Step[] =>
  policy.steps.map((step) => ({
    key: nextKey++,
    delay_seconds: step.delay_seconds,
    channels: step.channels,
    users: step.targets.users ?? [],
    roles: step.targets.roles ?? [],
    external: step.targets.external ?? [],
    only_if_unacknowledged: step.only_if_unacknowledged,
  }));

const toInput = (step: Step): PolicyInput['steps'][number] => ({
  delay_seconds: step.delay_seconds,
  channels: step.channels,
  targets: { users: step.users, roles: step.roles, external: step.external },
  only_if_unacknowledged: step.only_if_unacknowledged,
});

interface Props {
  policy: Policy | null;
  users: User[];
  blocked: string | null;
  onClose: () => void;
}

export function PolicyEditor({ policy, users, blocked, onClose }: Props) {
  const [name, setName] = useState(policy?.name ?? '');
  const [repeat, setRepeat] = useState(policy?.repeat ?? 3);
  const [repeatDelay, setRepeatDelay] = useState(policy?.repeat_delay_seconds ?? 900);
  const [steps, setSteps] = useState<Step[]>(() =>
    policy ? fromPolicy(policy) : [newStep(0), newStep(900)],
  );
  const input = {
    name: name.trim(),
    repeat,
    repeat_delay_seconds: repeatDelay,
    steps: steps.map(toInput),
  };
  const save = useAction({
    run: () =>
      policy
        ? body(
            client.PATCH('/api/escalation-policies/{id}', {
              params: { path: { id: policy.id } },
              body: input,
            }),
          )
        : body(client.POST('/api/escalation-policies', { body: input })),
    done: policy ? 'Policy saved' : 'Policy created',
    refresh: [['policies'], ['rules']],
    quietFields: true,
    onDone: onClose,
  });
  const remove = useAction({
    run: () =>
      body(client.DELETE('/api/escalation-policies/{id}', { params: { path: { id: policy?.id ?? 0 } } })),
    done: 'Policy deleted',
    refresh: [['policies']],
    onDone: onClose,
  });
  const errors = fieldErrors(save.error);
  const times = absoluteTimes(steps);
  const change = (key: number, part: Partial<Step>) =>
    setSteps((old) => old.map((step) => (step.key === key ? { ...step, ...part } : step)));
  const move = (at: number, by: -1 | 1) =>
    setSteps((old) => {
      const next = [...old];
      const [step] = next.splice(at, 1);
      if (step) next.splice(at + by, 0, step);
      return next;
    });
  return (
    <EditorDrawer
      title={policy ? policy.name : 'New policy'}
      onClose={onClose}
      blocked={blocked}
      submit={policy ? 'Save' : 'Create policy'}
      onSubmit={() => save.mutate(undefined)}
      busy={save.isPending}
      errors={errors}
      remove={
        policy
          ? {
              question: `Delete “${policy.name}”?`,
              children: 'Incidents under way keep the steps they began with.',
              confirm: 'Delete policy',
              blocked: policy.used_by_rules > 0 ? 'Rules use it: give them another policy first' : null,
              busy: remove.isPending,
              run: () => remove.mutate(undefined),
            }
          : undefined
      }
      after={<PolicyTrial policy={input} blocked={blocked} />}
    >
      <TextInput
        label="Name"
        required
        value={name}
        error={errors.name}
        onChange={(e) => setName(e.currentTarget.value)}
      />
      {steps.map((step, at) => (
        <StepEditor
          key={step.key}
          step={step}
          number={at + 1}
          tPlusSeconds={times[at] ?? 0}
          users={users}
          errors={Object.fromEntries(
            Object.entries(errors)
              .filter(([path]) => path.startsWith(`steps.${at}.`))
              .map(([path, message]) => [path.slice(`steps.${at}.`.length), message]),
          )}
          onChange={(part) => change(step.key, part)}
          onUp={at > 0 ? () => move(at, -1) : undefined}
          onDown={at < steps.length - 1 ? () => move(at, 1) : undefined}
          onRemove={
            steps.length > 1 ? () => setSteps((old) => old.filter((s) => s.key !== step.key)) : undefined
          }
        />
      ))}
      {errors.steps && <span className={css.error}>{errors.steps}</span>}
      <Button
        variant="default"
        leftSection={<Plus size={14} />}
        style={{ justifySelf: 'start' }}
        onClick={() => setSteps((old) => [...old, newStep(900)])}
      >
        Add step
      </Button>
      <div className={css.pair}>
        <NumberInput
          label="Further passes"
          description="after the first one"
          min={0}
          max={100}
          value={repeat}
          error={errors.repeat}
          onChange={(v) => setRepeat(Number(v))}
        />
        <MinutesInput
          label="Next pass after (minutes)"
          description="counted from the last step"
          minSeconds={60}
          seconds={repeatDelay}
          error={errors.repeat_delay_seconds}
          disabled={repeat === 0}
          onSeconds={setRepeatDelay}
        />
      </div>
    </EditorDrawer>
  );
}

interface StepProps {
  step: Step;
  number: number;
  tPlusSeconds: number;
  users: User[];
  errors: Record<string, string>;
  onChange: (part: Partial<Step>) => void;
  onUp?: () => void;
  onDown?: () => void;
  onRemove?: () => void;
}

function StepEditor({
  step,
  number,
  tPlusSeconds,
  users,
  errors,
  onChange,
  onUp,
  onDown,
  onRemove,
}: StepProps) {
  const channels = useChannelKeys(step.channels);
  const known = users.map((u) => ({ value: String(u.id), label: u.name }));
  const unknown = step.users.filter((id) => !users.some((u) => u.id === id));
  const icon = (label: string, run: (() => void) | undefined, glyph: React.ReactNode) => (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`${label} step ${number}`}
      disabled={!run}
      onClick={run}
    >
      {glyph}
    </ActionIcon>
  );
  return (
    <fieldset className={css.fieldset} aria-label={`Step ${number}`}>
      <div className={css.stepHead}>
        <b>Step {number}</b>
        <span className={css.tplus} title="After the incident’s first message">
          {tPlus(tPlusSeconds)}
        </span>
        {icon('Move up', onUp, <ArrowUp size={14} />)}
        {icon('Move down', onDown, <ArrowDown size={14} />)}
        {icon('Remove', onRemove, <Trash2 size={14} />)}
      </div>
      <MinutesInput
        label={number === 1 ? 'Delay (minutes)' : 'Minutes after the step before'}
        seconds={step.delay_seconds}
        error={errors.delay_seconds}
        onSeconds={(delay_seconds) => onChange({ delay_seconds })}
      />
      <MultiSelect
        label="Channels"
        data={channels}
        value={step.channels}
        error={errors.channels}
        onChange={(value) => onChange({ channels: value })}
      />
      <MultiSelect
        label="Roles"
        description="On call is whoever is on duty when the step fires"
        data={ROLES.map((role) => ({ value: role, label: roleName(role) }))}
        value={step.roles}
        error={errors['targets.roles']}
        onChange={(roles) => onChange({ roles: roles as Role[] })}
      />
      <MultiSelect
        label="People"
        searchable
        data={[...known, ...unknown.map((id) => ({ value: String(id), label: `user ${id}` }))]}
        value={step.users.map(String)}
        error={errors['targets.users']}
        onChange={(ids) => onChange({ users: ids.map(Number) })}
      />
      <TagsInput
        label="Others"
        description="E-mail addresses and phone numbers without an account"
        value={step.external}
        error={errors['targets.external']}
        onChange={(external) => onChange({ external })}
        acceptValueOnBlur
      />
      {errors.targets && <span className={css.error}>{errors.targets}</span>}
      <Checkbox
        label="Only while nobody has acknowledged"
        checked={step.only_if_unacknowledged}
        onChange={(e) => onChange({ only_if_unacknowledged: e.currentTarget.checked })}
      />
    </fieldset>
  );
}
