import { Clock, GraduationCap, HelpCircle, Lock } from 'lucide-react';
import css from './badges.module.css';
import { cx } from './cx';

const SERVER = {
  up: css.shapeUp,
  down: css.shapeDown,
  stale: css.shapeStale,
  unknown: css.shapeUnknown,
  registering: css.shapeRegistering,
  disabled: css.shapeDisabled,
} as const;

export type ServerLook = keyof typeof SERVER;

/** What a state means, in a sentence. */
export const MEANING: Record<ServerLook, string> = {
  up: 'Reports on time',
  stale: 'Silent for two report intervals',
  down: 'Silent for long enough that an incident is open',
  unknown: 'No verdict: never seen, or its whole site is silent',
  registering: 'Token used, no report received yet',
  disabled: 'Monitoring is switched off for this server',
};

/** State of a server: a coloured shape (filled, half, square, dashed) and the word. */
export function StatusBadge({ status }: { status: ServerLook }) {
  return (
    <span className={cx(css.badge, css.plain, css[status])} title={MEANING[status]}>
      <span className={cx(css.shape, SERVER[status])} aria-hidden />
      {status}
    </span>
  );
}

const DATA = {
  unknown: { icon: HelpCircle, label: 'unknown', look: css.unknownData },
  stale: { icon: Clock, label: 'stale', look: css.staleData },
  no_permission: { icon: Lock, label: 'no permission', look: css.noPermission },
  learning: { icon: GraduationCap, label: 'learning', look: css.learning },
} as const;

export type DataLook = keyof typeof DATA;

/** What a reading is when it is not a number: each of the four has its own look, none looks healthy. */
export function DataBadge({ state, hint }: { state: DataLook; hint?: string | null }) {
  const { icon: Icon, label, look } = DATA[state];
  return (
    <span className={cx(css.badge, look)} title={hint ?? undefined}>
      <Icon size={12} aria-hidden />
      {label}
    </span>
  );
}

export type Tone = 'good' | 'bad' | 'busy' | 'quiet' | 'medium';

/** A word with a tone: delivery states, incident states, channel health. */
export function ToneBadge({
  tone,
  children,
  title,
}: {
  tone: Tone;
  children: React.ReactNode;
  title?: string;
}) {
  return (
    <span className={cx(css.badge, css[tone])} style={{ paddingLeft: 7 }} data-badge={tone} title={title}>
      {children}
    </span>
  );
}

export function Tags({ tags }: { tags: string[] }) {
  return (
    <span style={{ display: 'inline-flex', gap: 4, flexWrap: 'wrap' }}>
      {tags.map((tag) => (
        <span key={tag} className={css.tag}>
          {tag}
        </span>
      ))}
    </span>
  );
}
