import type { AbuseCase, AbuseStatus, MailAllowance, Server } from '@/api/types';
import { ago, DAY, HOUR, MIN } from '../clock';
import { Refusal } from '../contract';
import type { IncidentSeed } from '../incidents';
import { SERVERS } from '../servers';
import { refOf } from './probes';

/** Cases of mail abuse: each status, each kind of sender, and what strangers wrote as names. */
const NEXT: Record<AbuseStatus, AbuseStatus[]> = {
  detected: ['acknowledged', 'suspended_by_op', 'cleared', 'false_positive'],
  acknowledged: ['suspended_by_op', 'cleared', 'false_positive'],
  suspended_by_op: [],
  cleared: [],
  false_positive: [],
};

type Seed = Partial<AbuseCase> & Pick<AbuseCase, 'id' | 'name' | 'recipients'> & { on: number; age: number };

const SEEDS: Seed[] = [
  {
    id: 901,
    on: 3,
    name: 'info@newsletter.travelbd.example',
    account: 'travelbd',
    recipients: 6820,
    severity: 'critical',
    age: 26 * MIN,
    failures: 2605,
    messages: 341,
    addresses: ['203.0.113.66', '198.51.100.7', '2001:db8::17'],
    address_count: 57,
    countries: ['VN', 'BR', 'RU', 'XX'],
    domains: [
      { name: 'newsletter.travelbd.example', recipients: 5900 },
      { name: 'paypa1-support.example', recipients: 920 },
    ],
    signs: [
      '38.2 % of its recipients failed or were put off',
      'It logged in from 57 addresses in one hour',
      'It used a sender domain that is not of the account: paypa1-support.example',
    ],
  },
  {
    id: 902,
    on: 3,
    sender: 'script',
    name: '/home/shopdhk/public_html/wp-content/plugins/<img src=x onerror=alert(1)>/mail.php',
    account: 'shopdhk',
    recipients: 1310,
    severity: 'high',
    age: 3 * HOUR,
    learned_from: 'fleet',
    expected: 4,
    samples: 0,
    signs: ['This script was not seen to send mail in the last 30 days'],
    scripts: [
      {
        name: '/home/shopdhk/public_html/wp-content/plugins/<img src=x onerror=alert(1)>/mail.php',
        recipients: 1310,
      },
    ],
  },
  {
    id: 903,
    on: 9,
    name: 'orders@a-very-long-domain-of-a-customer-who-likes-words.photography-and-weddings.example',
    account: 'orders',
    recipients: 640,
    age: 5 * HOUR,
    learned_from: 'subject',
    samples: 3,
    expected: 11.5,
  },
  {
    id: 904,
    on: 14,
    name: 'new-customer@fresh.example',
    recipients: 580,
    age: 50 * MIN,
    learned_from: 'nothing',
    expected: 0,
    samples: 0,
  },
  {
    id: 905,
    on: 9,
    sender: 'domain',
    name: 'club.example',
    recipients: 900,
    age: 8 * HOUR,
    status: 'acknowledged',
    learned_from: 'pattern',
    expected: 150,
    history: [step('detected', 'acknowledged', 7 * HOUR, 'Asked the customer.')],
  },
  {
    id: 906,
    on: 3,
    name: 'sales@old.example',
    account: 'old',
    recipients: 4100,
    severity: 'critical',
    age: 2 * DAY,
    status: 'suspended_by_op',
    failures: 1900,
    messages: 4100,
    history: [
      step('detected', 'acknowledged', 2 * DAY - 300, ''),
      step(
        'acknowledged',
        'suspended_by_op',
        2 * DAY - 900,
        'Password changed, outgoing mail held in WHM.\nQueue cleaned.',
      ),
    ],
  },
  {
    id: 907,
    on: 9,
    name: 'news@church.example',
    recipients: 1001,
    age: 6 * DAY,
    status: 'false_positive',
    history: [step('detected', 'false_positive', 6 * DAY - 600, 'Their newsletter, announced.')],
  },
];

function step(
  from: AbuseStatus,
  to: AbuseStatus,
  seconds: number,
  note: string,
): AbuseCase['history'][number] {
  return { from, to, at: ago(seconds), by: { id: 2, name: 'Day operator' }, note };
}

/** The incident of a case: 901 has 51. */
const incidentOf = (id: number): number => id - 850;

