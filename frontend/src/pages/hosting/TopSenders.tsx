import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { HOSTING_POLL_MS, topSendersQuery } from '@/api/hosting';
import { everyPage, queryClient } from '@/api/queries';
import { FilterChip, SearchFilter, TagFilter } from '@/components/FilterBar';
import {
  isFarAbove,
  SenderCard,
  type SenderRow,
  senderColumns,
  senderRows,
} from '@/components/hosting/SenderTable';
import { ResourceTable } from '@/components/ResourceTable';
import { UnreadableNote } from '@/components/UnreadableNote';
import { useUrlState } from '@/components/useUrlState';
import { choice, integer, readParams, text, type Values } from '@/domain/url-state';
import { useLiveChannel } from '@/live/connection';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/states';

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

export function Component() {
  const [values, change] = useUrlState(params);
  const navigate = useNavigate();
  useLiveChannel(values.server === null ? null : `private-server.${values.server}`);
  const query = useQuery({ ...topSendersQuery(ask(values)), refetchInterval: HOSTING_POLL_MS });
  const data = query.data && { ...query.data, data: senderRows(query.data.data) };
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
      <ResourceTable<SenderRow>
        label="Top Senders"
        columns={senderColumns}
        card={(row) => <SenderCard row={row} />}
        query={{ ...query, data }}
        everything={async () =>
          senderRows(
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
        tone={(row) => (isFarAbove(row) ? 'critical' : undefined)}
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
