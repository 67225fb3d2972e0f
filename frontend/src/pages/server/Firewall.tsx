import { useQuery } from '@tanstack/react-query';
import { Link, type LoaderFunctionArgs, useParams } from 'react-router';
import { everyPage, queryClient } from '@/api/queries';
import { serverFirewallQuery } from '@/api/server-tabs';
import type { FirewallEvent } from '@/api/types';
import { FilterChip } from '@/components/FilterBar';
import {
  type FirewallAsked,
  FirewallFilters,
  firewallAsk,
  firewallParams,
  isNarrowed,
} from '@/components/hosting/FirewallFilters';
import { Actions, FirewallCard, firewallColumns } from '@/components/hosting/FirewallTable';
import { ProbeNote } from '@/components/ProbeNote';
import { ResourceTable } from '@/components/ResourceTable';
import { useUrlState } from '@/components/useUrlState';
import { rangeStart, rangeWords } from '@/domain/firewall';
import { withIds } from '@/domain/rows';
import { readParams } from '@/domain/url-state';
import { now } from '@/live/clock';
import { usePollEvery } from '@/live/connection';
import { Panel } from '@/ui/Panel';
import { Empty, Failed, LoadingRows } from '@/ui/states';
import css from './Backups.module.css';

const logQuery = (id: number, v: FirewallAsked, page: { cursor?: string; limit: number }) =>
  serverFirewallQuery(id, { ...firewallAsk(v), ...page }, v.range, () => rangeStart(v.range, now()));

export function loader({ params: path, request }: LoaderFunctionArgs) {
  const values = readParams(firewallParams, new URL(request.url).searchParams);
  void queryClient.prefetchQuery(logQuery(Number(path.id), values, { cursor: values.cursor, limit: 100 }));
  return null;
}

const rowsOf = (events: FirewallEvent[]) => withIds(events, (e) => [e.at, e.ip, e.action, e.reason]);
const columns = firewallColumns<ReturnType<typeof rowsOf>[number]>('server');

export function Component() {
  const id = Number(useParams().id);
  const [values, change] = useUrlState(firewallParams);
  const query = useQuery({
    ...logQuery(id, values, { cursor: values.cursor, limit: 100 }),
    refetchInterval: usePollEvery(),
  });
  if (query.isPending) return <LoadingRows rows={6} />;
  const firewall = query.data;
  if (!firewall) return <Failed error={query.error} onRetry={query.refetch} />;
  return (
    <div className={css.tab}>
      <ProbeNote probe={firewall.probe} />
      {firewall.actions_24h.length > 0 && (
        <Panel title="Last 24 h">
          <Actions actions={firewall.actions_24h} />
        </Panel>
      )}
      <ResourceTable
        label="Firewall log"
        columns={columns}
        card={(event) => <FirewallCard event={event} of="server" />}
        query={{ ...query, data: { ...firewall.events, data: rowsOf(firewall.events.data) } }}
        everything={async () =>
          rowsOf(
            await everyPage(
              async (page) => (await queryClient.fetchQuery(logQuery(id, values, page))).events,
            ),
          )
        }
        cursor={values.cursor}
        onCursor={(cursor) => change({ cursor }, 'push')}
        filters={
          <>
            <FirewallFilters values={values} change={change} />
            {values.ip !== '' && (
              <FilterChip onRemove={() => change({ ip: '', cursor: '' })}>{values.ip}</FilterChip>
            )}
          </>
        }
        empty={
          isNarrowed(values) ? (
            <Empty title="No line matches these filters">
              <Link to={`/servers/${id}/firewall`}>Show the whole log</Link>
            </Empty>
          ) : (
            <Empty title={`Its firewall said nothing in the last ${rangeWords(values.range)}`} />
          )
        }
      />
    </div>
  );
}