const KIND = { login: 'Mailbox', script: 'Script', domain: 'Domain' } as const;
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const commandOf = (sender: AbuseCase['sender'], name: string): string => {
  const log = '/var/log/exim_mainlog | tail -n 200';
  if (sender === 'script')
    return `sudo grep -F -- ${quoted(`cwd=${name.slice(0, name.lastIndexOf('/'))}`)} ${log}`;
  return `sudo exigrep -l ${quoted(sender === 'domain' ? `@${name}` : name)} ${log}`;
};

/** An incident for each case, which ended with it. */
export const abuseIncidents = (): IncidentSeed[] =>
  SEEDS.map(({ id, on, age, name, recipients, ...seed }) => {
    const sender = seed.sender ?? 'login';
    const closed = seed.status !== undefined && seed.status !== 'acknowledged';
    const hour = hourOf(age).slice(11, 16);
    const taken = seed.status !== undefined && seed.status !== 'detected';
    return {
      id: incidentOf(id),
      server: on,
      detector: 'outgoing_mail_abuse',
      subject: `${sender}:${name}`,
      severity: seed.severity ?? 'medium',
      title: `${KIND[sender]} ${name} on ${SERVERS[on - 1]?.[0]} mailed ${recipients.toLocaleString('en-US')} recipients in an hour`,
      observed: [
        `${recipients.toLocaleString('en-US')} recipients in the hour from ${hour} UTC so far`,
        ...(seed.signs ?? []),
      ].join('; '),
      expected:
        seed.learned_from === 'nothing'
          ? 'nothing is known of it yet'
          : `about ${seed.expected ?? 12} recipients`,
      opened: age,
      seen: Math.min(age, 4 * MIN),
      command: commandOf(sender, name),
      ...(taken ? { owner: 'Day operator' } : {}),
      ...(closed ? { resolved: age - 15 * MIN } : {}),
    };
  });

/** The beginning of the hour that was running so many seconds ago. */
const hourOf = (age: number): string => {
  const hour = new Date(ago(age));
  hour.setUTCMinutes(0, 0, 0);
  return hour.toISOString();
};

export function abuseCases(servers: Server[]): AbuseCase[] {
  return SEEDS.flatMap(({ on, age, ...seed }) => {
    const server = servers.find((known) => known.id === on);
    if (!server) return [];
    const status = seed.status ?? 'detected';
    const history = seed.history ?? [];
    const last = history.at(-1);
    return [
      {
        server: refOf(server),
        incident_id: incidentOf(seed.id),
        sender: 'login' as const,
        account: null,
        severity: 'medium' as const,
        detected_at: ago(age),
        changed_at: ago(Math.min(age, 4 * MIN)),
        hour: hourOf(age),
        messages: null,
        failures: null,
        expected: 12,
        learned_from: 'hour_of_day' as const,
        samples: 7,
        addresses: [],
        address_count: null,
        countries: [],
        domains: [],
        logins: [],
        scripts: [],
        signs: [],
        reviewed_at: last?.at ?? null,
        reviewed_by: last?.by ?? null,
        ...seed,
        status,
        may_become: NEXT[status],
        history,
      },
    ];
  });
}

export const allowances = (servers: Server[]): MailAllowance[] =>
  servers
    .filter((server) => server.id === 9)
    .map((server) => ({
      id: 51,
      server: refOf(server),
      sender: 'login',
      name: 'news@church.example',
      ceiling: 1202,
      granted_at: ago(6 * DAY - 600),
      granted_by: { id: 2, name: 'Day operator' },
      until: ago(-39 * DAY),
    }));

/** Logins as those see them who may not see customers' addresses. */
export function maskedCase(row: AbuseCase, seesLogins: boolean): AbuseCase {
  const mask = (name: string) => name.replace(/^(.).*@/, '$1***@');
  if (seesLogins) return row;
  return {
    ...row,
    name: row.sender === 'login' ? mask(row.name) : row.name,
    logins: row.logins.map((login) => ({ ...login, name: mask(login.name) })),
  };
}

export function moved(
  row: AbuseCase,
  to: AbuseStatus,
  note: string,
  by: { id: number; name: string },
): AbuseCase {
  if (!row.may_become.includes(to))
    throw new Refusal(
      409,
      'invalid_transition',
      `mail abuse case ${row.id} is ${row.status}: it cannot become ${to}`,
    );
  const entry = { from: row.status, to, at: ago(0), by, note };
  return Object.assign(row, {
    status: to,
    may_become: NEXT[to],
    history: [...row.history, entry],
    reviewed_at: entry.at,
    reviewed_by: by,
    changed_at: entry.at,
  });
}
