import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { cronsQuery, HOSTING_POLL_MS } from '@/api/hosting';
import { everyPage, queryClient } from '@/api/queries';
import type { HostCron } from '@/api/types';
import { ChoiceFilter, FilterChip, SearchFilter, TagFilter } from '@/components/FilterBar';
import { CronBadge, CronCard, cronColumns } from '@/components/hosting/CronTable';
import { ResourceTable } from '@/components/ResourceTable';
import { ServerLink } from '@/components/ServerLink';
import { UnreadableNote } from '@/components/UnreadableNote';
import { useUrlState } from '@/components/useUrlState';
import { CRON_STATES } from '@/domain/cron';
import { choices, integer, readParams, text, type Values } from '@/domain/url-state';
import { useLiveChannel } from '@/live/connection';
import type { Column } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/states';
import css from './Crons.module.css';

const params = {
  q: text(),
  tag: text(),
  server: integer(),
  state: choices(CRON_STATES),
  sort: text('overdue'),
  cursor: text(),
};

const ask = (v: Values<typeof params>) => ({
  ...v,
  server: v.server ?? undefined,
  state: v.state.join(','),
  limit: 100,
});

export function loader({ request }: { request: Request }) {
  const values = readParams(params, new URL(request.url).searchParams);
  void queryClient.prefetchQuery(cronsQuery(ask(values)));
  return null;
}

const [state, ...rest] = cronColumns<HostCron>((row) => row.timezone);

const columns: Column<HostCron>[] = [
  ...(state ? [state] : []),
  {
    key: 'server',
    header: 'Server',
    width: 170,
    sortable: true,
    cell: (row) => <ServerLink server={row.server} />,
    csv: (row) => row.server.name,
  },
  ...rest,
];

export function Component() {
  const [values, change] = useUrlState(params);
  const navigate = useNavigate();
  useLiveChannel(values.server === null ? null : `private-server.${values.server}`);
  const query = useQuery({ ...cronsQuery(ask(values)), refetchInterval: HOSTING_POLL_MS });
  const filtered = values.q !== '' || values.tag !== '' || values.server !== null || values.state.length > 0;
  const name =
    query.data?.data.find((row) => row.server.id === values.server)?.server.name ?? `server ${values.server}`;
  return (
    <>
      <PageHeader
        title="Cron Jobs"
        sub="Overdue first. Schedules are read in each host’s own zone; where a host keeps no evidence of its runs, nobody can tell."
      />
      <UnreadableNote unreadable={query.data?.unreadable} tab="crons" />
      <ResourceTable<HostCron>
        label="Cron Jobs"
        columns={columns}
        card={(row) => (
          <div className={css.card}>
            <span className={css.head}>
              <ServerLink server={row.server} />
              <CronBadge job={row} />
            </span>
            <CronCard job={row} timezone={row.timezone} />
          </div>
        )}
        query={query}
        everything={() =>
          everyPage((page) => queryClient.fetchQuery(cronsQuery({ ...ask(values), cursor: '', ...page })))
        }
        sort={values.sort}
        ownSort={{ value: 'overdue', label: 'Overdue first' }}
        onSort={(sort) => change({ sort, cursor: '' })}
        cursor={values.cursor}
        onCursor={(cursor) => change({ cursor }, 'push')}
        onOpen={(row) => navigate(`/servers/${row.server.id}`)}
        tone={(row) => (row.is_overdue ? 'critical' : undefined)}
        filters={
          <>
            <SearchFilter
              label="Command or user"
              value={values.q}
              onChange={(q) => change({ q, cursor: '' })}
            />
            <ChoiceFilter
              label="Any state"
              options={CRON_STATES}
              value={values.state}
              onChange={(next) => change({ state: next, cursor: '' })}
            />
            <TagFilter value={values.tag} onChange={(tag) => change({ tag, cursor: '' })} />
            {values.server !== null && (
              <FilterChip onRemove={() => change({ server: null, cursor: '' })}>{name}</FilterChip>
            )}
          </>
        }
        empty={
          filtered ? (
            <Empty title="No cron job matches these filters">
              <Link to="/hosting/crons">Show all cron jobs</Link>
            </Empty>
          ) : (
            <Empty title="No host reports its cron jobs yet" />
          )
        }
      />
    </>
  );
}
