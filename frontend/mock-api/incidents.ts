import type { Delivery, IncidentDetail, Server } from '@/api/types';
import { ago, DAY, HOUR, MIN } from './clock';
import { contains, has } from './list';

/** Incidents and what was sent because of them. */
type Entry = IncidentDetail['timeline'][number];

const entry = (
  id: number,
  seconds: number,
  type: string,
  actor: string,
  actor_name: string | null,
  detail: object,
): Entry => ({
  id,
  at: ago(seconds),
  type,
  actor,
  actor_name,
  detail: detail as Entry['detail'],
});

export interface IncidentSeed {
  id: number;
  server: number;
  detector: string;
  subject: string;
  severity: IncidentDetail['severity'];
  title: string;
  observed: string;
  expected: string;
  opened: number;
  seen: number;
  command?: string;
  owner?: string;
  resolved?: number;
  dueIn?: number;
  /** Why its policy stands still; the window that a maintenance is. */
  held?: 'maintenance' | 'snoozed' | 'server_down';
  snoozedFor?: number;
  /** Seconds since its owner was asked whether they are still on it. */
  asked?: number;
}

export const INCIDENTS: IncidentSeed[] = [
  {
    id: 41,
    server: 2,
    detector: 'server_down',
    subject: '',
    severity: 'critical',
    title: 'web-09.hostseba is silent',
    observed: 'no report for 12 min',
    expected: 'a report every 60 s',
    opened: 520,
    seen: 20,
    dueIn: 380,
  },
  {
    id: 42,
    server: 1,
    detector: 'service_down',
    subject: 'exim',
    severity: 'critical',
    title: 'exim is down on mail-02.hostseba',
    observed: 'not running in 4 reports',
    expected: 'running',
    opened: 260,
    seen: 18,
    command: 'sudo systemctl restart exim',
    dueIn: 42,
  },
  {
    id: 43,
    server: 3,
    detector: 'disk_bytes',
    subject: '/home',
    severity: 'high',
    title: '/home is 96 % full on web-11.hostseba',
    observed: '96.4 %, 18 GiB free',
    expected: 'below 90 %',
    opened: 41 * MIN,
    seen: 40,
    command: 'sudo du -xh --max-depth=1 /home | sort -h | tail',
    held: 'maintenance',
  },
  {
    id: 44,
    server: 3,
    detector: 'threshold',
    subject: '3',
    severity: 'high',
    title: 'Load over 4 per core on web-11.hostseba',
    observed: 'Load (1 min) 71.36',
    expected: 'not above 64 for 600 s',
    opened: 12 * MIN,
    seen: 12,
    owner: 'Day operator',
  },
  {
    id: 45,
    server: 4,
    detector: 'disk_inodes',
    subject: '/var/lib/mysql',
    severity: 'medium',
    title: 'Inodes 91 % used on db-03.hostseba',
    observed: '91.2 %',
    expected: 'below 90 %',
    opened: 3 * HOUR,
    seen: 8 * MIN,
    held: 'snoozed',
    snoozedFor: 2 * HOUR,
  },
  {
    id: 46,
    server: 5,
    detector: 'server_down',
    subject: '',
    severity: 'high',
    title: 'web-14.hostseba is silent',
    observed: 'no report for 151 s',
    expected: 'a report every 60 s',
    opened: 31,
    seen: 31,
    dueIn: 89,
  },
  {
    id: 47,
    server: 10,
    detector: 'clock_skew',
    subject: '',
    severity: 'low',
    title: 'Clock of web-02.hostseba is 6 min ahead',
    observed: '+361 s',
    expected: 'within 300 s',
    opened: 26 * HOUR,
    seen: 44,
    owner: 'Night duty',
  },
  {
    id: 48,
    server: 10,
    detector: 'service_down',
    subject: 'mysqld',
    severity: 'critical',
    title: 'mysqld is down on web-02.hostseba',
    observed: 'not running in 38 reports',
    expected: 'running',
    opened: 40 * MIN,
    seen: 20,
    command: 'sudo systemctl restart mysqld',
    owner: 'Night duty',
    asked: 4 * MIN,
  },
  {
    id: 38,
    server: 14,
    detector: 'service_down',
    subject: 'dovecot',
    severity: 'high',
    title: 'dovecot is down on mail-01.hostseba',
    observed: 'not running in 2 reports',
    expected: 'running',
    opened: 9 * HOUR,
    seen: 8.7 * HOUR,
    resolved: 8.6 * HOUR,
    command: 'sudo systemctl restart dovecot',
  },
  {
    id: 36,
    server: 6,
    detector: 'backup_stale',
    subject: 'Daily-Local',
    severity: 'info',
    title: 'No backup for 30 h on backup-01.hostseba',
    observed: 'last success 31 h ago',
    expected: 'within 30 h',
    opened: 2 * DAY,
    seen: 47 * HOUR,
    resolved: 46 * HOUR,
    owner: 'Day operator',
  },
  {
    id: 29,
    server: 1,
    detector: 'service_down',
    subject: 'exim',
    severity: 'critical',
    title: 'exim is down on mail-02.hostseba',
    observed: 'not running in 3 reports',
    expected: 'running',
    opened: 9 * DAY,
    seen: 9 * DAY - 20 * MIN,
    resolved: 9 * DAY - 24 * MIN,
    command: 'sudo systemctl restart exim',
    owner: 'Day operator',
  },
];

