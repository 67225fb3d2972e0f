import type { Server, ServerDisks, ServerServices } from '@/api/types';
import { ago, DAY, HOUR } from './clock';
import { by, contains, has, sorted } from './list';

/** The fleet: every state that has a look of its own occurs. What its hosts report beside it. */
type ServerRow = [
  name: string,
  status: Server['status'],
  tags: string[],
  seen: number | null,
  cpu: number | null,
  ram: number | null,
  load: number | null,
  cores: number | null,
  disk: number | null,
];

export const SERVERS: ServerRow[] = [
  ['mail-02.hostseba', 'up', ['dc:dhaka-1', 'mail'], 18, 34, 71, 2.1, 8, 81],
  ['web-09.hostseba', 'down', ['dc:dhaka-1', 'cpanel'], 760, 12, 48, 0.8, 16, 62],
  ['web-11.hostseba', 'up', ['dc:dhaka-1', 'cpanel', 'lsws'], 12, 97, 93, 71.4, 16, 96.4],
  ['db-03.hostseba', 'up', ['dc:dhaka-2', 'mysql'], 31, 58, 89, 9.3, 8, 91.2],
  ['web-14.hostseba', 'stale', ['dc:dhaka-2', 'cpanel'], 151, 22, 55, 1.9, 16, 70],
  ['backup-01.hostseba', 'unknown', ['dc:chattogram', 'backup'], 5 * HOUR, 3, 20, 0.2, 4, 88],
  ['web-15.hostseba', 'registering', ['dc:dhaka-2'], null, null, null, null, null, null],
  ['old-01.hostseba', 'disabled', ['dc:dhaka-1'], 12 * DAY, 5, 30, 0.1, 2, 40],
  ['web-01.hostseba', 'up', ['dc:dhaka-1', 'cpanel'], 8, 41, 62, 4.4, 16, 55],
  ['web-02.hostseba', 'up', ['dc:dhaka-1', 'cpanel'], 44, 38, 66, 3.8, 16, 58],
  ['web-03.hostseba', 'up', ['dc:dhaka-2', 'cpanel', 'lsws'], 27, 29, 51, 2.9, 16, 49],
  ['ns-01.hostseba', 'up', ['dc:dhaka-1', 'dns'], 15, 2.4, 18, 0.05, 2, 22],
  ['ns-02.hostseba', 'up', ['dc:chattogram', 'dns'], 39, 1.8, 17, 0.02, 2, 21],
  ['mail-01.hostseba', 'up', ['dc:dhaka-1', 'mail'], 21, 27, 64, 1.7, 8, 77],
];

/** Mail that waits to be tried again, where it is much. */
const DEFERRED: Record<string, number> = {
  'mail-02.hostseba': 702,
  'mail-01.hostseba': 5,
  'web-11.hostseba': 3980,
};

export const server = (row: ServerRow, at: number): Server => {
  const [name, status, tags, seen, cpu_pct, ram_pct, load1, cores, worst_disk_pct] = row;
  const last = seen === null ? null : ago(seen);
  return {
    id: at + 1,
    name,
    status,
    tags,
    cpu_pct,
    ram_pct,
    load1,
    cores,
    role: null,
    load_per_core: load1 !== null && cores ? load1 / cores : null,
    iowait_pct: cpu_pct === null ? null : name === 'db-03.hostseba' ? 44 : cpu_pct / 20,
    worst_disk_pct,
    worst_inodes_pct: worst_disk_pct === null ? null : name === 'web-11.hostseba' ? 92 : worst_disk_pct / 3,
    deferred_mail: DEFERRED[name] ?? (tags.includes('cpanel') ? 12 : null),
    mysql_connections_pct: tags.includes('mysql') ? 22 : name === 'web-11.hostseba' ? 98 : null,
    is_active: status !== 'disabled',
    hostname: name,
    os: seen === null ? null : at % 3 ? 'AlmaLinux 9.4' : 'Debian 12',
    arch: 'x86_64',
    agent_version: seen === null ? null : '0.1.0',
    last_seen_at: last,
    last_metric_at: last,
    open_incidents: 0,
    disabled_until: null,
    enrolled_at: ago(40 * DAY),
    re_enrol_until: null,
    created_at: ago(40 * DAY),
  };
};

