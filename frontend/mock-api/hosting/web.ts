import type { HostCpanel, HostLitespeed, HostMysql, Server } from '@/api/types';
import { ago, DAY } from '../clock';
import { hasReport, probeOf, refOf, seeded } from './probes';

/** Database servers, web servers and panels. */
const BROKEN: Record<string, HostMysql['replication']> = {
  'db-03.hostseba': {
    status: 'broken',
    role: 'replica',
    io_running: true,
    sql_running: false,
    lag_s: null,
  },
  'web-03.hostseba': { status: 'lagging', role: 'replica', io_running: true, sql_running: true, lag_s: 740 },
  'web-01.hostseba': { status: 'running', role: 'replica', io_running: true, sql_running: true, lag_s: 0 },
  'mail-02.hostseba': {
    status: 'unknown',
    role: 'unknown',
    io_running: null,
    sql_running: null,
    lag_s: null,
  },
  'web-11.hostseba': { status: 'none', role: 'primary', io_running: null, sql_running: null, lag_s: null },
};

export function mysqlOf(server: Server): HostMysql {
  const probe = probeOf(server, 'mysql');
  const known = hasReport(probe);
  const of = (size: number, word: string) => (known ? Math.round(size * seeded(server.name, word)) : null);
  const most = known ? 500 : null;
  const used = known ? (server.name === 'web-11.hostseba' ? 488 : of(420, 'threads')) : null;
  // Just restarted: there is no second report to compare with.
  const fresh = server.name === 'mail-02.hostseba';
  return {
    server: refOf(server),
    probe,
    flavour: known ? 'mariadb' : null,
    version: known ? '10.11.11' : null,
    threads_connected: used,
    max_connections: most,
    connections_pct: used !== null && most !== null ? (used / most) * 100 : null,
    questions_per_s: fresh ? null : of(3400, 'questions'),
    slow_queries_per_min: fresh ? null : known ? seeded(server.name, 'slow') * 4 : null,
    deadlocks_per_h: fresh ? null : of(2, 'deadlocks'),
    uptime_s: fresh ? 240 : of(90 * DAY, 'uptime'),
    replication: known
      ? (BROKEN[server.name] ?? {
          status: 'none',
          role: 'none',
          io_running: null,
          sql_running: null,
          lag_s: null,
        })
      : { status: 'unknown', role: null, io_running: null, sql_running: null, lag_s: null },
  };
}

export function litespeedOf(server: Server): HostLitespeed {
  const probe = probeOf(server, 'litespeed');
  const known = hasReport(probe);
  const stopped = server.name === 'web-03.hostseba';
  const running = known && !stopped;
  const rate = (size: number, word: string) => (running ? size * seeded(server.name, word) : null);
  const used = running ? Math.round(2000 * (server.id === 3 ? 0.97 : seeded(server.name, 'conns'))) : null;
  const idle = server.name === 'web-09.hostseba';
  return {
    server: refOf(server),
    probe,
    state: !known ? 'unknown' : stopped ? 'stopped' : 'running',
    version: known ? 'LiteSpeed Web Server/Enterprise/6.3.4' : null,
    connections: used,
    max_connections: running ? 2000 : null,
    connections_pct: used === null ? null : (used / 2000) * 100,
    requests_per_s: idle ? 0 : rate(900, 'rps'),
    bytes_in_per_s: rate(3e6, 'in'),
    bytes_out_per_s: rate(80e6, 'out'),
    hit_ratio_state: !running ? 'unknown' : idle ? 'no_requests' : 'measured',
    hit_ratio_pct: running && !idle ? 40 + 55 * seeded(server.name, 'hits') : null,
    vhosts: running ? Math.round(600 * seeded(server.name, 'vhosts')) : null,
    report_age_s: known ? (stopped ? 5400 : 4) : null,
  };
}

type Licence = Pick<
  HostCpanel,
  'license_status' | 'license_valid' | 'license_expires_on' | 'license_days_left'
>;

const day = (days: number): string => ago(-days * DAY).slice(0, 10);

const LICENCES: Record<string, Licence> = {
  'web-01.hostseba': {
    license_status: 'expired',
    license_valid: false,
    license_expires_on: day(-2),
    license_days_left: -2,
  },
  'web-03.hostseba': {
    license_status: 'trial',
    license_valid: true,
    license_expires_on: day(9),
    license_days_left: 9,
  },
  'web-11.hostseba': {
    license_status: 'active',
    license_valid: true,
    license_expires_on: null,
    license_days_left: null,
  },
};

const UNSAID: Licence = {
  license_status: 'unknown',
  license_valid: null,
  license_expires_on: null,
  license_days_left: null,
};

const USUAL = (server: Server): Licence => {
  const left = 20 + Math.round(300 * seeded(server.name, 'licence'));
  return {
    license_status: 'active',
    license_valid: true,
    license_expires_on: day(left),
    license_days_left: left,
  };
};

export function cpanelOf(server: Server): HostCpanel {
  const probe = probeOf(server, 'cpanel');
  const known = hasReport(probe);
  const of = (size: number, word: string) => (known ? Math.round(size * seeded(server.name, word)) : null);
  const licence = LICENCES[server.name] ?? (server.id % 17 === 0 ? UNSAID : USUAL(server));
  const none = { ...UNSAID, license_status: null };
  return {
    server: refOf(server),
    probe,
    version: known ? '11.126.0.21' : null,
    accounts_active: of(420, 'accounts'),
    accounts_suspended: of(30, 'suspended'),
    email_accounts: of(5200, 'mailboxes'),
    databases: of(900, 'databases'),
    domains: of(1100, 'domains'),
    ...(known ? licence : none),
  };
}

/** Licences in trouble weigh most, then those that end soonest. */
export const licenceWeight = ({ probe, license_valid, license_days_left: left }: HostCpanel) =>
  !hasReport(probe) ? null : license_valid === false ? 1e6 : license_valid === null ? 1e5 : -(left ?? 1e4);
