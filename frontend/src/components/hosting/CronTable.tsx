import type { CronJob } from '@/api/types';
import { type CronState, cronState, cronText } from '@/domain/cron';
import { shortDuration } from '@/domain/duration';
import { useNow } from '@/live/clock';
import type { Column } from '@/ui/DataTable';
import { DataBadge, type Tone, ToneBadge } from '@/ui/StatusBadge';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './CronTable.module.css';

const TONE: Record<Exclude<CronState, 'unknown'>, Tone> = {
  overdue: 'bad',
  failed: 'medium',
  on_time: 'good',
  at_boot: 'quiet',
};

/** Whether a job ran when it should have. Where there is no evidence nobody can tell, and it is not said to be fine. */
export function CronBadge({ job }: { job: CronJob }) {
  const state = cronState(job);
  if (state === 'unknown')
    return (
      <DataBadge state="unknown" hint="There is no evidence of its runs: its log may not be readable." />
    );
  return <ToneBadge tone={TONE[state]}>{cronText(job)}</ToneBadge>;
}

/** A schedule and the zone that it is in. */
export function Schedule({ job, timezone }: { job: CronJob; timezone: string | null }) {
  return (
    <span className={css.schedule}>
      <code>{job.schedule}</code>
      {timezone && <small>{timezone}</small>}
    </span>
  );
}

/** Columns of a job, wherever it is listed; the zone comes from the row or from its host. */
export function cronColumns<T extends CronJob>(timezone: (row: T) => string | null): Column<T>[] {
  return [
    {
      key: 'overdue',
      header: 'State',
      width: 122,
      cell: (job) => <CronBadge job={job} />,
      csv: cronState,
    },
    { key: 'overdue_s', header: 'Overdue s', hidden: true, cell: () => null, csv: (job) => job.overdue_s },
    {
      key: 'command',
      header: 'Command',
      cell: (job) => <Command job={job} />,
      csv: (job) => job.command,
    },
    { key: 'user', header: 'User', width: 96, cell: (job) => job.user, csv: (job) => job.user },
    {
      key: 'schedule',
      header: 'Schedule',
      width: 136,
      cell: (job) => <Schedule job={job} timezone={timezone(job)} />,
      csv: (job) => job.schedule,
    },
    { key: 'timezone', header: 'Zone', hidden: true, cell: () => null, csv: timezone },
    {
      key: 'last_run_at',
      header: 'Last run',
      width: 110,
      sortable: true,
      cell: (job) => <LastRun job={job} />,
      csv: (job) => job.last_run_at,
    },
    {
      key: 'expected_at',
      header: 'Due',
      width: 96,
      wide: true,
      cell: (job) => (job.expected_at === null ? '–' : <Due at={job.expected_at} />),
      csv: (job) => job.expected_at,
    },
    {
      key: 'last_exit',
      header: 'Ended with',
      align: 'right',
      width: 84,
      cell: (job) => job.last_exit ?? '–',
      csv: (job) => job.last_exit,
    },
  ];
}

const Command = ({ job }: { job: CronJob }) => (
  <code className={css.command} title={job.command}>
    {job.command}
  </code>
);

/** A run that is due, or was. */
function Due({ at }: { at: string }) {
  const now = useNow();
  const ahead = Date.parse(at) - now;
  if (ahead <= 0) return <TimeAgo at={at} />;
  return <time dateTime={at}>in {shortDuration(ahead)}</time>;
}

const LastRun = ({ job }: { job: CronJob }) =>
  job.last_run_at === null ? <span className={css.none}>no evidence</span> : <TimeAgo at={job.last_run_at} />;

/** A job on a phone, below what names its host. */
export function CronCard({ job, timezone }: { job: CronJob; timezone: string | null }) {
  return (
    <>
      <Command job={job} />
      <span className={css.facts}>
        <span>as {job.user}</span>
        <Schedule job={job} timezone={timezone} />
        <span>
          last run <LastRun job={job} />
        </span>
        {job.last_exit !== null && job.last_exit !== 0 && cronState(job) !== 'failed' && (
          <span>ended with {job.last_exit}</span>
        )}
      </span>
    </>
  );
}
