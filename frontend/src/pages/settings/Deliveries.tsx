import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { deliveriesQuery, everyPage, queryClient, usersQuery } from '@/api/queries';
import type { Delivery } from '@/api/types';
import { DELIVERY_STATUSES, DeliveryCard, deliveryColumns } from '@/components/DeliveryTable';
import { ChoiceFilter, FilterChip } from '@/components/FilterBar';
import { ResourceTable } from '@/components/ResourceTable';
import { useBlocked, useMe } from '@/components/session';
import { useChannelKeys } from '@/components/useChannelKeys';
import { useUrlState } from '@/components/useUrlState';
import { choices, integer, readParams, text, type Values } from '@/domain/url-state';
import { fromWallText, toWallText, viewersZone } from '@/domain/zone-time';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/states';

const params = {
  status: choices(DELIVERY_STATUSES),
  channel: text(),
  incident_id: integer(),
  user_id: integer(),
  /** Seconds since 1970. */
  from: integer(),
  to: integer(),
  sort: text('trouble'),
  cursor: text(),
};

const instant = (seconds: number | null) =>
  seconds === null ? undefined : new Date(seconds * 1000).toISOString();

const ask = (v: Values<typeof params>) => ({
  ...v,
  status: v.status.join(','),
  incident_id: v.incident_id ?? undefined,
  user_id: v.user_id ?? undefined,
  from: instant(v.from),
  to: instant(v.to),
  limit: 100,
});

export function loader({ request }: { request: Request }) {
  void queryClient.prefetchQuery(deliveriesQuery(ask(readParams(params, new URL(request.url).searchParams))));
  return null;
}

export function Component() {
  const [values, change] = useUrlState(params);
  // Deliveries of incidents arrive by themselves; a test belongs to none and is told to nobody, so it is asked for.
  const query = useQuery({ ...deliveriesQuery(ask(values)), refetchInterval: 10_000 });
  const numbers = [values.incident_id, values.user_id, values.from, values.to];
  const filtered =
    values.status.length > 0 || values.channel !== '' || numbers.some((number) => number !== null);
  const people = usePeople(values.user_id);
  const seen = query.data?.data.map((delivery) => delivery.channel) ?? [];
  const channels = useChannelKeys([...new Set(values.channel ? [values.channel, ...seen] : seen)]);
  return (
    <>
      <PageHeader
        title="Delivery log"
        sub="Who was told what, when, over which channel, and why not. Failed deliveries are tried five more times over about three hours."
      />
      <ResourceTable<Delivery>
        label="Deliveries"
        columns={deliveryColumns}
        card={(delivery) => <DeliveryCard delivery={delivery} />}
        query={query}
        everything={() =>
          everyPage((page) =>
            queryClient.fetchQuery(deliveriesQuery({ ...ask(values), cursor: '', ...page })),
          )
        }
        sort={values.sort}
        ownSort={{ value: 'trouble', label: 'Trouble first' }}
        onSort={(sort) => change({ sort, cursor: '' })}
        cursor={values.cursor}
        onCursor={(cursor) => change({ cursor }, 'push')}
        tone={(delivery) => (delivery.status === 'failed' ? 'critical' : undefined)}
        filters={
          <>
            <ChoiceFilter
              label="Any state"
              options={DELIVERY_STATUSES}
              value={values.status}
              onChange={(status) => change({ status, cursor: '' })}
            />
            <Select
              size="xs"
              style={{ flex: '0 1 170px' }}
              aria-label="Channel"
              placeholder="Any channel"
              data={channels.map(({ value }) => value)}
              value={values.channel || null}
              onChange={(channel) => change({ channel: channel ?? '', cursor: '' })}
              clearable
            />
            <Select
              size="xs"
              style={{ flex: '0 1 170px' }}
              aria-label="Person"
              placeholder="Anybody"
              data={people}
              value={values.user_id === null ? null : String(values.user_id)}
              onChange={(id) => change({ user_id: id === null ? null : Number(id), cursor: '' })}
              searchable
              clearable
            />
            <TimeFilter label="From" value={values.from} onChange={(from) => change({ from, cursor: '' })} />
            <TimeFilter label="To" value={values.to} onChange={(to) => change({ to, cursor: '' })} />
            {values.incident_id !== null && (
              <FilterChip onRemove={() => change({ incident_id: null, cursor: '' })}>
                {`incident #${values.incident_id}`}
              </FilterChip>
            )}
          </>
        }
        empty={
          filtered ? (
            <Empty title="No delivery matches these filters">
              <Link to="/settings/deliveries">Show all deliveries</Link>
            </Empty>
          ) : (
            <Empty title="Nothing was sent yet">Messages of incidents and tests appear here.</Empty>
          )
        }
      />
    </>
  );
}

/** Whom messages were for: everybody for who may see the accounts, else oneself and whoever a link named. */
function usePeople(chosen: number | null) {
  const me = useMe();
  const users = useQuery({ ...usersQuery, enabled: useBlocked('users.view') === null });
  const known = users.data?.data ?? [me];
  const people = known.map(({ id, name }) => ({ value: String(id), label: name }));
  if (chosen !== null && !known.some(({ id }) => id === chosen))
    people.push({ value: String(chosen), label: `user ${chosen}` });
  return people;
}

interface TimeProps {
  label: string;
  /** Seconds since 1970. */
  value: number | null;
  onChange: (value: number | null) => void;
}

/** A moment by the clock of whoever looks; none: no limit. */
function TimeFilter({ label, value, onChange }: TimeProps) {
  const zone = viewersZone();
  return (
    <TextInput
      size="xs"
      type="datetime-local"
      aria-label={`${label}, in ${zone}`}
      title={`${label}, in ${zone}`}
      leftSection={label}
      leftSectionWidth={44}
      style={{ flex: '1 1 230px', maxWidth: 360 }}
      value={value === null ? '' : toWallText(value * 1000, zone)}
      onChange={(event) => {
        const moment = fromWallText(event.currentTarget.value, zone);
        onChange(moment === null ? null : moment / 1000);
      }}
    />
  );
}
