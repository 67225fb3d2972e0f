import type { ReactNode } from 'react';
import { cx } from './cx';
import css from './Panel.module.css';

interface Props {
  title?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  /** Content that reaches the edges, such as a table. */
  flush?: boolean;
  tone?: 'critical';
  /** Accessible name; defaults to a plain-text title. */
  label?: string;
}

/** The one surface that groups things on a page. */
export function Panel({ title, aside, children, flush, tone, label }: Props) {
  // A count of zero is worth showing.
  const hasAside = aside !== undefined && aside !== null && aside !== false;
  return (
    <section
      className={cx(css.panel, tone && css[tone])}
      aria-label={label ?? (typeof title === 'string' ? title : undefined)}
    >
      {(title || hasAside) && (
        <div className={css.head}>
          {title && <h2 className={css.title}>{title}</h2>}
          {hasAside && <div className={css.aside}>{aside}</div>}
        </div>
      )}
      <div className={flush ? undefined : css.body}>{children}</div>
    </section>
  );
}
