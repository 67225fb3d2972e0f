import type { AlertRule, Catalogue, Policy, RegistrationToken } from '@/api/types';
import { ago, DAY, HOUR } from './clock';

/** Rules, policies and the catalogue rules are made from. */
export const rule = (
  id: number,
  name: string,
  more: Partial<AlertRule> & Pick<AlertRule, 'condition'>,
): AlertRule => ({
  id,
  name,
  enabled: true,
  severity: null,
  scope: { all: true },
  channels: null,
  escalation_policy_id: 1,
  escalation_policy_name: 'Default',
  runbook_url: null,
  is_default: false,
  version: 1,
  created_at: ago(30 * DAY),
  updated_at: ago(3 * DAY),
  ...more,
});

export const policy = (id: number, name: string, more: Partial<Policy> & Pick<Policy, 'steps'>): Policy => ({
  id,
  name,
  repeat: 3,
  repeat_delay_seconds: 900,
  is_default: false,
  used_by_rules: 0,
  created_at: ago(30 * DAY),
  updated_at: ago(3 * DAY),
  ...more,
});

export const token = (
  id: number,
  name: string,
  more: Partial<RegistrationToken> = {},
): RegistrationToken => ({
  id,
  name,
  tags: [],
  state: 'active',
  expires_at: ago(-HOUR),
  max_uses: 1,
  uses: 0,
  allowed_cidrs: [],
  created_by: 1,
  created_at: ago(0),
  revoked_at: null,
  ...more,
});

/** Numbers and page of a detector. */
const known = (severity: string): Pick<Catalogue['detectors'][number], 'numbers' | 'docs'> => ({
  numbers: [
    {
      key: 'reports',
      unit: 'count',
      default: 2,
      min: 1,
      max: 20,
      about: 'So many reports in a row decide',
    },
    {
      key: 'free_under',
      unit: 'bytes',
      default: 20e9,
      min: 0,
      max: 1e15,
      about: 'Only with less than this left',
    },
  ],
  docs: `# Detector\n\n**What it looks for.** Something *${severity}*, with \`code\`.\n\n- one\n- two\n\n| severity | when |\n|---|---|\n| ${severity} | always |\n\n<img src=x onerror=alert(1)>`,
});

export const CATALOGUE: Catalogue = {
  detectors: [
    {
      key: 'server_down',
      name: 'Server down',
      about: 'A server stopped reporting',
      severities: ['critical'],
      ...known('critical'),
    },
    {
      key: 'service_down',
      name: 'Service down',
      about: 'A service stopped',
      severities: ['critical'],
      ...known('critical'),
    },
    {
      key: 'disk_bytes',
      name: 'Disk space',
      about: 'A file system fills up',
      severities: ['critical'],
      ...known('critical'),
    },
    {
      key: 'disk_inodes',
      name: 'Disk inodes',
      about: 'A file system runs out of inodes',
      severities: ['critical'],
      ...known('critical'),
    },
    {
      key: 'clock_skew',
      name: 'Clock skew',
      about: 'A clock is wrong',
      severities: ['low'],
      ...known('low'),
    },
  ],
  metrics: [
    {
      name: 'metrics.cpu_pct',
      title: 'CPU busy, all cores',
      unit: 'percent',
      subject: null,
      interval_s: 60,
      counter: false,
    },
    {
      name: 'metrics.load1',
      title: 'Load (1 min)',
      unit: 'load',
      subject: null,
      interval_s: 60,
      counter: false,
    },
    {
      name: 'disks.used_pct',
      title: 'Disk space in use',
      unit: 'percent',
      subject: 'mount',
      interval_s: 300,
      counter: false,
    },
    {
      name: 'disks.inodes_used_pct',
      title: 'Inodes in use',
      unit: 'percent',
      subject: 'mount',
      interval_s: 300,
      counter: false,
    },
    {
      name: 'processes.running',
      title: 'Service runs',
      unit: 'yes_no',
      subject: 'service',
      interval_s: 60,
      counter: false,
    },
  ],
};
