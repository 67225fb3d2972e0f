import { describe, expect, it } from 'vitest';
import type { AlertRule } from '@/api/types';
import { type FieldDescription, initialValues, settingsToSend } from './described-form';
import { fromRule, missing, NEW_RULE, toRuleInput } from './rule-form';

const field = (name: string, kind: string, more: Partial<FieldDescription> = {}): FieldDescription => ({
  name,
  kind,
  label: name,
  required: false,
  options: [],
  secret: false,
  ...more,
});

const FIELDS = [
  field('host', 'text', { required: true }),
  field('port', 'number', { default: '587' }),
  field('password', 'password', { secret: true }),
  field('recipients', 'list'),
  field('verify', 'bool', { default: true }),
];

describe('a form from its description', () => {
  it('starts with what is stored, else the typed default, and never with a secret', () => {
    const stored = { host: 'mail', password: null, password_set: true };
    expect(initialValues(FIELDS, stored)).toEqual({
      host: 'mail',
      port: 587,
      password: '',
      recipients: [],
      verify: true,
    });
  });

  it('keeps a stored secret by leaving it out, and sends a new one untrimmed', () => {
    const values = { host: ' mail ', port: 25, password: '', recipients: ['a@b'], verify: false };
    expect(settingsToSend(FIELDS, values)).toEqual({
      host: 'mail',
      port: 25,
      recipients: ['a@b'],
      verify: false,
    });
    expect(settingsToSend(FIELDS, { ...values, password: ' s ' }).password).toBe(' s ');
  });

  it('clears a text by sending null', () => {
    expect(settingsToSend(FIELDS, { host: '' }).host).toBeNull();
  });
});

const rule: AlertRule = {
  id: 1,
  name: 'Load',
  enabled: true,
  severity: 'high',
  scope: { tags: ['web'] },
  condition: {
    type: 'threshold',
    metric: 'metrics.load1',
    comparator: '>',
    threshold: 64,
    for_seconds: 600,
    clear_threshold: 32,
  },
  channels: null,
  escalation_policy_id: 2,
  escalation_policy_name: 'P',
  runbook_url: null,
  is_default: false,
  version: 3,
  created_at: '',
  updated_at: '',
};

describe('the rule editor', () => {
  it('sends back an untouched rule as it was', () => {
    const { name, enabled, severity, scope, condition, channels, escalation_policy_id, runbook_url } = rule;
    expect(toRuleInput(fromRule(rule))).toEqual({
      name,
      enabled,
      severity,
      scope,
      condition,
      channels,
      escalation_policy_id,
      runbook_url,
    });
  });

  it('sends channels or a policy, never both, whatever was filled in on the other side', () => {
    const form = { ...fromRule(rule), channels: ['email'] };
    expect(toRuleInput({ ...form, route: 'channels' })).toMatchObject({
      channels: ['email'],
      escalation_policy_id: null,
    });
    expect(toRuleInput({ ...form, route: 'policy' })).toMatchObject({
      channels: null,
      escalation_policy_id: 2,
    });
  });

  it('says what is missing for the alternative that is chosen', () => {
    expect(Object.keys(missing(NEW_RULE))).toEqual([
      'name',
      'condition.metric',
      'condition.threshold',
      'escalation_policy_id',
    ]);
    expect(missing(fromRule(rule))).toEqual({});
    expect(missing({ ...fromRule(rule), route: 'channels' })).toHaveProperty('channels');
  });
});
