import { CircleCheck, CircleSlash, Clock, FileQuestion, HelpCircle, Lock, TimerOff } from 'lucide-react';
import { PROBE_MEANING, type ProbeFacts, type ProbeState } from '@/domain/probe';
import css from './badges.module.css';
import { cx } from './cx';

/** The dashed border means unknown, whatever the reason; only what the host does not have is quiet. */
const LOOK: Record<ProbeState, { icon: typeof Lock; label: string; look: string | undefined }> = {
  ok: { icon: CircleCheck, label: 'ok', look: css.okData },
  stale: { icon: Clock, label: 'stale', look: css.staleData },
  no_data: { icon: HelpCircle, label: 'no data', look: css.unknownData },
  no_permission: { icon: Lock, label: 'no permission', look: css.noPermission },
  not_installed: { icon: CircleSlash, label: 'not installed', look: css.notInstalled },
  collector_error: { icon: FileQuestion, label: 'collector error', look: css.unknownData },
  timeout: { icon: TimerOff, label: 'no answer', look: css.unknownData },
};

/** Where a report stands. None of the six that are not `ok` looks healthy, and none looks like zero. */
export function ProbeBadge({ probe }: { probe: Pick<ProbeFacts, 'state' | 'hint'> }) {
  const { icon: Icon, label, look } = LOOK[probe.state];
  return (
    <span className={cx(css.badge, look)} title={probe.hint ?? PROBE_MEANING[probe.state]}>
      <Icon size={12} aria-hidden />
      {label}
    </span>
  );
}
