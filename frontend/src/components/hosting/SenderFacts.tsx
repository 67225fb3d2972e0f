import type { TopSender } from '@/api/types';
import { count, percent, times } from '@/domain/units';
import { Level, levelOf } from '@/ui/Level';
import { Sparkline } from '@/ui/Sparkline';
import { DataBadge } from '@/ui/StatusBadge';
import css from './SenderFacts.module.css';

/** Who sends: a login, or the path of a script. Both are what customers and attackers chose: text, never markup. */
export const senderId = (sender: TopSender): string => sender.login ?? sender.script ?? '';

/** By how much it is more than usual; `learning` until it is known what is usual. */
export function Expected({ sender }: { sender: TopSender }) {
  if (sender.expected_x === null)
    return <DataBadge state="learning" hint="What is usual for this sender is not known yet." />;
  return <Level level={levelOf(sender.expected_x, 3, 10)}>{times(sender.expected_x)}</Level>;
}

export function Failures({ sender }: { sender: TopSender }) {
  if (sender.failures_pct === null) return <span className={css.none}>–</span>;
  return <Level level={levelOf(sender.failures_pct, 10, 30)}>{percent(sender.failures_pct)}</Level>;
}

/** Addresses it logged in from: many at once is a stolen password. */
export function Addresses({ sender }: { sender: TopSender }) {
  return <Level level={levelOf(sender.addresses, 5, 20)}>{count(sender.addresses)}</Level>;
}

export function Hours({ sender }: { sender: TopSender }) {
  return <Sparkline values={sender.hours} label={`Recipients of the last ${sender.hours.length} hours`} />;
}
