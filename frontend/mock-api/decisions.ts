import type { Decision, Server } from '@/api/types';
import { ago, DAY, HOUR, MIN } from './clock';
import { has } from './list';

/** What the detectors decided about a host: each verdict and each reason for doing nothing occurs. */
type Seed = Partial<Decision> & Pick<Decision, 'detector' | 'reason' | 'verdict'> & { age: number };

const NAMES: Record<string, string> = {
  service_down: 'Service down',
  disk_bytes: 'Disk space',
  outgoing_mail_abuse: 'Outgoing mail abuse',
  mail_queue_spike: 'Mail queue spike',
  mysql_replication: 'MySQL replication',
};

const WORDS: Record<string, string> = {
  opened: 'An incident opened.',
  reopened: 'The incident that had just ended opened again.',
  rose: 'The incident got worse.',
  cleared: 'The condition is over: the incident ended.',
  held_by_server_down: 'Held back: the server itself is down.',
  quiet_after_manual_resolve: 'Held back: somebody resolved it by hand less than 30 min before.',
  held_by_duplicate_agent:
    'Held back: two agents report as this server, and this compares reports of two hosts.',
  held_open_flapping: 'Kept open: it comes and goes.',
  learning: 'Not judged: too few samples yet.',
  unknown: 'Not judged: nothing can be said.',
};

const MOVED = ['opened', 'reopened', 'rose', 'cleared'];

const SEEDS: Seed[] = [
  {
    age: 4 * MIN,
    detector: 'service_down',
    subject: 'exim',
    verdict: 'breach',
    reason: 'opened',
    severity: 'critical',
    observed: 'not running in 2 reports in a row',
    expected: 'running',
    samples: 2,
  },
  {
    age: 26 * MIN,
    detector: 'outgoing_mail_abuse',
    subject: 'login:info@newsletter.travelbd.example',
    verdict: 'breach',
    reason: 'rose',
    severity: 'critical',
    observed: '6,820 recipients in this hour so far',
    expected: 'at most 100, usually 12',
    samples: 7,
    threshold: 100,
  },
  {
    age: 50 * MIN,
    detector: 'outgoing_mail_abuse',
    subject: 'login:new-customer@fresh.example',
    verdict: 'learning',
    reason: 'learning',
    observed: '2 of 4',
  },
  {
    age: 2 * HOUR,
    detector: 'disk_bytes',
    subject: '/home',
    verdict: 'breach',
    reason: 'held_by_server_down',
    severity: 'high',
    observed: '96.1 % used, 12.4 GB free',
    expected: 'under 95 %',
    samples: 1,
    threshold: 95,
  },
  {
    age: 3 * HOUR,
    detector: 'mysql_replication',
    subject: '',
    verdict: 'unknown',
    reason: 'unknown',
    observed: 'the agent may not read it',
  },
  {
    age: 5 * HOUR,
    detector: 'mail_queue_spike',
    subject: 'frozen',
    verdict: 'breach',
    reason: 'quiet_after_manual_resolve',
    severity: 'high',
    observed: '420 frozen messages',
    expected: 'at most 50, usually 31',
    samples: 251,
    threshold: 93,
    rule_id: 3,
    rule_version: 2,
  },
  {
    age: 9 * HOUR,
    detector: 'service_down',
    subject: 'exim',
    verdict: 'clear',
    reason: 'held_open_flapping',
  },
  { age: DAY, detector: 'service_down', subject: 'exim', verdict: 'clear', reason: 'cleared' },
];

export function decisionsOf(server: Server, query: URLSearchParams): Decision[] {
  if (server.status === 'registering') return [];
  return SEEDS.map(({ age, ...seed }) => ({
    at: ago(age),
    subject: '',
    severity: null,
    observed: null,
    expected: null,
    samples: null,
    threshold: null,
    rule_id: null,
    rule_version: null,
    ...seed,
    detector_name: NAMES[seed.detector] ?? seed.detector,
    explanation: WORDS[seed.reason] ?? seed.reason,
    moved: MOVED.includes(seed.reason),
  })).filter(
    (row) =>
      has(query.get('detector'), row.detector) &&
      (query.get('subject') === null || row.subject === query.get('subject')) &&
      (query.get('moved') === null || String(row.moved) === query.get('moved')),
  );
}
