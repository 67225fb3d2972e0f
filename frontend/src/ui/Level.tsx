import type { ReactNode } from 'react';
import css from './Level.module.css';

export type LevelName = 'fine' | 'warn' | 'danger' | 'none';

/** `danger` from one limit on, `warn` from another; `none` where there is no value. */
export const levelOf = (value: number | null | undefined, warn: number, danger: number): LevelName =>
  value === null || value === undefined
    ? 'none'
    : value >= danger
      ? 'danger'
      : value >= warn
        ? 'warn'
        : 'fine';

/** A value in the colour of how bad it is. The value says it too: colour is never alone. */
export function Level({ level, title, children }: { level: LevelName; title?: string; children: ReactNode }) {
  return (
    <span className={css.level} data-level={level} title={title}>
      {children}
    </span>
  );
}
