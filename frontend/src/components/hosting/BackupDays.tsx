import type { BackupDay, HostBackups } from '@/api/types';
import { dayName } from '@/domain/days';
import type { Day, DayLook } from '@/ui/DayCells';
import { type Tone, ToneBadge } from '@/ui/StatusBadge';

type Status = NonNullable<BackupDay['status']>;

const LOOK: Record<Status, [look: DayLook, word: string]> = {
  success: ['good', 'good'],
  partial: ['partial', 'partly'],
  failed: ['bad', 'failed'],
};

/** How a day of backups went: what every job made of it, the worst of them. Nothing known is not the same as no run. */
export function backupDay(date: string, day: BackupDay | null): Day {
  const name = dayName(date);
  if (day === null) return { date, look: 'unknown', words: `${name}: not known` };
  if (day.status === null) return { date, look: 'none', words: `${name}: no run` };
  const [look, word] = LOOK[day.status];
  return { date, look, words: `${name}: ${word}, ${day.runs} ${day.runs === 1 ? 'run' : 'runs'}` };
}

/** How a host stands, on its badge and in the filter. */
export const BACKUP_TEXT: Record<HostBackups['state'], string> = {
  ok: 'ok',
  stale: 'too old',
  never_good: 'never good',
  not_configured: 'not configured',
};

const STATE: Record<HostBackups['state'], [tone: Tone, title: string]> = {
  ok: ['good', 'A good backup within 30 h'],
  stale: ['bad', 'The last good backup is over 30 h old'],
  never_good: ['bad', 'Runs were reported, none of them good'],
  not_configured: ['quiet', 'No run was ever reported'],
};

/** How a host stands with its backups. */
export function BackupState({ state }: { state: HostBackups['state'] }) {
  const [tone, title] = STATE[state];
  return (
    <ToneBadge tone={tone} title={title}>
      {BACKUP_TEXT[state]}
    </ToneBadge>
  );
}

const RUN: Record<Status, [tone: Tone, text: string]> = {
  success: ['good', 'good'],
  partial: ['medium', 'partly'],
  failed: ['bad', 'failed'],
};

/** How one run ended. */
export function RunStatus({ status }: { status: Status }) {
  const [tone, text] = RUN[status];
  return <ToneBadge tone={tone}>{text}</ToneBadge>;
}
