import type { ReactNode } from 'react';
import { Moment, TimeAgo } from './TimeAgo';
import css from './Timeline.module.css';

export interface TimelineItem {
  key: string;
  at: string;
  tone: 'critical' | 'good' | 'accent' | 'neutral';
  icon: ReactNode;
  title: ReactNode;
  body?: ReactNode;
}

/** What happened, newest first, each with who and when. */
export function Timeline({ items }: { items: TimelineItem[] }) {
  return (
    <ol className={css.list}>
      {items.map((item) => (
        <li key={item.key} className={css.item}>
          <span className={css.icon} data-tone={item.tone} aria-hidden>
            {item.icon}
          </span>
          <div className={css.words}>
            <div className={css.head}>
              <span>{item.title}</span>
              <span className={css.when}>
                <Moment at={item.at} /> · <TimeAgo at={item.at} />
              </span>
            </div>
            {item.body && <div className={css.body}>{item.body}</div>}
          </div>
        </li>
      ))}
    </ol>
  );
}
