import type { NextStep } from '@/api/types';
import { minutesSeconds, utcClock, wallClock, zoneName } from '@/domain/duration';
import { channelsText } from '@/domain/escalation';
import { heldText, stepText } from '@/domain/snooze';
import { capitalised } from '@/domain/words';
import { useNow } from '@/live/clock';

/** What the policy does next and in how many minutes and seconds. */
export function NextStepText({ next }: { next: NextStep | null | undefined }) {
  const now = useNow();
  if (!next) return <span style={{ color: 'var(--ink-3)' }}>–</span>;
  const held = heldText(next);
  if (held !== null || !next.due_at) {
    const why = next.held_for === null ? 'Held while somebody is on it' : undefined;
    return (
      <span style={{ color: 'var(--ink-3)' }} title={why}>
        {held}
      </span>
    );
  }
  const left = Date.parse(next.due_at) - now;
  const title = `${capitalised(stepText(next))}, pass ${next.pass}, over ${channelsText(next.channels)}\nat ${wallClock(next.due_at)} ${zoneName(next.due_at)} (${utcClock(next.due_at)})`;
  return (
    <time dateTime={next.due_at} title={title} style={{ whiteSpace: 'nowrap' }}>
      {left > 0 ? minutesSeconds(left) : 'now'}
    </time>
  );
}