/** The series that detectors judge; of most of them none. */
function chartOf({ detector, subject }: IncidentSeed): IncidentDetail['chart'] {
  const of = (metric: string, fine: 'below' | null) => ({ metrics: [metric], subjects: [subject], fine });
  if (detector === 'disk_bytes') return of('disks.used_pct', 'below');
  if (detector === 'disk_inodes') return of('disks.inodes_used_pct', 'below');
  if (detector === 'service_down') return of('processes.running', null);
  return null;
}

/** The second of the default policy's two steps, if one was to follow. */
function nextStep(seed: IncidentSeed): IncidentDetail['escalation'] {
  const paused = seed.owner !== undefined || seed.held !== undefined;
  if (!paused && seed.dueIn === undefined) return null;
  return {
    state: paused ? 'paused' : 'armed',
    policy_name: 'Default',
    step: 2,
    steps: 2,
    pass: 1,
    held_for: seed.held ?? null,
    due_at: paused || seed.dueIn === undefined ? null : ago(-seed.dueIn),
    channels: ['email'],
    targets: { people: [], roles: ['admin'], external: 0 },
  };
}

export function incident(seed: IncidentSeed, servers: Server[]): IncidentDetail {
  const person = seed.owner ? { id: seed.owner === 'Day operator' ? 2 : 3, name: seed.owner } : null;
  const taken = person ? ago(seed.opened - 90) : null;
  const over = seed.resolved === undefined ? null : ago(seed.resolved);
  const timeline = [
    entry(seed.id * 10, seed.opened, 'opened', `detector:${seed.detector}`, null, {
      observed: seed.observed,
      expected: seed.expected,
      samples: 2,
    }),
  ];
  if (seed.dueIn !== undefined || seed.held || person) {
    timeline.push(
      entry(seed.id * 10 + 1, seed.opened - 1, 'step_fired', 'policy:Default', null, {
        step: 1,
        pass: 1,
        channels: ['email'],
        recipients: 2,
      }),
    );
  }
  if (person)
    timeline.push(
      entry(seed.id * 10 + 2, seed.opened - 90, 'acknowledged', `user:${person.id}`, person.name, {}),
    );
  if (seed.id === 44) {
    timeline.push(
      entry(449, 300, 'note', 'user:2', 'Day operator', {
        text: 'One account runs an import over cron. Told the customer, watching it. <b>not html</b>',
      }),
    );
  }
  if (seed.id === 46)
    timeline.push(
      entry(462, 20, 'step_reached_nobody', 'policy:Default', null, {
        text: 'Step 1 of 2: nobody was reached',
        step: 0,
        pass: 0,
        told: [],
        warnings: ['nobody is on call'],
      }),
    );
  if (seed.id === 29) {
    timeline.push(
      entry(295, seed.opened - 600, 'note', 'user:2', 'Day operator', {
        text: 'The spool was on a full disk: moved old frozen mail away, then restarted it.',
      }),
    );
  }
  if (seed.held === 'maintenance')
    timeline.push(
      entry(seed.id * 10 + 4, 34 * MIN, 'escalation_held', 'system', null, {
        text: 'Held back: maintenance (Kernel updates).',
        remaining_s: 660,
      }),
    );
  if (seed.snoozedFor !== undefined)
    timeline.push(
      entry(seed.id * 10 + 5, 10 * MIN, 'snoozed', 'user:2', 'Day operator', {
        text: 'Snoozed by Day operator.',
        by: 'Day operator',
        until: ago(-seed.snoozedFor),
      }),
    );
  if (seed.asked !== undefined)
    timeline.push(
      entry(seed.id * 10 + 6, seed.asked, 'still_on_it', 'system', null, {
        text: `Asked ${seed.owner} whether they are still on it.`,
        to_answer_s: 900,
      }),
    );
  if (over)
    timeline.push(
      entry(seed.id * 10 + 3, seed.resolved ?? 0, 'resolved', `detector:${seed.detector}`, null, {
        reason: 'two clear reports',
      }),
    );
  return {
    id: seed.id,
    detector: seed.detector,
    subject: seed.subject,
    severity: seed.severity,
    title: seed.title,
    server_id: seed.server,
    server_name: servers[seed.server - 1]?.name ?? '?',
    observed: seed.observed,
    expected: seed.expected,
    command: seed.command ?? null,
    opened_at: ago(seed.opened),
    last_seen_at: ago(seed.seen),
    occurrences: Math.max(1, Math.round((seed.opened - seed.seen) / 60)),
    status: over ? 'resolved' : person ? 'acknowledged' : 'open',
    acknowledged_at: taken,
    acknowledged_by: person,
    resolved_at: over,
    resolved_by: null,
    rule_id: seed.detector === 'threshold' ? 3 : null,
    chart: chartOf(seed),
    runbook_url: seed.id === 44 ? 'https://wiki.example.com/load' : null,
    timeline,
    deliveries: [],
    snoozed_until: seed.snoozedFor === undefined ? null : ago(-seed.snoozedFor),
    asked_at: seed.asked === undefined ? null : ago(seed.asked),
    escalation: over ? null : nextStep(seed),
    group: null,
    group_size: 1,
    told: { messages: 0, accepted: 0 },
  };
}

