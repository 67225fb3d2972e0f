import type { ReactNode } from 'react';
import css from './Faded.module.css';

/** Values that are no longer current are shown, but step back: their colours would speak of now. */
export function Faded({ old, children }: { old: boolean; children: ReactNode }) {
  return (
    <span className={css.value} data-old={old || undefined}>
      {children}
    </span>
  );
}
