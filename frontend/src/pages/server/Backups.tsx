import { useQuery } from '@tanstack/react-query';
import { type LoaderFunctionArgs, useParams } from 'react-router';
import { queryClient } from '@/api/queries';
import { serverBackupsQuery } from '@/api/server-tabs';
import type { BackupJob, BackupRun } from '@/api/types';
import { BackupState, backupDay, RunStatus } from '@/components/hosting/BackupDays';
import { ResourceTable } from '@/components/ResourceTable';
import { useUrlState } from '@/components/useUrlState';
import { dayHead } from '@/domain/days';
import { shortSeconds } from '@/domain/duration';
import { withIds } from '@/domain/rows';
import { bytes, count } from '@/domain/units';
import { readParams, text } from '@/domain/url-state';
import { usePollEvery } from '@/live/connection';
import type { Column } from '@/ui/DataTable';
import { DayStrip } from '@/ui/DayCells';
import { FactList } from '@/ui/FactList';
import { HintText } from '@/ui/HintText';
import { Panel } from '@/ui/Panel';
import { Empty, Failed, LoadingRows } from '@/ui/states';
import { Moment, TimeAgo } from '@/ui/TimeAgo';
import css from './Backups.module.css';

const params = { cursor: text() };

export function loader({ params: path, request }: LoaderFunctionArgs) {
  const { cursor } = readParams(params, new URL(request.url).searchParams);
  void queryClient.prefetchQuery(serverBackupsQuery(Number(path.id), { cursor, limit: 50 }));
  return null;
}

const jobColumns: Column<BackupJob & { id: string }>[] = [
  { key: 'job', header: 'Job', cell: (job) => <b className={css.name}>{job.job}</b>, csv: (job) => job.job },
  { key: 'tool', header: 'Tool', width: 120, cell: (job) => job.tool, csv: (job) => job.tool },
  {
    key: 'last_good_at',
    header: 'Last good',
    width: 110,
    cell: (job) => <TimeAgo at={job.last_good_at} />,
    csv: (job) => job.last_good_at,
  },
  {
    key: 'last_good_bytes',
    header: 'Its size',
    align: 'right',
    width: 100,
    cell: (job) => bytes(job.last_good_bytes),
    csv: (job) => job.last_good_bytes,
  },
  {
    key: 'last_status',
    header: 'Last run',
    width: 100,
    cell: (job) => <RunStatus status={job.last_status} />,
    csv: (job) => job.last_status,
  },
  {
    key: 'last_finished_at',
    header: 'Ended',
    width: 110,
    cell: (job) => <TimeAgo at={job.last_finished_at} />,
    csv: (job) => job.last_finished_at,
  },
];

const accounts = (run: BackupRun): string =>
  run.accounts_total === null
    ? '–'
    : run.accounts_failed
      ? `${count(run.accounts_total - run.accounts_failed)} of ${count(run.accounts_total)}`
      : count(run.accounts_total);

const runColumns: Column<BackupRun>[] = [
  {
    key: 'finished_at',
    header: 'Ended',
    width: 186,
    cell: (run) => <Moment at={run.finished_at} />,
    csv: (run) => run.finished_at,
  },
  {
    key: 'status',
    header: 'How',
    width: 90,
    cell: (run) => <RunStatus status={run.status} />,
    csv: (run) => run.status,
  },
  {
    key: 'job',
    header: 'Job',
    cell: (run) => (
      <span className={css.name}>
        {run.job} <small>{run.tool}</small>
      </span>
    ),
    csv: (run) => run.job,
  },
  {
    key: 'duration_s',
    header: 'Took',
    align: 'right',
    width: 80,
    cell: (run) => shortSeconds(run.duration_s),
    csv: (run) => run.duration_s,
  },
  {
    key: 'bytes',
    header: 'Size',
    align: 'right',
    width: 100,
    cell: (run) => bytes(run.bytes),
    csv: (run) => run.bytes,
  },
  {
    key: 'accounts',
    header: 'Accounts',
    align: 'right',
    width: 100,
    cell: accounts,
    csv: (run) => run.accounts_total,
  },
  {
    key: 'message',
    header: 'In the tool’s words',
    wide: true,
    cell: (run) => <span className={css.name}>{run.message ?? ''}</span>,
    csv: (run) => run.message,
  },
];

export function Component() {
  const id = Number(useParams().id);
  const [values, change] = useUrlState(params);
  const query = useQuery({
    ...serverBackupsQuery(id, { cursor: values.cursor, limit: 50 }),
    refetchInterval: usePollEvery(),
  });
  if (query.isPending) return <LoadingRows rows={6} />;
  const backups = query.data;
  if (!backups) return <Failed error={query.error} onRetry={query.refetch} />;
  if (backups.state === 'not_configured') {
    return (
      <Empty title="No backup of this host was ever reported">
        {backups.hint ? (
          <HintText text={backups.hint} />
        ) : (
          <HintText text="The backup tool's hook calls `/opt/hostseba-noc/agent-hosting.sh report-backup` after each run." />
        )}
      </Empty>
    );
  }
  const jobs = withIds(backups.jobs, (job) => [job.tool, job.job]);
  const days = backups.days.map((day) => backupDay(day.date, day));
  return (
    <div className={css.tab}>
      <Panel title="Backups">
        <FactList
          facts={[
            ['State', <BackupState key="state" state={backups.state} />],
            ['Last good', <TimeAgo key="good" at={backups.last_good_at} />],
            ['Last seven days', <DayStrip key="days" days={days} head={dayHead} />],
          ]}
        />
      </Panel>
      <ResourceTable
        label="Backup jobs"
        heading={<h2>Jobs</h2>}
        columns={jobColumns}
        card={(job) => (
          <div className={css.card}>
            <b className={css.name}>{job.job}</b>
            <RunStatus status={job.last_status} />
            <span>
              last good <TimeAgo at={job.last_good_at} />
            </span>
            <span>{job.tool}</span>
          </div>
        )}
        query={{ ...query, data: { data: jobs, meta: { next_cursor: null, total: jobs.length } } }}
        keyless
        empty={<Empty title="No jobs" />}
      />
      <ResourceTable
        label="Backup runs"
        heading={<h2>Runs</h2>}
        columns={runColumns}
        card={(run) => (
          <div className={css.card}>
            <b className={css.name}>{run.job}</b>
            <RunStatus status={run.status} />
            <span>
              <TimeAgo at={run.finished_at} />
              {run.bytes !== null && `, ${bytes(run.bytes)}`}
            </span>
            {run.message && <span className={css.name}>{run.message}</span>}
          </div>
        )}
        query={{ ...query, data: backups.runs }}
        cursor={values.cursor}
        onCursor={(cursor) => change({ cursor }, 'push')}
        empty={<Empty title="No runs" />}
      />
    </div>
  );
}
