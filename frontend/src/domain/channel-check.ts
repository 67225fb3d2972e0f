import type { Channel } from '@/api/types';

type Check = NonNullable<Channel['last_check']>;

const WAITS: readonly Check['status'][] = ['queued', 'sending', 'retrying'];

/** What came of the message of a day: `sent, 2 of 2 accepted`, `failed, 1 of 2 accepted: 550 no such mailbox`. */
export function checkText({ status, messages, accepted, reason }: Check): { failed: boolean; words: string } {
  const arrived = status === 'sent' || status === 'delivered';
  const counted = messages > 1 ? `, ${accepted} of ${messages} accepted` : '';
  const why = reason && !arrived ? `: ${reason}` : '';
  const name = status === 'queued' || status === 'sending' ? 'on its way' : status;
  return { failed: !arrived && !WAITS.includes(status), words: `${name}${counted}${why}` };
}
