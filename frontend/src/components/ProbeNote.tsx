import { Info, TriangleAlert } from 'lucide-react';
import type { Probe } from '@/api/types';
import { PROBE_MEANING } from '@/domain/probe';
import { HintText } from '@/ui/HintText';
import { ProbeBadge } from '@/ui/ProbeBadge';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './ProbeNote.module.css';

const Words = ({ probe }: { probe: Probe }) => (
  <>
    {PROBE_MEANING[probe.state]}
    {probe.hint && (
      <>
        : <HintText text={probe.hint} />
      </>
    )}
  </>
);

/** Says where a report stands, so that unknown never looks like fine: above the values of one host. */
export function ProbeNote({ probe }: { probe: Probe }) {
  if (probe.state === 'ok') {
    return (
      <p className={css.fresh}>
        measured <TimeAgo at={probe.observed_at} />
      </p>
    );
  }
  // What a host does not have is a fact, not a warning.
  const quiet = probe.state === 'not_installed';
  const Icon = quiet ? Info : TriangleAlert;
  return (
    <div className={css.note} data-quiet={quiet || undefined} role="status">
      <Icon size={15} aria-hidden />
      <ProbeBadge probe={probe} />
      <span>
        <Words probe={probe} />
      </span>
      {probe.observed_at && (
        <span className={css.when}>
          measured <TimeAgo at={probe.observed_at} />
        </span>
      )}
    </div>
  );
}

/** The same in a row of many hosts, in the place of its values. */
export function ProbeInline({ probe }: { probe: Probe }) {
  return (
    <span className={css.inline}>
      <ProbeBadge probe={probe} />
      <span>
        <Words probe={probe} />
      </span>
    </span>
  );
}
