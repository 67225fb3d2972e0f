import { useQuery } from '@tanstack/react-query';
import { onCallNowQuery } from '@/api/queries';
import type { Incident, NextStep } from '@/api/types';
import { toldSentence, toldText, whoText } from '@/domain/next-step';

/** How much of what was told arrived: `2/3`. None of it is trouble of its own. */
export function ToldCount({ incident }: { incident: Pick<Incident, 'told'> }) {
  const text = toldText(incident);
  const lost = incident.told.messages > 0 && incident.told.accepted === 0;
  return (
    <span
      title={toldSentence(incident)}
      style={{ color: lost ? 'var(--critical)' : text === null ? 'var(--ink-3)' : undefined }}
    >
      {text ?? '–'}
    </span>
  );
}

/** Whom the next step tells, with who is on call now. */
export function NextWho({ next }: { next: NextStep }) {
  const onDuty = useQuery({ ...onCallNowQuery, enabled: next.targets.roles.includes('oncall') });
  const duty = onDuty.data?.data.flatMap(({ user }) => (user?.is_active ? [user.name] : [])) ?? [];
  return <>{whoText(next.targets, [...new Set(duty)])}</>;
}
