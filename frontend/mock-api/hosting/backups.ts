import type { BackupDay, HostBackups, Server, ServerBackups } from '@/api/types';
import { ago, DAY, HOUR, mockNow } from '../clock';
import { probeOf, refOf, seeded } from './probes';

/** Seven days of backups of each host: a letter each, oldest first. `g`ood, `p`artial, `f`ailed, `-` no run. */
const WEEKS: Record<string, string> = {
  'web-11.hostseba': 'gggpfff',
  'web-09.hostseba': 'ggggg--',
  'db-03.hostseba': 'ff-fffp',
  'web-02.hostseba': 'ggpgggg',
  'mail-02.hostseba': 'gg-gggg',
};

const STATUS: Record<string, BackupDay['status']> = { g: 'success', p: 'partial', f: 'failed', '-': null };

/** Hosts that no run was ever reported of, and what their agent says. */
const WITHOUT: Record<string, string | null> = {
  'ns-01.hostseba': null,
  'ns-02.hostseba': 'no backup tool was found',
  'web-15.hostseba': null,
  'web-14.hostseba':
    'JetBackup 5 is installed, but its hook is not: `agent-hosting.sh install-hook jetbackup` as root',
};

/** The day in the zone of the installation, which is Dhaka's. */
const date = (daysAgo: number): string =>
  new Date(mockNow() + 6 * HOUR * 1000 - daysAgo * DAY * 1000).toISOString().slice(0, 10);

export function backupsOf(server: Server): HostBackups {
  const base = { server: refOf(server), hint: null, last_good_age_s: null, jobs: 0, jobs_behind: 0 };
  if (server.name in WITHOUT || server.id % 23 === 0) {
    return {
      ...base,
      state: 'not_configured',
      hint: WITHOUT[server.name] ?? null,
      last_good_at: null,
      last_run_at: null,
      days: [],
    };
  }
  const week = WEEKS[server.name] ?? 'ggggggg';
  const days = [...week].map(
    (letter, i): BackupDay => ({
      date: date(6 - i),
      status: STATUS[letter] ?? null,
      runs: letter === '-' ? 0 : letter === 'f' ? 3 : 1,
    }),
  );
  const good = 6 - week.lastIndexOf('g');
  const ran = 6 - Math.max(...['g', 'p', 'f'].map((letter) => week.lastIndexOf(letter)));
  const at = (daysAgo: number) => ago(daysAgo * DAY + HOUR + 4 * HOUR * seeded(server.name, 'backup'));
  const never = !week.includes('g');
  return {
    ...base,
    jobs: 1,
    jobs_behind: never || good >= 2 ? 1 : 0,
    state: never ? 'never_good' : good >= 2 ? 'stale' : 'ok',
    last_good_at: never ? null : at(good),
    last_good_age_s: never ? null : Math.round((mockNow() - Date.parse(at(good))) / 1000),
    last_run_at: at(ran),
    days,
  };
}

/** The same host on its own page: a job, and its runs. */
export function serverBackupsOf(server: Server): ServerBackups {
  const { state, hint, last_good_at, days, last_run_at } = backupsOf(server);
  const ran = days.filter((day) => day.status !== null).reverse();
  const runs = ran.map((day, i) => ({
    id: server.id * 100 + i,
    tool: 'jetbackup',
    job: 'daily accounts',
    status: day.status ?? ('failed' as const),
    started_at: `${day.date}T01:00:00Z`,
    finished_at: `${day.date}T02:14:00Z`,
    duration_s: 4440,
    bytes: day.status === 'failed' ? null : 412 * 1024 ** 3,
    accounts_total: 212,
    accounts_failed: day.status === 'success' ? 0 : day.status === 'partial' ? 3 : 212,
    message: day.status === 'success' ? null : 'rsync: connection to the destination <nas-2> timed out',
  }));
  const newest = runs[0];
  return {
    state,
    hint,
    last_good_at,
    days,
    jobs:
      newest && last_run_at
        ? [
            {
              tool: newest.tool,
              job: newest.job,
              last_status: newest.status,
              last_finished_at: last_run_at,
              last_good_at,
              last_good_bytes: last_good_at ? 412 * 1024 ** 3 : null,
            },
          ]
        : [],
    runs: { data: runs, meta: { next_cursor: null, total: runs.length } },
  };
}

export const reportsBackups = (server: Server): boolean => probeOf(server, 'backups').state !== 'no_data';
