import type { AbuseCase, AbuseStatus } from '@/api/types';
import { count, times } from './units';

/** Cases of mail abuse in words. */
export const ABUSE_STATUS: Record<AbuseStatus, string> = {
  detected: 'not reviewed',
  acknowledged: 'being looked at',
  suspended_by_op: 'suspended by an operator',
  cleared: 'cleared',
  false_positive: 'no abuse',
};

export const ABUSE_VIEWS = ['unreviewed', 'open', 'closed', 'all', 'allowances'] as const;
export type AbuseView = (typeof ABUSE_VIEWS)[number];

/** The statuses a view asks for; empty: all. */
export const STATUSES_OF: Record<AbuseView, string> = {
  unreviewed: 'detected',
  open: 'detected,acknowledged',
  closed: 'suspended_by_op,cleared,false_positive',
  all: '',
  allowances: '',
};

export interface Decision {
  key: string;
  status: AbuseStatus;
  /** What the button says. */
  label: string;
  /** What comes of it, asked before it is done; `null`: done at once. */
  asks: string | null;
}

/** What an operator may decide, by the key that does it. */
export const DECISIONS: Decision[] = [
  { key: '1', status: 'acknowledged', label: 'I look at it', asks: null },
  {
    key: '2',
    status: 'suspended_by_op',
    label: 'I suspended it',
    asks: 'Notes that you suspended the sender at the server itself: this platform only observes and suspends nobody. The incident ends; mail after this is a new case.',
  },
  {
    key: '3',
    status: 'cleared',
    label: 'It is over',
    asks: 'Closes the case: the cause is mended, or nothing needs doing. The incident ends; the next breach is a new case.',
  },
  {
    key: '4',
    status: 'false_positive',
    label: 'No abuse',
    asks: 'Closes the case and lets this sender mail as much, and a fifth more, for 45 days; clean use renews that. Twice as much opens a case all the same.',
  },
];

const SENDER = { login: 'Mailbox', script: 'Script', domain: 'Domain' } as const;

/** `Mailbox info@shop.example`. */
export const senderTitle = (row: Pick<AbuseCase, 'sender' | 'name'>): string =>
  `${SENDER[row.sender]} ${row.name}`;

/** By how much it is more than expected; `null` where nothing was expected. */
export const overExpected = (row: Pick<AbuseCase, 'recipients' | 'expected'>): number | null =>
  row.expected > 0 ? row.recipients / row.expected : null;

const LEARNED: Record<AbuseCase['learned_from'], (row: AbuseCase) => string> = {
  hour_of_day: (row) => `usual in this hour of the day, by the last ${row.samples} days`,
  subject: (row) => `usual for this sender, by ${row.samples} hours of its own`,
  pattern: () => 'its peak that recurs at this time of the week or month',
  fleet: () => 'usual for senders of the whole fleet: this one is new',
  nothing: () => 'nothing is known of it yet: it never sent mail before',
};

/** `12 recipients: usual in this hour of the day, by the last 7 days`. */
export const expectation = (row: AbuseCase): string =>
  row.learned_from === 'nothing'
    ? LEARNED.nothing(row)
    : `${count(Math.round(row.expected))} recipients: ${LEARNED[row.learned_from](row)}`;

/** `2,400 recipients, 200 times as many as expected`. */
export const volume = (row: AbuseCase): string => {
  const over = overExpected(row);
  const many = `${count(row.recipients)} recipients`;
  return over === null ? many : `${many}, ${times(over)} as many as expected`;
};

/** Of its recipients those that failed or were put off, percent. */
export const failedShare = (row: AbuseCase): number | null =>
  row.failures === null || row.recipients === 0 ? null : Math.min(100, (row.failures / row.recipients) * 100);
