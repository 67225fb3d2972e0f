import type { Probe, Server, ServerRef, Unreadable } from '@/api/types';
import { ago, HOUR, MIN } from '../clock';
import type { World } from '../db';
import { contains, has } from '../list';

/** Where the report of each kind of each host stands: every state occurs in every list. */
export type Kind =
  | 'mysql'
  | 'litespeed'
  | 'cpanel'
  | 'crons'
  | 'mail-queue'
  | 'email-stats'
  | 'backups'
  | 'disks'
  | 'firewall';

const INTERVAL_S: Record<Kind, number> = {
  mysql: 60,
  litespeed: 60,
  firewall: 120,
  'mail-queue': 300,
  disks: 300,
  'email-stats': 300,
  crons: 900,
  cpanel: HOUR,
  backups: 24 * HOUR,
};

const DOCTOR = 'run `agent.sh doctor` on the host: it prints the grant that is missing';

/** What single hosts cannot tell, by kind. */
const BLIND: Partial<Record<Kind, Record<string, [state: Probe['state'], hint: string | null]>>> = {
  mysql: {
    'mail-01.hostseba': [
      'no_permission',
      'SLAVE MONITOR is missing: run `GRANT SLAVE MONITOR ON *.* TO monitor_ro@localhost` in MariaDB',
    ],
    'web-02.hostseba': ['timeout', 'MariaDB did not answer within 10 s'],
    'backup-01.hostseba': ['collector_error', 'SHOW GLOBAL STATUS answered without Threads_connected'],
  },
  litespeed: {
    'web-01.hostseba': ['no_permission', '/tmp/lshttpd is not readable: `usermod -aG nobody hostseba-noc`'],
    'web-02.hostseba': ['collector_error', '/tmp/lshttpd/.rtreport has no line that begins with VERSION'],
    'web-14.hostseba': ['timeout', null],
  },
  cpanel: {
    'web-02.hostseba': ['no_permission', `/var/cpanel is root’s: ${DOCTOR}`],
    'web-09.hostseba': ['collector_error', '/usr/local/cpanel/version is empty'],
    'web-14.hostseba': ['timeout', 'the counts file is 4 h old: is `hostseba-noc-counts.timer` running?'],
  },
  'mail-queue': {
    'ns-01.hostseba': ['no_permission', `exim lists its queue to its admin group only: ${DOCTOR}`],
    'ns-02.hostseba': ['timeout', 'the counts file is 40 min old: is `hostseba-noc-counts.timer` running?'],
    'db-03.hostseba': ['collector_error', 'postqueue: fatal: Mail system is down'],
  },
  disks: {
    'ns-02.hostseba': ['timeout', 'df did not answer within 10 s: a network mount may hang'],
    'backup-01.hostseba': ['no_permission', DOCTOR],
    'mail-01.hostseba': ['collector_error', 'df printed a line with 4 fields'],
  },
  crons: {
    'ns-02.hostseba': [
      'no_permission',
      '/var/spool/cron is root’s: `setfacl -m g:hostseba-noc:rx /var/spool/cron`',
    ],
  },
  'email-stats': {
    'ns-01.hostseba': [
      'no_permission',
      '/var/log/exim_mainlog is root’s: `setfacl -m g:hostseba-noc:r /var/log/exim_mainlog`',
    ],
  },
  firewall: {
    'ns-01.hostseba': [
      'no_permission',
      '/var/log/lfd.log is root’s: `setfacl -m g:hostseba-noc:r /var/log/lfd.log`',
    ],
    'ns-02.hostseba': ['not_installed', null],
    'db-03.hostseba': ['timeout', null],
  },
};

/** On which hosts a kind has something to read, by tag. */
const RUNS: Partial<Record<Kind, string[]>> = {
  mysql: ['mysql', 'cpanel', 'mail', 'backup'],
  litespeed: ['cpanel', 'lsws'],
  cpanel: ['cpanel'],
  'mail-queue': ['mail', 'cpanel', 'dns', 'mysql'],
};

export function probeOf(server: Server, kind: Kind): Probe {
  const interval = INTERVAL_S[kind];
  const seen = server.last_seen_at;
  if (seen === null) return { state: 'no_data', observed_at: null, hint: null };
  const wanted = RUNS[kind];
  const current = ago(20 + (interval / 4) * seeded(server.name, kind));
  if (wanted && !wanted.some((tag) => server.tags.includes(tag)))
    return { state: 'not_installed', observed_at: current, hint: null };
  const blind = BLIND[kind]?.[server.name];
  if (blind) return { state: blind[0], observed_at: current, hint: blind[1] };
  if (server.status !== 'up')
    return { state: 'stale', observed_at: ago(2 * interval + 30 * MIN), hint: null };
  return { state: 'ok', observed_at: current, hint: null };
}

export const hasReport = (probe: Probe): boolean => probe.state === 'ok' || probe.state === 'stale';

/** 0 to 1, the same for the same words. */
export function seeded(...words: (string | number)[]): number {
  let x = 2_166_136_261;
  for (const letter of words.join('|')) x = Math.imul(x ^ letter.charCodeAt(0), 16_777_619);
  return ((x >>> 8) % 10_007) / 10_007;
}

/** Hosts that a list has no row of because nothing is known of them. */
export function unreadableOf(
  world: World,
  query: URLSearchParams,
  kind: Kind,
  told: Set<number>,
): Unreadable {
  const blind = world.servers
    .filter((server) => server.is_active && onHost(server, query) && !told.has(server.id))
    .map((server) => ({ server: refOf(server), probe: probeOf(server, kind) }))
    .filter(({ probe }) => probe.state !== 'ok' && probe.state !== 'not_installed')
    .sort((a, b) => a.server.name.localeCompare(b.server.name));
  return { total: blind.length, servers: blind.slice(0, 20) };
}

export const refOf = ({ id, name, tags, status }: Server): ServerRef => ({ id, name, tags, status });

/** Hosts that a list of the fleet is about: monitoring on, and what the query says of hosts. */
export const hostsOf = (world: World, query: URLSearchParams): Server[] =>
  world.servers.filter(
    (server) =>
      server.is_active &&
      contains(query.get('q'), server.name, server.hostname, server.tags.join(' ')) &&
      onHost(server, query),
  );

/** The same without `q`, which is about something else in some lists. */
export const onHost = (server: Server, query: URLSearchParams): boolean =>
  (!query.get('server') || server.id === Number(query.get('server'))) &&
  (!query.get('tag') || server.tags.includes(query.get('tag') ?? ''));

export const inState = (query: URLSearchParams, { state }: { state: string }): boolean =>
  has(query.get('state'), state);
