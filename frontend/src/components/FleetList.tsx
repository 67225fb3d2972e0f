import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation, useNavigate } from 'react-router';
import { type FleetAsk, type FleetQuestion, HOSTING_POLL_MS } from '@/api/hosting';
import { everyPage, queryClient } from '@/api/queries';
import type { Probe, ServerRef } from '@/api/types';
import { hasValues, PROBE_STATES, PROBE_TEXT, statesToAsk } from '@/domain/probe';
import { choices, integer, readParams, text, type Values } from '@/domain/url-state';
import { useLiveChannel } from '@/live/connection';
import type { Column } from '@/ui/DataTable';
import { Faded } from '@/ui/Faded';
import { PageHeader } from '@/ui/PageHeader';
import { ProbeBadge } from '@/ui/ProbeBadge';
import { Empty } from '@/ui/states';
import { TimeAgo } from '@/ui/TimeAgo';
import { ChoiceFilter, FilterChip, SearchFilter, TagFilter } from './FilterBar';
import css from './FleetList.module.css';
import { ProbeInline } from './ProbeNote';
import { ResourceTable } from './ResourceTable';
import { ServerLink } from './ServerLink';
import { useUrlState } from './useUrlState';

/** A row of a list that has one row each host: whose it is, where its report stands, and the report. */
export interface FleetRow {
  server: ServerRef;
  probe: Probe;
}

/** Parameters of such a list; `sort` is its order when nobody asked for another. */
export const fleetParams = (sort: string) => ({
  q: text(),
  tag: text(),
  server: integer(),
  state: choices(PROBE_STATES),
  sort: text(sort),
  cursor: text(),
});

export type FleetParams = ReturnType<typeof fleetParams>;

const fleetAsk = (v: Values<FleetParams>): FleetAsk => ({
  ...v,
  server: v.server ?? undefined,
  state: statesToAsk(v.state),
  limit: 100,
});

/** Asks the list's question before the page is drawn. */
export const fleetLoader =
  <T,>(params: FleetParams, question: FleetQuestion<T>) =>
  ({ request }: { request: Request }) => {
    const values = readParams(params, new URL(request.url).searchParams);
    void queryClient.prefetchQuery(question(fleetAsk(values)));
    return null;
  };

interface Props<T> {
  title: string;
  sub: string;
  /** Said where no host has such a thing. */
  none: string;
  params: FleetParams;
  question: FleetQuestion<T>;
  /** What was measured, between the host's name and the age of its report. */
  columns: Column<T>[];
  /** Where a host's name and its row lead. */
  tab?: string;
  /** The same on a phone, below the host's name. */
  facts: (row: T) => ReactNode;
  /** The order's name for the way back to it. */
  worstFirst: string;
  tone?: (row: T) => 'critical' | undefined;
}

const unreadable = ({ probe }: FleetRow) => !hasValues(probe) && <ProbeInline probe={probe} />;

function columnsOf<T extends FleetRow>(measured: Column<T>[], tab?: string): Column<T>[] {
  return [
    {
      key: 'name',
      header: 'Server',
      sortable: true,
      cell: (row) => <ServerLink server={row.server} tab={tab} />,
      csv: (row) => row.server.name,
    },
    { key: 'tags', header: 'Tags', hidden: true, cell: () => null, csv: (row) => row.server.tags },
    ...measured.map((column) => ({
      ...column,
      measured: true,
      cell: (row: T) => <Faded old={row.probe.state === 'stale'}>{column.cell(row)}</Faded>,
    })),
    {
      key: 'observed_at',
      header: 'Report',
      width: 96,
      sortable: true,
      cell: (row) => (
        <span className={css.report}>
          {row.probe.state === 'stale' && <ProbeBadge probe={row.probe} />}
          <TimeAgo at={row.probe.observed_at} />
        </span>
      ),
      csv: (row) => row.probe.observed_at,
    },
    { key: 'state', header: 'State', hidden: true, cell: () => null, csv: (row) => row.probe.state },
    { key: 'hint', header: 'Hint', hidden: true, cell: () => null, csv: (row) => row.probe.hint },
  ];
}

/** A page with one list of hosts by one kind of report, worst first. */
export function FleetList<T extends FleetRow>(props: Props<T>) {
  const { params, question } = props;
  const [values, change] = useUrlState(params);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  useLiveChannel(values.server === null ? null : `private-server.${values.server}`);
  const query = useQuery({ ...question(fleetAsk(values)), refetchInterval: HOSTING_POLL_MS });
  const withId = (row: T) => ({ ...row, id: row.server.id });
  const rows = query.data?.data.map(withId);
  const server = rows?.find((row) => row.id === values.server)?.server.name ?? `server ${values.server}`;
  const filtered = values.q !== '' || values.tag !== '' || values.server !== null || values.state.length > 0;
  return (
    <>
      <PageHeader title={props.title} sub={props.sub} />
      <ResourceTable<T & { id: number }>
        label={props.title}
        columns={columnsOf<T & { id: number }>(props.columns, props.tab)}
        card={(row) => <FleetCard row={row} tab={props.tab} facts={props.facts(row)} />}
        query={{ ...query, data: rows && query.data && { ...query.data, data: rows } }}
        everything={async () => {
          const all = await everyPage((page) =>
            queryClient.fetchQuery(question({ ...fleetAsk(values), cursor: '', ...page })),
          );
          return all.map(withId);
        }}
        sort={values.sort}
        ownSort={{ value: params.sort.fallback, label: props.worstFirst }}
        onSort={(sort) => change({ sort, cursor: '' })}
        cursor={values.cursor}
        onCursor={(cursor) => change({ cursor }, 'push')}
        onOpen={(row) => navigate(`/servers/${row.id}${props.tab ? `/${props.tab}` : ''}`)}
        note={unreadable}
        tone={(row) => (row.probe.state === 'ok' ? props.tone?.(row) : undefined)}
        filters={
          <>
            <SearchFilter
              label="Name, host or tag"
              value={values.q}
              onChange={(q) => change({ q, cursor: '' })}
            />
            <ChoiceFilter
              label="Any report"
              options={PROBE_STATES}
              words={PROBE_TEXT}
              value={values.state}
              onChange={(state) => change({ state, cursor: '' })}
            />
            <TagFilter value={values.tag} onChange={(tag) => change({ tag, cursor: '' })} />
            {values.server !== null && (
              <FilterChip onRemove={() => change({ server: null, cursor: '' })}>{server}</FilterChip>
            )}
          </>
        }
        empty={
          filtered ? (
            <Empty title="No host matches these filters">
              <Link to={pathname}>Show all hosts</Link>
            </Empty>
          ) : (
            <Empty title={props.none} />
          )
        }
      />
    </>
  );
}

/** A host on a phone: its name, where its report stands, and what it says. */
export function FleetCard({ row, tab, facts }: { row: FleetRow; tab?: string; facts: ReactNode }) {
  return (
    <div className={css.card}>
      <span className={css.head}>
        <ServerLink server={row.server} tab={tab} />
        <span className={css.report}>
          {row.probe.state === 'stale' && <ProbeBadge probe={row.probe} />}
          {row.probe.observed_at && <TimeAgo at={row.probe.observed_at} />}
        </span>
      </span>
      {unreadable(row) || (
        <Faded old={row.probe.state === 'stale'}>
          <span className={css.facts}>{facts}</span>
        </Faded>
      )}
    </div>
  );
}
