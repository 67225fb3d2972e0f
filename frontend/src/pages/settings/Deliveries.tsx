import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { deliveriesQuery, everyPage, queryClient } from '@/api/queries';
import type { Delivery } from '@/api/types';
import { DELIVERY_STATUSES, DeliveryCard, deliveryColumns } from '@/components/DeliveryTable';
import { ChoiceFilter } from '@/components/FilterBar';
import { ResourceTable } from '@/components/ResourceTable';
import { useUrlState } from '@/components/useUrlState';
import { choices, integer, readParams, text, type Values } from '@/domain/url-state';
import { usePollEvery } from '@/live/connection';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/states';

const params = {
  status: choices(DELIVERY_STATUSES),
  channel: text(),
  incident_id: integer(),
  sort: text('trouble'),
  cursor: text(),
};

const CHANNELS = ['email', 'whatsapp', 'telegram', 'discord', 'slack', 'webhook'];

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
  const query = useQuery({ ...deliveriesQuery(ask(values)), refetchInterval: usePollEvery() });
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
          everyPage((cursor) =>
            queryClient.fetchQuery(deliveriesQuery({ ...ask(values), cursor: cursor ?? '', limit: 500 })),
          )
        }
        sort={values.sort}
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
              w={140}
              aria-label="Channel"
              placeholder="Any channel"
              data={CHANNELS}
              value={values.channel || null}
              onChange={(channel) => change({ channel: channel ?? '', cursor: '' })}
              clearable
            />
            {values.incident_id !== null && (
              <Button variant="light" onClick={() => change({ incident_id: null, cursor: '' })}>
                incident #{values.incident_id} ×
              </Button>
            )}
            {values.sort !== 'trouble' && (
              <Button variant="subtle" color="gray" onClick={() => change({ sort: 'trouble', cursor: '' })}>
                Trouble first
              </Button>
            )}
          </>
        }
        empty={<Empty title="No deliveries">Nothing was sent that matches these filters.</Empty>}
      />
    </>
  );
}
