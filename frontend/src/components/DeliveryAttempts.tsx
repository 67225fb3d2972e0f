import { Popover } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { attemptsQuery } from '@/api/queries';
import type { Delivery } from '@/api/types';
import { Failed, LoadingRows } from '@/ui/states';
import { Moment } from '@/ui/TimeAgo';
import css from './DeliveryTable.module.css';

const WORDS: Record<string, string> = {
  sent: 'taken',
  retry: 'not taken, tried again',
  permanent: 'refused',
  unknown: 'may have been taken',
  delivered: 'arrived',
  read: 'read',
  failed: 'did not arrive',
  failed_over: 'went elsewhere as well',
  instead: 'sent instead',
};

/** How often a delivery was tried; pressed, what came of each try and what the provider told afterwards. */
export function DeliveryAttempts({ delivery }: { delivery: Delivery }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} width={360} position="bottom-end" withinPortal shadow="md">
      <Popover.Target>
        <button
          type="button"
          className={css.tries}
          aria-label={`Tries of the delivery to ${delivery.recipient}: ${delivery.attempts}`}
          aria-expanded={open}
          onClick={() => setOpen((was) => !was)}
        >
          {delivery.attempts}
        </button>
      </Popover.Target>
      <Popover.Dropdown>{open && <Attempts id={delivery.id} />}</Popover.Dropdown>
    </Popover>
  );
}

function Attempts({ id }: { id: number }) {
  const query = useQuery(attemptsQuery(id));
  if (query.isPending) return <LoadingRows rows={2} height={28} />;
  if (!query.data) return <Failed error={query.error} onRetry={query.refetch} />;
  if (query.data.data.length === 0) return <span className={css.next}>not tried yet</span>;
  return (
    <ol className={css.attempts}>
      {query.data.data.map((attempt) => (
        <li key={`${attempt.at} ${attempt.outcome} ${attempt.detail}`}>
          <span className={css.next}>
            <Moment at={attempt.at} />
          </span>
          <b>{WORDS[attempt.outcome] ?? attempt.outcome}</b>
          {attempt.detail && <span className={css.reason}>{attempt.detail}</span>}
        </li>
      ))}
    </ol>
  );
}
