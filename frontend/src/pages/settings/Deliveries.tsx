import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { deliveriesQuery, everyPage, queryClient } from '@/api/queries';
import type { Delivery } from '@/api/types';
import { DELIVERY_STATUSES, DeliveryCard, deliveryColumns } from '@/components/DeliveryTable';
import { ChoiceFilter, FilterChip } from '@/components/FilterBar';
import { ResourceTable } from '@/components/ResourceTable';
import { useChannelKeys } from '@/components/useChannelKeys';
import { useUrlState } from '@/components/useUrlState';
import { choices, integer, readParams, text, type Values } from '@/domain/url-state';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/states';

const params = {
  status: choices(DELIVERY_STATUSES),
  channel: text(),
  incident_id: integer(),
  sort: text('trouble'),
  cursor: text(),
};

const ask = (v: Values<typeof params>) => ({
  ...v,
  status: v.status.join(','),
  incident_id: v.incident_id ?? undefined,
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
  const filtered = values.status.length > 0 || values.channel !== '' || values.incident_id !== null;
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
