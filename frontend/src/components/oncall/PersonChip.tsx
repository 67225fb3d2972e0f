import { TriangleAlert } from 'lucide-react';
import type { OnCallPerson } from '@/api/types';
import { colourOf } from '@/domain/on-call';
import css from './OnCall.module.css';

interface Props {
  person: OnCallPerson | null;
  strong?: boolean;
  /** They stand in. */
  override?: boolean;
  /** In front of the name, such as a time. */
  children?: React.ReactNode;
}

/** Somebody on duty: a colour of their own, and always the name. */
export function PersonChip({ person, strong, override, children }: Props) {
  const off = person === null || !person.is_active;
  return (
    <span
      className={css.chip}
      data-colour={off ? undefined : colourOf(person.id)}
      data-off={off || undefined}
      data-strong={strong || undefined}
    >
      {off && <TriangleAlert size={12} aria-hidden />}
      {children}
      <span className={css.name}>{person?.name ?? 'nobody'}</span>
      {person && !person.is_active && <small>switched off</small>}
      {override && <small>stands in</small>}
    </span>
  );
}
