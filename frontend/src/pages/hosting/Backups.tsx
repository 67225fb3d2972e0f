import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link, useNavigate } from 'react-router';
import { backupsQuery, HOSTING_POLL_MS } from '@/api/hosting';
import { everyPage, queryClient } from '@/api/queries';
import type { HostBackups } from '@/api/types';
import { ChoiceFilter, FilterChip, SearchFilter, TagFilter } from '@/components/FilterBar';
import { BACKUP_TEXT, BackupState, backupDay } from '@/components/hosting/BackupDays';
import { ResourceTable } from '@/components/ResourceTable';
import { ServerLink } from '@/components/ServerLink';
import { useUrlState } from '@/components/useUrlState';
import { alignDays, datesOf, dayHead } from '@/domain/days';
import { choices, integer, readParams, text, type Values } from '@/domain/url-state';
import { capitalised } from '@/domain/words';
import { useLiveChannel } from '@/live/connection';
import type { Column } from '@/ui/DataTable';
import { DayCell, DayStrip } from '@/ui/DayCells';
import { HintText } from '@/ui/HintText';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/states';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './Backups.module.css';

const STATES = ['never_good', 'stale', 'ok'] as const;

const params = {
  q: text(),
  tag: text(),
  server: integer(),
  state: choices(STATES),
  sort: text('last_good_at'),
  cursor: text(),
  /** Where the list below the matrix begins. */
  without: text(),
};

type Asked = Values<typeof params>;

const hosts = ({ q, tag, server }: Asked) => ({ q, tag, server: server ?? undefined });

const matrix = (v: Asked) =>
  backupsQuery({
    ...hosts(v),
    state: (v.state.length > 0 ? v.state : STATES).join(','),
    sort: v.sort,
    cursor: v.cursor,
    limit: 100,
  });

const without = (v: Asked) =>
  backupsQuery({ ...hosts(v), state: 'not_configured', sort: 'name', cursor: v.without, limit: 50 });

export function loader({ request }: { request: Request }) {
  const values = readParams(params, new URL(request.url).searchParams);
  void queryClient.prefetchQuery(matrix(values));
  void queryClient.prefetchQuery(without(values));
  return null;
}

type Row = HostBackups & { id: number };
const withId = (row: HostBackups): Row => ({ ...row, id: row.server.id });

const server: Column<Row> = {
  key: 'name',
  header: 'Server',
  sortable: true,
  cell: (row) => <ServerLink server={row.server} />,
  csv: (row) => row.server.name,
};

/** The days of a row under the heads of the matrix, as they look. */
const daysOf = (row: HostBackups, dates: string[]) =>
  alignDays(row.days, dates).map((day, i) => backupDay(dates[i] ?? '', day));

function columnsOf(dates: string[]): Column<Row>[] {
  return [
    server,
    {
      key: 'state',
      header: 'State',
      width: 104,
      cell: (row) => <BackupState state={row.state} />,
      csv: (row) => row.state,
    },
    {
      key: 'last_good_at',
      header: 'Last good',
      width: 104,
      sortable: true,
      cell: (row) => (
        <span className={css.age} data-late={row.state !== 'ok' || undefined}>
          <TimeAgo at={row.last_good_at} />
        </span>
      ),
      csv: (row) => row.last_good_at,
    },
    ...dates.map(
      (date, i): Column<Row> => ({
        key: date,
        header: dayHead(date),
        width: 52,
        cell: (row) => {
          const { look, words } = daysOf(row, dates)[i] ?? backupDay(date, null);
          return <DayCell look={look} words={words} />;
        },
        csv: (row) => row.days.find((day) => day.date === date)?.status,
      }),
    ),
    {
      key: 'last_run_at',
      header: 'Last run',
      width: 104,
      sortable: true,
      cell: (row) => <TimeAgo at={row.last_run_at} />,
      csv: (row) => row.last_run_at,
    },
    { key: 'tags', header: 'Tags', hidden: true, cell: () => null, csv: (row) => row.server.tags },
  ];
}

