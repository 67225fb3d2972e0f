import { ActionIcon, Tooltip } from '@mantine/core';
import { RotateCw } from 'lucide-react';
import { Link } from 'react-router';
import { body, client } from '@/api/client';
import type { Delivery } from '@/api/types';
import type { Column } from '@/ui/DataTable';
import { type Tone, ToneBadge } from '@/ui/StatusBadge';
import { Moment, TimeAgo } from '@/ui/TimeAgo';
import { DeliveryAttempts } from './DeliveryAttempts';
import css from './DeliveryTable.module.css';
import { useBlocked } from './session';
import { useAction } from './useAction';

export const DELIVERY_STATUSES = [
  'failed',
  'retrying',
  'suppressed',
  'queued',
  'sending',
  'sent',
  'delivered',
  'cancelled',
  'expired',
] as const;

const TONE: Record<Delivery['status'], Tone> = {
  failed: 'bad',
  retrying: 'medium',
  suppressed: 'quiet',
  queued: 'busy',
  sending: 'busy',
  sent: 'good',
  delivered: 'good',
  cancelled: 'quiet',
  expired: 'quiet',
};

export const DeliveryStatus = ({ delivery }: { delivery: Delivery }) => (
  <ToneBadge tone={TONE[delivery.status]}>{delivery.status}</ToneBadge>
);

const RETRYABLE = new Set<Delivery['status']>(['failed', 'expired', 'suppressed', 'cancelled']);

/** ↻: once more, now. Blocked with a reason where it would make no sense. */
export function RetryButton({ delivery }: { delivery: Delivery }) {
  const forbidden = useBlocked('deliveries.manage');
  const retry = useAction({
    run: () =>
      body(client.POST('/api/notification-deliveries/{id}/retry', { params: { path: { id: delivery.id } } })),
    done: 'Queued once more',
    refresh: [['deliveries'], ['incidents', delivery.incident_id]],
  });
  const blocked = forbidden ?? (RETRYABLE.has(delivery.status) ? null : 'It is on its way or has arrived');
  return (
    <Tooltip label={blocked ?? 'Send once more'}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Retry delivery to ${delivery.recipient}`}
        aria-disabled={blocked !== null}
        data-disabled={blocked !== null || undefined}
        loading={retry.isPending}
        onClick={() => !blocked && retry.mutate(undefined)}
      >
        <RotateCw size={14} />
      </ActionIcon>
    </Tooltip>
  );
}

export function DeliveryReason({ delivery }: { delivery: Delivery }) {
  return (
    <span className={css.reason}>
      {delivery.reason ??
        (delivery.provider_id ? <span className={css.id}>{delivery.provider_id}</span> : '–')}
      {delivery.next_retry_at && (
        <span className={css.next}>
          next try at <Moment at={delivery.next_retry_at} />
        </span>
      )}
    </span>
  );
}

export const deliveryColumns: Column<Delivery>[] = [
  {
    key: 'status',
    header: 'State',
    width: 104,
    cell: (d) => <DeliveryStatus delivery={d} />,
    csv: (d) => d.status,
  },
  {
    key: 'created_at',
    header: 'When',
    width: 186,
    sortable: true,
    cell: (d) => <Moment at={d.created_at} />,
    csv: (d) => d.created_at,
  },
  { key: 'channel', header: 'Channel', width: 88, cell: (d) => d.channel, csv: (d) => d.channel },
  { key: 'recipient', header: 'Recipient', cell: (d) => d.recipient, csv: (d) => d.recipient },
  { key: 'kind', header: 'Kind', width: 90, cell: (d) => d.kind, csv: (d) => d.kind },
  {
    key: 'incident_id',
    header: 'Incident',
    width: 82,
    cell: (d) =>
      d.incident_id === null ? '–' : <Link to={`/incidents/${d.incident_id}`}>#{d.incident_id}</Link>,
    csv: (d) => d.incident_id,
  },
  {
    key: 'attempts',
    header: 'Tries',
    align: 'right',
    width: 58,
    cell: (d) => <DeliveryAttempts delivery={d} />,
    csv: (d) => d.attempts,
  },
  {
    key: 'reason',
    header: 'Why, or the provider’s answer',
    cell: (d) => <DeliveryReason delivery={d} />,
    csv: (d) => d.reason ?? d.provider_id,
  },
  {
    key: 'retry',
    header: '',
    width: 44,
    align: 'right',
    cell: (d) => <RetryButton delivery={d} />,
    csv: (d) => d.next_retry_at,
  },
];

export function DeliveryCard({ delivery }: { delivery: Delivery }) {
  return (
    <div className={css.card}>
      <div className={css.cardHead}>
        <DeliveryStatus delivery={delivery} />
        <span>
          {delivery.kind} · {delivery.channel}
        </span>
        <span className={css.when}>
          <TimeAgo at={delivery.created_at} />
        </span>
        <DeliveryAttempts delivery={delivery} />
        <RetryButton delivery={delivery} />
      </div>
      <div className={css.recipient}>
        {delivery.recipient}
        {delivery.incident_id !== null && (
          <Link to={`/incidents/${delivery.incident_id}`}>#{delivery.incident_id}</Link>
        )}
      </div>
      {(delivery.reason ?? delivery.provider_id ?? delivery.next_retry_at) !== null && (
        <DeliveryReason delivery={delivery} />
      )}
    </div>
  );
}
