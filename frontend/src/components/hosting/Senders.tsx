import type { HostMailQueue } from '@/api/types';
import { count, percent, share } from '@/domain/units';
import css from './Senders.module.css';

type Sender = HostMailQueue['top_senders'][number];

/** What stands before the at sign of nothing: a bounce has no sender. */
export const senderName = ({ domain }: Pick<Sender, 'domain'>): string => domain || 'bounces';

/** Who has most messages in a queue, with its share of all. Domains are what strangers wrote: text, never markup. */
export function TopQueueSender({ senders, total }: { senders: Sender[]; total: number | null }) {
  const [first] = senders;
  if (!first) return <span className={css.none}>–</span>;
  const part = share(first.count, total);
  return (
    <span className={css.sender} title={senders.map((s) => `${senderName(s)}: ${count(s.count)}`).join('\n')}>
      <span className={css.name} data-bounce={first.domain === '' || undefined}>
        {senderName(first)}
      </span>
      <small>
        {count(first.count)}
        {part !== null && `, ${percent(part)} of the queue`}
      </small>
    </span>
  );
}
