import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { firewallEventsQuery, HOSTING_POLL_MS, topAttackersQuery } from '@/api/hosting';
import { everyPage, queryClient } from '@/api/queries';
import type { FirewallEvent } from '@/api/types';
import { FilterChip, TagFilter } from '@/components/FilterBar';
import { AddressBox } from '@/components/hosting/AddressBox';
import {
  FirewallFilters,
  firewallAsk,
  firewallParams,
  isNarrowed,
} from '@/components/hosting/FirewallFilters';
import { FirewallCard, firewallColumns } from '@/components/hosting/FirewallTable';
import { TopAttackers } from '@/components/hosting/TopAttackers';
import { ResourceTable } from '@/components/ResourceTable';
import { useUrlState } from '@/components/useUrlState';
import { isAddress, rangeStart, rangeWords } from '@/domain/firewall';
import { withIds } from '@/domain/rows';
import { integer, readParams, text, type Values } from '@/domain/url-state';
import { now } from '@/live/clock';
import { useLiveChannel } from '@/live/connection';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/states';
import css from './Firewall.module.css';

const params = {
  ...firewallParams,
  server: integer(),
  tag: text(),
  /** Of the attackers above the log. */
  country: text(),
  by: text('-events'),
  more: text(),
};

type Asked = Values<typeof params>;

/** The address asked about, unless what was typed is none. */
const addressOf = ({ ip }: Asked): string => (isAddress(ip) ? ip : '');

const logQuery = (v: Asked, page: { cursor?: string; limit: number }) =>
  firewallEventsQuery(
    {
      ...firewallAsk({ ...v, ip: addressOf(v) }),
      server: v.server ?? undefined,
      tag: v.tag,
      ...page,
    },
    v.range,
    () => rangeStart(v.range, now()),
  );

const attackersAsk = (v: Asked) => ({
  server: v.server ?? undefined,
  tag: v.tag,
  country: v.country,
  sort: v.by,
  cursor: v.more,
  limit: 10,
});

export function loader({ request }: { request: Request }) {
  const values = readParams(params, new URL(request.url).searchParams);
  void queryClient.prefetchQuery(topAttackersQuery(attackersAsk(values)));
  void queryClient.prefetchQuery(logQuery(values, { cursor: values.cursor, limit: 100 }));
  return null;
}

type Row = FirewallEvent & { id: string };
const rowsOf = (events: FirewallEvent[]): Row[] =>
  withIds(events, (event) => [event.server_id, event.at, event.ip, event.action, event.reason]);

const columns = firewallColumns<Row>('fleet');

export function Component() {
  const [values, change] = useUrlState(params);
  useLiveChannel(values.server === null ? null : `private-server.${values.server}`);
  return (
    <div className={css.page}>
      <PageHeader
        title="Firewall Events"
        sub="Who was turned away, where and why. This page only reads: letting somebody in again is done on the host."
      />
      <AddressBox
        ip={values.ip}
        onAsk={(ip) => change({ ip, range: ip === '' ? '24h' : '30d', cursor: '' }, 'push')}
      />
      <TopAttackers
        ask={attackersAsk(values)}
        country={values.country}
        onCountry={(country) => change({ country, more: '' })}
        onSort={(by) => change({ by, more: '' })}
        onCursor={(more) => change({ more }, 'push')}
      />
      <Log values={values} change={change} />
    </div>
  );
}

function Log({
  values,
  change,
}: {
  values: Asked;
  change: (next: Partial<Asked>, how?: 'replace' | 'push') => void;
}) {
  const navigate = useNavigate();
  const query = useQuery({
    ...logQuery(values, { cursor: values.cursor, limit: 100 }),
    refetchInterval: HOSTING_POLL_MS,
  });
  const data = query.data && { ...query.data, data: rowsOf(query.data.data) };
  const { server, tag } = values;
  const ip = addressOf(values);
  const filtered = isNarrowed({ ...values, ip }) || server !== null || tag !== '';
  const name = data?.data.find((row) => row.server_id === server)?.server_name ?? `server ${server}`;
  return (
    <ResourceTable<Row>
      label="Firewall log"
      heading={
        <>
          <h2>Log</h2>
          <span>{ip === '' ? 'newest first' : `lines of ${ip}, newest first`}</span>
        </>
      }
      columns={columns}
      card={(event) => <FirewallCard event={event} of="fleet" />}
      query={{ ...query, data }}
      everything={async () =>
        rowsOf(await everyPage((page) => queryClient.fetchQuery(logQuery(values, page))))
      }
      cursor={values.cursor}
      onCursor={(cursor) => change({ cursor }, 'push')}
      onOpen={(event) => event.server_name !== null && navigate(`/servers/${event.server_id}`)}
      filters={
        <>
          <FirewallFilters values={values} change={change} />
          <TagFilter value={tag} onChange={(next) => change({ tag: next, cursor: '', more: '' })} />
          {server !== null && (
            <FilterChip onRemove={() => change({ server: null, cursor: '', more: '' })}>{name}</FilterChip>
          )}
          {ip !== '' && (
            <FilterChip onRemove={() => change({ ip: '', range: '24h', cursor: '' })}>{ip}</FilterChip>
          )}
        </>
      }
      empty={
        filtered ? (
          <Empty title="No line matches these filters">
            <Link to="/hosting/firewall">Show the whole log</Link>
          </Empty>
        ) : (
          <Empty title={`No firewall said anything in the last ${rangeWords(values.range)}`}>
            Hosts whose firewall’s log is not read stand above.
          </Empty>
        )
      }
    />
  );
}