export const delivery = (
  id: number,
  incident_id: number | null,
  status: Delivery['status'],
  seconds: number,
  more: Partial<Delivery> = {},
): Delivery => ({
  id,
  incident_id,
  status,
  kind: 'problem',
  channel: 'email',
  recipient: 'noc@hostseba.com',
  user_id: null,
  attempts: 1,
  next_retry_at: null,
  provider_id: null,
  reason: null,
  created_at: ago(seconds),
  sent_at: status === 'sent' ? ago(seconds - 1) : null,
  ...more,
});

/** Whether the list of incidents shows it; `owner` is `me`, `nobody` or an account's id. */
export function isAskedFor(row: IncidentDetail, q: URLSearchParams, me: number): boolean {
  const [owner, held] = [q.get('owner'), q.get('held')];
  const isOwned =
    owner === 'nobody'
      ? row.acknowledged_at === null
      : row.acknowledged_by?.id === (owner === 'me' ? me : Number(owner));
  return (
    contains(q.get('q'), row.title, row.server_name, row.subject) &&
    has(q.get('status'), row.status) &&
    has(q.get('severity'), row.severity) &&
    has(q.get('detector'), row.detector) &&
    (!owner || isOwned) &&
    (!held || (row.status !== 'resolved' && has(held, row.escalation?.held_for ?? '')))
  );
}
