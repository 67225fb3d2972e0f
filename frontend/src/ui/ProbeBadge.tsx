import { CircleCheck, CircleSlash, Clock, FileQuestion, HelpCircle, Lock, TimerOff } from 'lucide-react';
import { PROBE_MEANING, PROBE_TEXT, type ProbeFacts, type ProbeState } from '@/domain/probe';
import css from './badges.module.css';
import { cx } from './cx';

/** The dashed border means unknown, whatever the reason; only what the host does not have is quiet. */
const LOOK: Record<ProbeState, { icon: typeof Lock; look: string | undefined }> = {
  ok: { icon: CircleCheck, look: css.okData },
  stale: { icon: Clock, look: css.staleData },
  no_data: { icon: HelpCircle, look: css.unknownData },
  no_permission: { icon: Lock, look: css.noPermission },
  not_installed: { icon: CircleSlash, look: css.notInstalled },
  collector_error: { icon: FileQuestion, look: css.unknownData },
  timeout: { icon: TimerOff, look: css.unknownData },
};

/** Where a report stands. None of the six that are not `ok` looks healthy, and none looks like zero. */
export function ProbeBadge({ probe }: { probe: Pick<ProbeFacts, 'state' | 'hint'> }) {
  const { icon: Icon, look } = LOOK[probe.state];
  return (
    <span className={cx(css.badge, look)} title={probe.hint ?? PROBE_MEANING[probe.state]}>
      <Icon size={12} aria-hidden />
      {PROBE_TEXT[probe.state]}
    </span>
  );
}