const GiB = 1024 ** 3;
const disk = (
  mount: string,
  device: string,
  fstype: string,
  total: number,
  used: number,
  inodes: number | null,
  inodesUsed: number | null,
) => ({
  mount,
  device,
  fstype,
  bytes_total: total * GiB,
  bytes_used: used * GiB,
  used_pct: (used / total) * 100,
  inodes_total: inodes,
  inodes_used: inodesUsed,
  inodes_used_pct: inodes && inodesUsed ? (inodesUsed / inodes) * 100 : null,
});

export const DISKS: Record<number, ServerDisks> = {
  3: {
    probe: { state: 'ok', observed_at: ago(140), hint: null },
    partitions: [
      disk('/home', '/dev/nvme1n1p1', 'xfs', 1800, 1735, 188_000_000, 61_000_000),
      disk('/', '/dev/nvme0n1p2', 'ext4', 200, 88, 13_107_200, 12_100_000),
      disk('/backup', '/dev/mapper/vg0-backup--volume', 'btrfs', 4000, 1200, null, null),
      disk('/boot', '/dev/nvme0n1p1', 'ext4', 1, 0.31, 65_536, 402),
    ],
  },
  4: {
    probe: { state: 'stale', observed_at: ago(1900), hint: null },
    partitions: [disk('/', '/dev/sda1', 'ext4', 100, 60, 6_553_600, 900_000)],
  },
  6: {
    probe: {
      state: 'no_permission',
      observed_at: ago(900),
      hint: 'run `agent.sh doctor` on the host: it prints the grant that is missing',
    },
    partitions: [],
  },
};

type ServiceRow = ServerServices['services'][number];
const service = (
  name: string,
  status: ServiceRow['status'],
  unit: string | null = `${name}.service`,
  pids: number | null = status === 'running' ? 6 : 0,
): ServiceRow => ({
  name,
  status,
  unit: status === 'not_installed' ? null : unit,
  enabled: status === 'running' || status === 'stopped',
  pids: status === 'not_installed' ? null : pids,
  main_pid: status === 'running' ? 700 + name.length * 37 : null,
  restart_command:
    status === 'stopped' || status === 'running'
      ? `sudo systemctl restart ${unit?.replace('.service', '')}`
      : null,
});

export const servicesOf = (id: number): ServerServices => ({
  probe: { state: id === 4 ? 'stale' : 'ok', observed_at: ago(id === 4 ? 1900 : 22), hint: null },
  services: [
    service('exim', id === 1 ? 'stopped' : 'running', 'exim4.service'),
    service('dovecot', 'running'),
    service('httpd', 'running'),
    service('mariadbd', 'running', 'mariadb.service', 1),
    service('named', 'idle'),
    ...['nginx', 'lsws', 'mysqld', 'postfix'].map((name) => service(name, 'not_installed')),
  ],
});

const DOWN_FIRST = ['down', 'unknown', 'stale', 'registering', 'up', 'disabled'];

const worstFirst = (a: Server, b: Server) =>
  DOWN_FIRST.indexOf(a.status) - DOWN_FIRST.indexOf(b.status) ||
  b.open_incidents - a.open_incidents ||
  a.name.localeCompare(b.name);

/** The servers that a query asks for, in its order. */
export const serversAsked = (servers: Server[], q: URLSearchParams) =>
  sorted(
    servers.filter(
      (s) =>
        contains(q.get('q'), s.name, s.hostname, s.tags.join(' ')) &&
        has(q.get('status'), s.status) &&
        (!q.get('tag') || s.tags.includes(q.get('tag') ?? '')),
    ),
    q.get('sort') ?? 'trouble',
    {
      trouble: worstFirst,
      status: worstFirst,
      name: by((s) => s.name),
      cpu_pct: by((s) => s.cpu_pct),
      ram_pct: by((s) => s.ram_pct),
      load1: by((s) => s.load1),
      load_per_core: by((s) => s.load_per_core),
      iowait_pct: by((s) => s.iowait_pct),
      worst_disk_pct: by((s) => s.worst_disk_pct),
      worst_inodes_pct: by((s) => s.worst_inodes_pct),
      deferred_mail: by((s) => s.deferred_mail),
      mysql_connections_pct: by((s) => s.mysql_connections_pct),
      last_seen_at: by((s) => s.last_seen_at),
    },
  );
