import { useQuery } from '@tanstack/react-query';
import { type LoaderFunctionArgs, useParams } from 'react-router';
import { queryClient } from '@/api/queries';
import { serverCronsQuery } from '@/api/server-tabs';
import { CronBadge, CronCard, cronColumns } from '@/components/hosting/CronTable';
import { ProbeNote } from '@/components/ProbeNote';
import { ResourceTable } from '@/components/ResourceTable';
import { hasValues } from '@/domain/probe';
import { withIds } from '@/domain/rows';
import { usePollEvery } from '@/live/connection';
import { Faded } from '@/ui/Faded';
import { Empty, Failed, LoadingRows } from '@/ui/states';
import css from './Disks.module.css';

export function loader({ params }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(serverCronsQuery(Number(params.id)));
  return null;
}

export function Component() {
  const id = Number(useParams().id);
  const query = useQuery({ ...serverCronsQuery(id), refetchInterval: usePollEvery() });
  if (query.isPending) return <LoadingRows rows={6} />;
  if (!query.data) return <Failed error={query.error} onRetry={query.refetch} />;
  const { probe, timezone, jobs } = query.data;
  const rows = withIds(jobs, (job) => [job.user, job.schedule, job.command]);
  return (
    <>
      <ProbeNote probe={probe} />
      {hasValues(probe) && (
        <Faded block old={probe.state === 'stale'}>
          <ResourceTable
            label="Cron jobs"
            columns={cronColumns<(typeof rows)[number]>(() => timezone)}
            card={(job) => (
              <div className={css.card}>
                <CronBadge job={job} />
                <CronCard job={job} timezone={timezone} />
              </div>
            )}
            query={{ ...query, data: { data: rows, meta: { next_cursor: null, total: rows.length } } }}
            tone={(job) => (job.is_overdue ? 'critical' : undefined)}
            empty={<Empty title="No cron jobs on this host" />}
          />
        </Faded>
      )}
    </>
  );
}
