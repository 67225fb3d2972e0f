import type { AlertRule, AlertRuleInput, BacktestInput } from '@/api/types';
import { fromScope, missingScope, type ScopeForm, toScope, WHOLE_FLEET } from './scope-form';
import type { Severity } from './severity';

/**
 * The rule editor's state: every alternative side by side, so that switching back and forth loses nothing. Only
 * `toRuleInput` decides which of them is sent.
 */
export interface RuleForm extends ScopeForm {
  name: string;
  enabled: boolean;
  severity: Severity | null;
  conditionKind: 'threshold' | 'baseline' | 'detector';
  metric: string;
  comparator: '>' | '>=' | '<' | '<=';
  threshold: number | null;
  clearThreshold: number | null;
  forSeconds: number;
  factor: number;
  direction: 'above' | 'below' | 'both';
  deviations: number;
  minValue: number | null;
  detector: string;
  /** Of the detector, those that somebody set; `null`: emptied, so its default. */
  numbers: Record<string, number | null>;
  off: boolean;
  route: 'channels' | 'policy';
  channels: string[];
  policyId: number | null;
  runbookUrl: string;
}

export const NEW_RULE: RuleForm = {
  ...WHOLE_FLEET,
  name: '',
  enabled: true,
  severity: null,
  conditionKind: 'threshold',
  metric: '',
  comparator: '>=',
  threshold: null,
  clearThreshold: null,
  forSeconds: 300,
  factor: 3,
  direction: 'above',
  deviations: 3,
  minValue: null,
  detector: '',
  numbers: {},
  off: false,
  route: 'policy',
  channels: [],
  policyId: null,
  runbookUrl: '',
};

export function fromRule(rule: AlertRule): RuleForm {
  const { condition } = rule;
  const form: RuleForm = {
    ...NEW_RULE,
    ...fromScope(rule.scope),
    name: rule.name,
    enabled: rule.enabled,
    severity: rule.severity,
    route: rule.channels ? 'channels' : 'policy',
    channels: rule.channels ?? [],
    policyId: rule.escalation_policy_id,
    runbookUrl: rule.runbook_url ?? '',
    conditionKind: condition.type,
  };
  switch (condition.type) {
    case 'threshold':
      return {
        ...form,
        metric: condition.metric,
        comparator: condition.comparator,
        threshold: condition.threshold,
        clearThreshold: condition.clear_threshold ?? null,
        forSeconds: condition.for_seconds,
      };
    case 'baseline':
      return {
        ...form,
        metric: condition.metric,
        factor: condition.factor,
        direction: condition.direction ?? 'above',
        deviations: condition.deviations ?? 3,
        minValue: condition.min_value,
        forSeconds: condition.for_seconds,
      };
    case 'detector':
      return {
        ...form,
        detector: condition.detector,
        numbers: condition.numbers ?? {},
        off: condition.off ?? false,
      };
  }
}

function conditionOf(form: RuleForm): AlertRuleInput['condition'] {
  const { metric, forSeconds: for_seconds } = form;
  switch (form.conditionKind) {
    case 'threshold':
      return {
        type: 'threshold',
        metric,
        comparator: form.comparator,
        threshold: form.threshold ?? 0,
        for_seconds,
        clear_threshold: form.clearThreshold,
      };
    case 'baseline':
      return {
        type: 'baseline',
        metric,
        factor: form.factor,
        direction: form.direction,
        deviations: form.deviations,
        min_value: form.minValue ?? 0,
        for_seconds,
      };
    case 'detector':
      return {
        type: 'detector',
        detector: form.detector,
        numbers: Object.fromEntries(
          Object.entries(form.numbers).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
        ),
        off: form.off,
      };
  }
}

/** What is sent: exactly one scope, one condition and one of channels and policy. */
export function toRuleInput(form: RuleForm): AlertRuleInput {
  return {
    name: form.name.trim(),
    enabled: form.enabled,
    severity: form.severity,
    scope: toScope(form),
    condition: conditionOf(form),
    channels: form.route === 'channels' ? form.channels : null,
    escalation_policy_id: form.route === 'policy' ? form.policyId : null,
    runbook_url: form.runbookUrl.trim() || null,
  };
}

/** The same to be tried before it is saved: what it is called and whom it tells may be missing yet. */
export function toTrialRule(form: RuleForm): BacktestInput['rule'] {
  const { name, channels, ...rule } = toRuleInput(form);
  return { ...rule, name: name || null, channels: channels?.length ? channels : null };
}

/** Whether it can be tried. */
export const canBeTried = (form: RuleForm): boolean =>
  !Object.keys(missing(form)).some((field) => field === 'scope' || field.startsWith('condition.'));

/** What still has to be filled in before the server is asked, by field. */
export function missing(form: RuleForm): Record<string, string> {
  const errors = missingScope(form);
  if (!form.name.trim()) errors.name = 'is required';
  if (form.conditionKind === 'detector') {
    if (!form.detector) errors['condition.detector'] = 'choose one';
  } else {
    if (!form.metric) errors['condition.metric'] = 'choose one';
    if (form.conditionKind === 'threshold' && form.threshold === null)
      errors['condition.threshold'] = 'is required';
  }
  if (form.route === 'channels' && form.channels.length === 0)
    errors.channels = 'choose at least one channel';
  if (form.route === 'policy' && form.policyId === null) errors.escalation_policy_id = 'choose a policy';
  return errors;
}
