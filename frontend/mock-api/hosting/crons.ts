import type { HostCron, Server } from '@/api/types';
import { ago, DAY, HOUR, MIN } from '../clock';
import { hasReport, probeOf, refOf, seeded } from './probes';

type Row = [
  user: string,
  schedule: string,
  command: string,
  lastRun: number | null,
  exit: number | null,
  overdue: number | null,
];

const USUAL: Row[] = [
  ['root', '17 * * * *', 'run-parts --report /etc/cron.hourly', 17 * MIN, 0, 0],
  ['root', '@daily', '/usr/local/cpanel/scripts/upcp --cron', 9 * HOUR, 0, 0],
];

const SPECIAL: Record<string, Row[]> = {
  'web-11.hostseba': [
    [
      'travelbd',
      '*/5 * * * *',
      '/usr/bin/php -q /home/travelbd/public_html/wp-cron.php --token=*** >/dev/null 2>&1',
      3 * HOUR + 4 * MIN,
      0,
      3 * HOUR,
    ],
    [
      'shopdhk',
      '0 3 * * 1-5',
      'cd /home/shopdhk/apps/a-rather-long-name-of-an-application && ./bin/console app:synchronise:products --env=prod --no-interaction --limit=5000 && echo "<script>done</script>"',
      9 * HOUR,
      137,
      0,
    ],
  ],
  'db-03.hostseba': [['backup', '30 1 * * *', '/usr/local/bin/mariadb-dump-all', 53 * HOUR, 0, 26 * HOUR]],
  'mail-01.hostseba': [['root', '0 4 * * *', '/usr/sbin/logrotate /etc/logrotate.conf', null, null, null]],
  'ns-01.hostseba': [['root', '@reboot', '/usr/local/sbin/load-zones', null, null, null]],
};

/** Jobs of a host; overdue `0` is on time, `null` is what nobody can tell. */
export function cronsOf(server: Server): HostCron[] {
  const probe = probeOf(server, 'crons');
  if (!hasReport(probe)) return [];
  return [...(SPECIAL[server.name] ?? []), ...USUAL].map(([user, schedule, command, ran, exit, late], i) => ({
    id: server.id * 10 + i,
    server: refOf(server),
    timezone: server.id % 5 === 0 ? 'Asia/Kolkata' : 'Asia/Dhaka',
    user,
    schedule,
    command,
    last_run_at: ran === null ? null : ago(ran + MIN * seeded(server.name, i)),
    last_exit: exit,
    expected_at: late === null ? null : ago(late > 0 ? late : Math.min(ran ?? 0, DAY)),
    is_overdue: late === null ? null : late > 0,
    state: schedule === '@reboot' ? 'at_boot' : late === null ? 'unknown' : late > 0 ? 'overdue' : 'on_time',
    overdue_s: late !== null && late > 0 ? late : null,
  }));
}
