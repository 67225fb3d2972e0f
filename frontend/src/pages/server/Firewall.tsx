import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, type LoaderFunctionArgs, useParams } from 'react-router';
import { everyPage, queryClient } from '@/api/queries';
import { serverFirewallQuery } from '@/api/server-tabs';
import type { FirewallEvent } from '@/api/types';
import { ChoiceFilter, FilterChip, SearchFilter } from '@/components/FilterBar';
import { Actions, FirewallCard, firewallColumns } from '@/components/hosting/FirewallTable';
import { ProbeNote } from '@/components/ProbeNote';
import { ResourceTable } from '@/components/ResourceTable';
import { useUrlState } from '@/components/useUrlState';
import { FIREWALL_ACTIONS, FIREWALL_SOURCES, LOG_RANGES, type LogRange, rangeStart } from '@/domain/firewall';
import { withIds } from '@/domain/rows';
import { choice, choices, readParams, text, type Values } from '@/domain/url-state';
import { now } from '@/live/clock';
import { usePollEvery } from '@/live/connection';
import { Panel } from '@/ui/Panel';
import { Empty, Failed, LoadingRows } from '@/ui/states';
import css from './Backups.module.css';

const params = {
  range: choice(LOG_RANGES, '24h'),
  q: text(),
  ip: text(),
  action: choices(FIREWALL_ACTIONS),
  source: choices(FIREWALL_SOURCES),
  cursor: text(),
};

type Asked = Values<typeof params>;

const logQuery = (id: number, v: Asked, page: { cursor?: string; limit: number }) =>
  serverFirewallQuery(
    id,
    { q: v.q, ip: v.ip, action: v.action.join(','), source: v.source.join(','), ...page },
    v.range,
    () => rangeStart(v.range, now()),
  );

export function loader({ params: path, request }: LoaderFunctionArgs) {
  const values = readParams(params, new URL(request.url).searchParams);
  void queryClient.prefetchQuery(logQuery(Number(path.id), values, { cursor: values.cursor, limit: 100 }));
  return null;
}

const rowsOf = (events: FirewallEvent[]) => withIds(events, (e) => [e.at, e.ip, e.action, e.reason]);
const columns = firewallColumns<ReturnType<typeof rowsOf>[number]>('server');

export function Component() {
  const id = Number(useParams().id);
  const [values, change] = useUrlState(params);
  const query = useQuery({
    ...logQuery(id, values, { cursor: values.cursor, limit: 100 }),
    refetchInterval: usePollEvery(),
  });
  if (query.isPending) return <LoadingRows rows={6} />;
  const firewall = query.data;
  if (!firewall) return <Failed error={query.error} onRetry={query.refetch} />;
  const { q, ip, action, source } = values;
  const filtered = q !== '' || ip !== '' || action.length > 0 || source.length > 0;
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
            <SegmentedControl
              aria-label="Range"
              data={[...LOG_RANGES]}
              value={values.range}
              onChange={(range) => change({ range: range as LogRange, cursor: '' })}
            />
            <SearchFilter
              label="Reason, account or login"
              value={q}
              onChange={(next) => change({ q: next, cursor: '' })}
            />
            <ChoiceFilter
              label="Anything"
              options={FIREWALL_ACTIONS}
              value={action}
              onChange={(next) => change({ action: next, cursor: '' })}
            />
            <ChoiceFilter
              label="Any log"
              options={FIREWALL_SOURCES}
              value={source}
              onChange={(next) => change({ source: next, cursor: '' })}
            />
            {ip !== '' && <FilterChip onRemove={() => change({ ip: '', cursor: '' })}>{ip}</FilterChip>}
          </>
        }
        empty={
          filtered ? (
            <Empty title="No line matches these filters">
              <Link to={`/servers/${id}/firewall`}>Show the whole log</Link>
            </Empty>
          ) : (
            <Empty title={`Its firewall said nothing in the last ${values.range}`} />
          )
        }
      />
    </div>
  );
}