export function Component() {
  const [values, change] = useUrlState(params);
  const navigate = useNavigate();
  useLiveChannel(values.server === null ? null : `private-server.${values.server}`);
  const query = useQuery({ ...matrix(values), refetchInterval: HOSTING_POLL_MS });
  const rows = useMemo(() => query.data?.data.map(withId), [query.data]);
  const dates = useMemo(() => datesOf(rows ?? []), [rows]);
  const columns = useMemo(() => columnsOf(dates), [dates]);
  const narrowed = values.q !== '' || values.tag !== '' || values.server !== null;
  const filtered = narrowed || values.state.length > 0;
  const name = rows?.find((row) => row.id === values.server)?.server.name ?? `server ${values.server}`;
  return (
    <div className={css.page}>
      <PageHeader
        title="Backups"
        sub="Who has had no good backup for longest first. A success with nothing written, or without some accounts, counts as partly."
      />
      <ResourceTable<Row>
        label="Backups"
        columns={columns}
        card={(row) => <Card row={row} dates={dates} />}
        query={{ ...query, data: rows && query.data && { ...query.data, data: rows } }}
        everything={async () => {
          const first = { ...values, cursor: '' };
          const all = await everyPage((page) =>
            queryClient.fetchQuery(
              backupsQuery({
                ...hosts(first),
                state: (first.state.length > 0 ? first.state : STATES).join(','),
                sort: first.sort,
                ...page,
              }),
            ),
          );
          return all.map(withId);
        }}
        sort={values.sort}
        ownSort={{ value: 'last_good_at', label: 'Oldest good first' }}
        onSort={(sort) => change({ sort, cursor: '' })}
        cursor={values.cursor}
        onCursor={(cursor) => change({ cursor }, 'push')}
        onOpen={(row) => navigate(`/servers/${row.id}`)}
        tone={(row) => (row.state === 'ok' ? undefined : 'critical')}
        filters={
          <>
            <SearchFilter
              label="Name, host or tag"
              value={values.q}
              onChange={(q) => change({ q, cursor: '', without: '' })}
            />
            <ChoiceFilter
              label="Any state"
              options={STATES}
              words={BACKUP_TEXT}
              value={values.state}
              onChange={(state) => change({ state, cursor: '' })}
            />
            <TagFilter value={values.tag} onChange={(tag) => change({ tag, cursor: '', without: '' })} />
            {values.server !== null && (
              <FilterChip onRemove={() => change({ server: null, cursor: '', without: '' })}>
                {name}
              </FilterChip>
            )}
          </>
        }
        empty={
          filtered ? (
            <Empty title="No host with backups matches these filters">
              <Link to="/hosting/backups">Show all hosts</Link>
            </Empty>
          ) : (
            <Empty title="No host has reported a backup yet">
              The backup tool’s hook calls <code>agent-hosting.sh report-backup</code> after each run.
            </Empty>
          )
        }
      />
      <NotConfigured
        values={values}
        narrowed={narrowed}
        onCursor={(cursor) => change({ without: cursor }, 'push')}
      />
    </div>
  );
}

function Card({ row, dates }: { row: Row; dates: string[] }) {
  return (
    <div className={css.card}>
      <span className={css.head}>
        <ServerLink server={row.server} />
        <BackupState state={row.state} />
      </span>
      <span className={css.facts}>
        <span>
          last good <TimeAgo at={row.last_good_at} />
        </span>
        <span>
          last run <TimeAgo at={row.last_run_at} />
        </span>
      </span>
      <DayStrip days={daysOf(row, dates)} head={dayHead} />
    </div>
  );
}

const Hint = ({ row }: { row: HostBackups }) =>
  row.hint ? <HintText text={capitalised(row.hint)} /> : <>No run was ever reported</>;

const bare: Column<Row>[] = [
  server,
  { key: 'hint', header: 'Why', cell: (row) => <Hint row={row} />, csv: (row) => row.hint },
  { key: 'tags', header: 'Tags', hidden: true, cell: () => null, csv: (row) => row.server.tags },
];

/** Hosts that never reported a run: nobody can say that they have a backup. */
function NotConfigured(props: { values: Asked; narrowed: boolean; onCursor: (cursor: string) => void }) {
  const { values, narrowed, onCursor } = props;
  const query = useQuery({ ...without(values), refetchInterval: HOSTING_POLL_MS });
  const rows = query.data?.data.map(withId);
  return (
    <ResourceTable<Row>
      label="Not configured"
      keyless
      heading={
        <>
          <h2>Not configured</h2>
          <span>{query.data && `${query.data.meta.total} without any reported run`}</span>
        </>
      }
      columns={bare}
      card={(row) => (
        <div className={css.card}>
          <ServerLink server={row.server} />
          <span className={css.hint}>
            <Hint row={row} />
          </span>
        </div>
      )}
      query={{ ...query, data: rows && query.data && { ...query.data, data: rows } }}
      everything={async () => {
        const all = await everyPage((page) =>
          queryClient.fetchQuery(
            backupsQuery({ ...hosts(values), state: 'not_configured', sort: 'name', ...page }),
          ),
        );
        return all.map(withId);
      }}
      cursor={values.without}
      onCursor={onCursor}
      empty={
        <Empty
          title={narrowed ? 'No host without a run matches these filters' : 'No host without a reported run'}
        />
      }
    />
  );
}
