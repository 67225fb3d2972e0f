import type { Metrics, Server } from '@/api/types';
import { mockNow } from './clock';

/** Curves that look like a host's day: a slow wave, a nightly backup, noise; the same for the same server and time. */
const noise = (seed: number, at: number): number => {
  const x = Math.sin(seed * 12.9898 + at * 78.233) * 43_758.5453;
  return x - Math.floor(x) - 0.5;
};

const GiB = 1024 ** 3;

function value(field: string, server: Server, t: number, index: number): number {
  const hour = (t / 3600) % 24;
  const day = Math.max(0, Math.sin(((hour - 7) / 24) * 2 * Math.PI));
  const backup = hour > 20 && hour < 21 ? 1 : 0;
  const cpu = server.cpu_pct ?? 20;
  const n = noise(server.id + index * 7, Math.floor(t / 60));
  const base: Record<string, number> = {
    cpu_pct: Math.min(100, cpu * (0.75 + 0.35 * day) + n * 9 + backup * 14),
    iowait_pct: 2 + backup * 22 + Math.abs(n) * 3,
    steal_pct: Math.abs(n),
    load1: (server.load1 ?? 1) * (0.8 + 0.3 * day + n * 0.25 + backup),
    load1_per_core: ((server.load1 ?? 1) / 16) * (0.8 + 0.3 * day + n * 0.25 + backup),
    uptime_s: 41 * 86_400,
    load5: (server.load1 ?? 1) * (0.82 + 0.28 * day + n * 0.1 + backup * 0.9),
    load15: (server.load1 ?? 1) * (0.84 + 0.26 * day + n * 0.05 + backup * 0.7),
    ram_used_bytes: ((server.ram_pct ?? 40) / 100) * 64 * GiB * (0.96 + 0.05 * day + n * 0.01),
    ram_total_bytes: 64 * GiB,
    swap_used_bytes: 0.6 * GiB + day * 0.2 * GiB,
    net_rx_bytes_per_s: 4e6 * (0.3 + day) + n * 1e6 + 1e6,
    net_tx_bytes_per_s: 22e6 * (0.3 + day) + n * 4e6 + 3e6,
    disk_read_bytes_per_s: 6e6 * (0.2 + day) + Math.abs(n) * 3e6 + backup * 180e6,
    disk_write_bytes_per_s: 9e6 * (0.3 + day) + Math.abs(n) * 4e6 + backup * 60e6,
    tcp_established: 420 * (0.4 + day) + n * 40 + 60,
    processes: 310 + day * 60 + n * 12,
    threads_connected: 90 * (0.4 + day) + n * 14 + backup * 60,
    max_connections: 300,
    replication_lag_s: backup * 95 + Math.abs(n) * 2,
    requests_per_s: 140 * (0.3 + day) + n * 22,
    connections: 210 * (0.4 + day) + n * 30,
    bytes_in_per_s: 0.6e6 * (0.3 + day) + n * 0.1e6,
    bytes_out_per_s: 9e6 * (0.3 + day) + n * 2e6,
    total: 160 * (0.4 + day) + n * 30,
    deferred: 70 * (0.4 + day) + n * 12,
    frozen: 14 + day * 6,
    oldest_age_s: 3600 * (9 + 4 * day),
    bounces_1h: 8 * (0.4 + day) + n * 3,
    used_pct: 58 + index,
    inodes_used_pct: 31 + index,
    running: 1,
    accounts_active: 212,
    accounts_suspended: 9,
    email_accounts: 1840,
    databases: 388,
    domains: 641,
  };
  return Math.max(0, base[field] ?? 0);
}

/** What there are several of in a report of a kind. */
const SUBJECTS: Record<string, string[]> = {
  disks: ['/', '/home', '/var/lib/mysql'],
  processes: ['dovecot', 'exim', 'nginx'],
};

/** What is wrong with one of them, so that its incident has something to show. */
function troubled(field: string, subject: string | null, at: number, usual: number): number {
  const age = mockNow() - at;
  if (field === 'used_pct' && subject === '/home') return Math.min(96.4, 99 - age / 360_000);
  if (field === 'inodes_used_pct' && subject === '/var/lib/mysql')
    return Math.min(91.2, 92 - age / 5_000_000);
  if (field === 'running' && subject === 'exim' && age < 300_000) return 0;
  return usual;
}

/** As the server would answer: single reports up to 6 h, buckets with min and max above; an outage is a gap. */
export function metrics(server: Server, names: string[], from: number, to: number): Metrics {
  const kind = names[0]?.includes('.') ? (names[0].split('.')[0] ?? 'metrics') : 'metrics';
  const fields = names.map((name) => name.split('.').at(-1) ?? name);
  const seconds = (to - from) / 1000;
  const bucket = seconds <= 6 * 3600 ? 60 : seconds <= 86_400 ? 300 : seconds <= 7 * 86_400 ? 3600 : 4 * 3600;
  const raw = bucket === 60;
  const outage = [mockNow() - 0.62 * (to - from), mockNow() - 0.55 * (to - from)] as const;
  const at_ms: number[] = [];
  const end = server.last_metric_at ? Math.min(to, Date.parse(server.last_metric_at)) : 0;
  for (let t = Math.ceil(from / (bucket * 1000)) * bucket * 1000; t < end; t += bucket * 1000) {
    if (!(server.id === 3 && t > outage[0] && t < outage[1])) at_ms.push(t);
  }
  const subjects = SUBJECTS[kind] ?? [null];
  const each = fields.flatMap((field) => subjects.map((subject) => ({ field, subject })));
  const columns = each.map(({ field, subject }, index) => {
    const avg = at_ms.map((t) => troubled(field, subject, t, value(field, server, t / 1000, index)));
    const spread = (k: number) =>
      avg.map((v, i) => Math.max(0, v + k * (0.12 * v + 0.06 * v * Math.abs(noise(index, i)))));
    return { field, subject, avg, min: raw ? avg : spread(-1), max: raw ? avg : spread(1) };
  });
  return { kind, at_ms, bucket_ms: raw ? 0 : bucket * 1000, hourly: bucket >= 3600, columns };
}
