import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { HOSTING_POLL_MS, topSendersQuery } from '@/api/hosting';
import { everyPage, queryClient } from '@/api/queries';
import type { TopSender } from '@/api/types';
import { FilterChip, SearchFilter, TagFilter } from '@/components/FilterBar';
import { Addresses, Expected, Failures, Hours, senderId } from '@/components/hosting/SenderFacts';
import { ResourceTable } from '@/components/ResourceTable';
import { ServerLink } from '@/components/ServerLink';
import { UnreadableNote } from '@/components/UnreadableNote';
import { useUrlState } from '@/components/useUrlState';
import { withIds } from '@/domain/rows';
import { count } from '@/domain/units';
import { choice, integer, readParams, text, type Values } from '@/domain/url-state';
import { useLiveChannel } from '@/live/connection';
import type { Column } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/states';
import css from './TopSenders.module.css';

const KINDS = ['all', 'login', 'script'] as const;

const params = {
  q: text(),
  tag: text(),
  server: integer(),
  kind: choice(KINDS, 'all'),
  sort: text('-recipients_1h'),
  cursor: text(),
};

const ask = (v: Values<typeof params>) => ({
  ...v,
  server: v.server ?? undefined,
  kind: v.kind === 'all' ? '' : v.kind,
  limit: 100,
});

export function loader({ request }: { request: Request }) {
  const values = readParams(params, new URL(request.url).searchParams);
  void queryClient.prefetchQuery(topSendersQuery(ask(values)));
  return null;
}

type Row = TopSender & { id: string };

/** Two logins that were masked alike are two rows all the same. */
const rowsOf = (senders: TopSender[]): Row[] =>
  withIds(senders, (sender) => [sender.server.id, sender.kind, sender.account, senderId(sender)]);

const columns: Column<Row>[] = [
  {
    key: 'account',
    header: 'Account',
    width: 110,
    cell: (row) => row.account ?? <span className={css.none}>unknown</span>,
    csv: (row) => row.account,
  },
  {
    key: 'login',
    header: 'Login or script',
    cell: (row) => <Sender row={row} />,
    csv: (row) => row.login,
  },
  { key: 'script', header: 'Script', hidden: true, cell: () => null, csv: (row) => row.script },
  {
    key: 'server',
    header: 'Server',
    width: 160,
    cell: (row) => <ServerLink server={row.server} />,
    csv: (row) => row.server.name,
  },
  {
    key: 'recipients_1h',
    header: 'Recipients 1 h',
    align: 'right',
    width: 116,
    sortable: true,
    cell: (row) => count(row.recipients_1h),
    csv: (row) => row.recipients_1h,
  },
  {
    key: 'recipients_24h',
    header: '24 h',
    align: 'right',
    width: 84,
    sortable: true,
    cell: (row) => count(row.recipients_24h),
    csv: (row) => row.recipients_24h,
  },
  {
    key: 'expected_x',
    header: 'x expected',
    align: 'right',
    width: 94,
    cell: (row) => <Expected sender={row} />,
    csv: (row) => row.expected_x,
  },
  {
    key: 'failures_pct',
    header: 'Failures',
    align: 'right',
    width: 84,
    sortable: true,
    cell: (row) => <Failures sender={row} />,
    csv: (row) => row.failures_pct,
  },
  {
    key: 'addresses',
    header: 'Addresses',
    align: 'right',
    width: 84,
    cell: (row) => <Addresses sender={row} />,
    csv: (row) => row.addresses,
  },
  {
    key: 'hours',
    header: 'Last 24 h',
    width: 140,
    cell: (row) => <Hours sender={row} />,
    csv: (row) => row.hours.map((hour) => hour ?? ''),
  },
];

const Sender = ({ row }: { row: TopSender }) =>
  row.login === '*' || row.script === '*' ? (
    <i title="All that are not named">all others</i>
  ) : row.script === null ? (
    <span className={css.sender}>{row.login}</span>
  ) : (
    <code className={css.sender}>{row.script}</code>
  );

export function Component() {
  const [values, change] = useUrlState(params);
  const navigate = useNavigate();
  useLiveChannel(values.server === null ? null : `private-server.${values.server}`);
  const query = useQuery({ ...topSendersQuery(ask(values)), refetchInterval: HOSTING_POLL_MS });
  const data = query.data && { ...query.data, data: rowsOf(query.data.data) };
  const filtered = values.q !== '' || values.tag !== '' || values.server !== null || values.kind !== 'all';
  const name =
    data?.data.find((row) => row.server.id === values.server)?.server.name ?? `server ${values.server}`;
  return (
    <>
      <PageHeader
        title="Top Senders"
        sub="Who sends most mail, by login and by script. The running hour counts what was sent so far."
      />
      <UnreadableNote unreadable={query.data?.unreadable} tab="mail" />
      <ResourceTable<Row>
        label="Top Senders"
        columns={columns}
        card={(row) => <Card row={row} />}
        query={{ ...query, data }}
        everything={async () =>
          rowsOf(
            await everyPage((page) =>
              queryClient.fetchQuery(topSendersQuery({ ...ask(values), cursor: '', ...page })),
            ),
          )
        }
        sort={values.sort}
        ownSort={{ value: '-recipients_1h', label: 'Most this hour' }}
        onSort={(sort) => change({ sort, cursor: '' })}
        cursor={values.cursor}
        onCursor={(cursor) => change({ cursor }, 'push')}
        onOpen={(row) => navigate(`/servers/${row.server.id}`)}
        tone={(row) => ((row.expected_x ?? 0) >= 10 ? 'critical' : undefined)}
        filters={
          <>
            <SegmentedControl
              aria-label="Kind"
              data={[...KINDS]}
              value={values.kind}
              onChange={(kind) => change({ kind: kind as typeof values.kind, cursor: '' })}
            />
            <SearchFilter
              label="Login, account or script"
              value={values.q}
              onChange={(q) => change({ q, cursor: '' })}
            />
            <TagFilter value={values.tag} onChange={(tag) => change({ tag, cursor: '' })} />
            {values.server !== null && (
              <FilterChip onRemove={() => change({ server: null, cursor: '' })}>{name}</FilterChip>
            )}
          </>
        }
        empty={
          filtered ? (
            <Empty title="No sender matches these filters">
              <Link to="/hosting/top-senders">Show all senders</Link>
            </Empty>
          ) : (
            <Empty title="Nobody was reported to send mail in the last 24 hours">
              Hosts whose mail log is not read stand above.
            </Empty>
          )
        }
      />
    </>
  );
}

function Card({ row }: { row: Row }) {
  return (
    <div className={css.card}>
      <span className={css.head}>
        <Sender row={row} />
        <Expected sender={row} />
      </span>
      <span className={css.facts}>
        <ServerLink server={row.server} />
        {row.account && <span>account {row.account}</span>}
      </span>
      <span className={css.facts}>
        <span>
          <b>{count(row.recipients_1h)}</b> in this hour
        </span>
        <span>
          <b>{count(row.recipients_24h)}</b> in 24 h
        </span>
        {row.failures_pct !== null && (
          <span>
            <Failures sender={row} /> failed
          </span>
        )}
        {row.addresses !== null && (
          <span>
            <Addresses sender={row} /> {row.addresses === 1 ? 'address' : 'addresses'}
          </span>
        )}
      </span>
      <Hours sender={row} />
    </div>
  );
}
