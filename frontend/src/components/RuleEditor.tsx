import { Input, MultiSelect, NumberInput, SegmentedControl, Select, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { catalogueQuery, policiesQuery } from '@/api/queries';
import type { AlertRule, Catalogue } from '@/api/types';
import { fromRule, missing, NEW_RULE, type RuleForm, toRuleInput } from '@/domain/rule-form';
import { COMPARATORS, inUnit, metricChoice } from '@/domain/rule-text';
import { SEVERITIES } from '@/domain/severity';
import css from '@/pages/settings/Settings.module.css';
import { MinutesInput } from '@/ui/MinutesInput';
import { Backtest, useBacktest } from './Backtest';
import { numberLabel, spoken } from './DetectorPage';
import { EditorDrawer } from './EditorDrawer';
import { ScopePart } from './ScopePart';
import { useAction } from './useAction';
import { useChannelKeys } from './useChannelKeys';

interface Props {
  rule: AlertRule | null;
  /** What a new rule begins with. */
  start?: Partial<RuleForm>;
  blocked: string | null;
  onClose: () => void;
}

interface PartProps {
  form: RuleForm;
  set: (change: Partial<RuleForm>) => void;
  errors: Record<string, string>;
}

/** Edits a rule beside the list. */
export function RuleEditor({ rule, start, blocked, onClose }: Props) {
  const [form, setForm] = useState<RuleForm>(() => (rule ? fromRule(rule) : { ...NEW_RULE, ...start }));
  const [tried, setTried] = useState(false);
  const set = (change: Partial<RuleForm>) => setForm((old) => ({ ...old, ...change }));
  const save = useAction({
    run: () => {
      const input = toRuleInput(form);
      return rule
        ? body(
            client.PATCH('/api/alert-rules/{id}', {
              params: { path: { id: rule.id } },
              body: { ...input, version: rule.version },
            }),
          )
        : body(client.POST('/api/alert-rules', { body: input }));
    },
    done: rule ? 'Rule saved' : 'Rule created',
    refresh: [['rules']],
    quietFields: true,
    onDone: onClose,
  });
  const remove = useAction({
    run: () => body(client.DELETE('/api/alert-rules/{id}', { params: { path: { id: rule?.id ?? 0 } } })),
    done: 'Rule deleted',
    refresh: [['rules']],
    onDone: onClose,
  });
  const gaps = missing(form);
  const errors = { ...fieldErrors(save.error), ...(tried ? gaps : {}) };
  const submit = () => {
    setTried(true);
    if (Object.keys(gaps).length === 0) save.mutate(undefined);
  };
  const trial = useBacktest(form, rule, blocked);
  // What a trial was refused for stands at the fields, not above the buttons: nothing was to be saved yet.
  const part = { form, set, errors: { ...trial.errors, ...errors } };
  return (
    <EditorDrawer
      title={rule ? rule.name : 'New rule'}
      onClose={onClose}
      blocked={blocked}
      submit={rule ? 'Save' : 'Create rule'}
      onSubmit={submit}
      busy={save.isPending}
      errors={errors}
      remove={
        rule
          ? {
              question: `Delete “${rule.name}”?`,
              children: 'Its open incidents stay; nobody is told anew by this rule.',
              confirm: 'Delete rule',
              blocked: rule.is_default ? 'The default rule cannot be deleted' : null,
              busy: remove.isPending,
              run: () => remove.mutate(undefined),
            }
          : undefined
      }
      after={<Backtest trial={trial} form={form} blocked={blocked} />}
    >
      <TextInput
        label="Name"
        description="Stands in the incident’s title"
        required
        value={form.name}
        error={errors.name}
        onChange={(e) => set({ name: e.currentTarget.value })}
      />
      <Switch
        label="Enabled"
        checked={form.enabled}
        onChange={(e) => set({ enabled: e.currentTarget.checked })}
      />
      <ConditionPart {...part} />
      <ScopePart {...part} />
      <Select
        label="Severity"
        description="Left empty, the detector decides"
        data={[...SEVERITIES]}
        value={form.severity}
        onChange={(severity) => set({ severity: severity as RuleForm['severity'] })}
        clearable
        error={errors.severity}
      />
      <RoutePart {...part} />
      <TextInput
        label="Runbook"
        description="A link that the incident shows"
        placeholder="https://"
        value={form.runbookUrl}
        error={errors.runbook_url}
        onChange={(e) => set({ runbookUrl: e.currentTarget.value })}
      />
    </EditorDrawer>
  );
}

const number = (v: string | number) => (v === '' ? null : Number(v));

const DIRECTIONS = [
  { value: 'above', label: 'above the usual' },
  { value: 'below', label: 'below the usual' },
  { value: 'both', label: 'either side' },
];

function ConditionPart({ form, set, errors }: PartProps) {
  const { data } = useQuery(catalogueQuery);
  const metrics = data?.metrics ?? [];
  const unit = metrics.find((m) => m.name === form.metric)?.unit;
  const detector = data?.detectors.find((known) => known.key === form.detector);
  return (
    <fieldset className={css.fieldset}>
      <legend>Looks for</legend>
      <SegmentedControl
        aria-label="Kind of condition"
        data={[
          { value: 'threshold', label: 'Threshold' },
          { value: 'baseline', label: 'Baseline' },
          { value: 'detector', label: 'Built-in detector' },
        ]}
        value={form.conditionKind}
        onChange={(kind) => set({ conditionKind: kind as RuleForm['conditionKind'] })}
      />
      {form.conditionKind === 'detector' ? (
        <Select
          label="Detector"
          searchable
          data={[
            { value: '*', label: 'all of them' },
            ...(data?.detectors ?? []).map((d) => ({ value: d.key, label: d.name })),
          ]}
          value={form.detector || null}
          error={errors['condition.detector']}
          // Numbers have the names of the detector they belong to.
          onChange={(detector) => set({ detector: detector ?? '', numbers: {} })}
        />
      ) : (
        <Select
          label="Metric"
          searchable
          data={metrics.map((m) => ({ value: m.name, label: metricChoice(m, metrics) }))}
          value={form.metric || null}
          error={errors['condition.metric']}
          onChange={(metric) => set({ metric: metric ?? '' })}
        />
      )}
      {form.conditionKind === 'threshold' && (
        <div className={css.pair}>
          <Select
            label="Comparator"
            data={Object.entries(COMPARATORS).map(([value, label]) => ({ value, label }))}
            allowDeselect={false}
            value={form.comparator}
            onChange={(c) => set({ comparator: (c ?? '>=') as RuleForm['comparator'] })}
          />
          <NumberInput
            label={inUnit('Threshold', unit)}
            value={form.threshold ?? ''}
            error={errors['condition.threshold']}
            onChange={(v) => set({ threshold: number(v) })}
          />
          <NumberInput
            label={inUnit('Clears at', unit)}
            placeholder="same"
            value={form.clearThreshold ?? ''}
            error={errors['condition.clear_threshold']}
            onChange={(v) => set({ clearThreshold: number(v) })}
          />
        </div>
      )}
      {form.conditionKind === 'baseline' && (
        <>
          <p className={css.note}>
            Compares with what is usual at that hour of the day. Nothing is judged before enough days are
            known.
          </p>
          <div className={css.pair}>
            <Select
              label="Direction"
              data={DIRECTIONS}
              allowDeselect={false}
              value={form.direction}
              onChange={(d) => set({ direction: (d ?? 'above') as RuleForm['direction'] })}
            />
            <NumberInput
              label="Factor"
              description="Times the usual"
              min={1}
              max={1000}
              step={0.5}
              clampBehavior="none"
              value={form.factor}
              error={errors['condition.factor']}
              onChange={(v) => set({ factor: number(v) ?? 0 })}
            />
            <NumberInput
              label="Deviations"
              description="And so many standard deviations"
              min={0}
              max={100}
              step={0.5}
              clampBehavior="none"
              value={form.deviations}
              error={errors['condition.deviations']}
              onChange={(v) => set({ deviations: number(v) ?? 0 })}
            />
            <NumberInput
              label={inUnit('Smallest value', unit)}
              description="Never a breach below it"
              placeholder="0"
              min={0}
              clampBehavior="none"
              value={form.minValue ?? ''}
              error={errors['condition.min_value']}
              onChange={(v) => set({ minValue: number(v) })}
            />
          </div>
        </>
      )}
      {form.conditionKind === 'detector' && form.detector !== '' && (
        <NumbersPart form={form} set={set} errors={errors} detector={detector} />
      )}
      {form.conditionKind !== 'detector' && (
        <MinutesInput
          label="For at least (minutes)"
          step={1}
          maxSeconds={86_400}
          seconds={form.forSeconds}
          error={errors['condition.for_seconds']}
          onSeconds={(forSeconds) => set({ forSeconds })}
        />
      )}
    </fieldset>
  );
}

/** A detector for these servers: other numbers than its own, or none of it. */
function NumbersPart({
  form,
  set,
  errors,
  detector,
}: PartProps & { detector: Catalogue['detectors'][number] | undefined }) {
  return (
    <>
      {detector && <p className={css.note}>{detector.about}</p>}
      <Switch
        label="Leave these servers alone"
        description="The detector is off where this rule applies; what it opened there is over"
        checked={form.off}
        error={errors['condition.off']}
        onChange={(e) => set({ off: e.currentTarget.checked })}
      />
      {!form.off &&
        detector?.numbers.map((known) => (
          <NumberInput
            key={known.key}
            label={numberLabel(known)}
            description={numberHint(known, form.numbers[known.key])}
            placeholder={`${spoken(known.default, known.unit)} (default)`}
            clampBehavior="none"
            value={form.numbers[known.key] ?? ''}
            error={errors[`condition.numbers.${known.key}`]}
            onChange={(v) => set({ numbers: { ...form.numbers, [known.key]: number(v) } })}
          />
        ))}
      {errors['condition.numbers'] && <Input.Error>{errors['condition.numbers']}</Input.Error>}
    </>
  );
}

/** What a number does and may be; of bytes, which are typed one by one, also how much was typed. */
function numberHint(
  known: Catalogue['detectors'][number]['numbers'][number],
  typed: number | null | undefined,
) {
  const range = `${known.about}. ${spoken(known.min, known.unit)} to ${spoken(known.max, known.unit)}`;
  return known.unit === 'bytes' && typeof typed === 'number'
    ? `${range}; this is ${spoken(typed, known.unit)}`
    : range;
}

/** Channels at once, or a policy: one of the two. */
function RoutePart({ form, set, errors }: PartProps) {
  const channels = useChannelKeys(form.channels);
  const policies = useQuery(policiesQuery);
  return (
    <fieldset className={css.fieldset}>
      <legend>Tells</legend>
      <SegmentedControl
        aria-label="Routing"
        data={[
          { value: 'channels', label: 'Channels' },
          { value: 'policy', label: 'Policy' },
        ]}
        value={form.route}
        onChange={(route) => set({ route: route as RuleForm['route'] })}
      />
      {form.route === 'channels' ? (
        <MultiSelect
          label="Channels, all at once"
          data={channels}
          value={form.channels}
          error={errors.channels}
          onChange={(value) => set({ channels: value })}
        />
      ) : (
        <Select
          label="Escalation policy"
          data={(policies.data?.data ?? []).map((p) => ({ value: String(p.id), label: p.name }))}
          value={form.policyId === null ? null : String(form.policyId)}
          error={errors.escalation_policy_id}
          onChange={(id) => set({ policyId: id === null ? null : Number(id) })}
        />
      )}
      {errors.routing && <Input.Error>{errors.routing}</Input.Error>}
    </fieldset>
  );
}
