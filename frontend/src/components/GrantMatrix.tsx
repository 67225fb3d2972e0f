import { Check, Clock, FileQuestion, Lock, Minus, TimerOff } from 'lucide-react';
import type { Grant } from '@/api/types';
import { isShownKind, kindHead, kindName } from '@/domain/kind';
import { PROBE_MEANING } from '@/domain/probe';
import { usePhone } from '@/ui/usePhone';
import css from './GrantMatrix.module.css';

const ICON = {
  ok: Check,
  stale: Clock,
  no_permission: Lock,
  collector_error: FileQuestion,
  timeout: TimerOff,
  not_installed: Minus,
  no_data: null,
} as const;

/** What an agent may read: a cell a kind of report, told apart by shape as well as colour, and in words for who asks. */
export function GrantMatrix({ grants }: { grants: Grant[] }) {
  const phone = usePhone();
  const shown = grants.filter((grant) => isShownKind(grant.kind));
  return (
    <ul className={css.matrix}>
      {shown.map((grant) => {
        const Icon = ICON[grant.state];
        const words = `${kindName(grant.kind)}: ${PROBE_MEANING[grant.state]}${grant.hint ? `: ${grant.hint}` : ''}`;
        return (
          <li key={grant.kind} className={css.cell}>
            <span className={css.head} aria-hidden>
              {phone ? kindName(grant.kind) : kindHead(grant.kind)}
            </span>
            <span className={css.mark} data-state={grant.state} role="img" aria-label={words} title={words}>
              {Icon && <Icon size={12} strokeWidth={2.4} aria-hidden />}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** `crons no_permission, mysql no_permission` for a file. */
export const grantsText = (grants: Grant[]): string =>
  grants
    .filter((grant) => grant.state !== 'ok' && grant.state !== 'no_data')
    .map((grant) => `${grant.kind} ${grant.state}`)
    .join(', ');
