import { TriangleAlert } from 'lucide-react';
import type { Probe } from '@/api/types';
import { DataBadge, type DataLook } from '@/ui/StatusBadge';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './ProbeNote.module.css';

const LOOK: Record<Probe['state'], { badge: DataLook; text: string } | null> = {
  ok: null,
  stale: { badge: 'stale', text: 'The values below are old.' },
  no_data: { badge: 'unknown', text: 'Nothing was ever reported.' },
  no_permission: { badge: 'no_permission', text: 'The agent may not read this.' },
  not_installed: { badge: 'unknown', text: 'There is no such thing on this host.' },
  collector_error: { badge: 'unknown', text: 'The agent could not make sense of what it read.' },
  timeout: { badge: 'unknown', text: 'The agent got no answer in time.' },
};

/** The agent's advice as a sentence; what stands in backquotes is to be typed. */
function Hint({ text }: { text: string }) {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return sentence.split(/`([^`]+)`/).map((part, i) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one fixed text
    i % 2 === 1 ? <code key={i}>{part}</code> : part,
  );
}

/** Says where a report stands, so that unknown never looks like fine. */
export function ProbeNote({ probe }: { probe: Probe }) {
  const look = LOOK[probe.state];
  if (!look) {
    return (
      <p className={css.fresh}>
        measured <TimeAgo at={probe.observed_at} />
      </p>
    );
  }
  return (
    <div className={css.note} role="status">
      <TriangleAlert size={15} aria-hidden />
      <DataBadge state={look.badge} hint={probe.hint} />
      <span>
        {look.text} {probe.hint && <Hint text={probe.hint} />}
      </span>
      {probe.observed_at && (
        <span className={css.when}>
          measured <TimeAgo at={probe.observed_at} />
        </span>
      )}
    </div>
  );
}
