import { Check, Minus, TriangleAlert, X } from 'lucide-react';
import css from './DayCells.module.css';

/** How a day went: by colour, shape and, for who asks, a sentence. */
export type DayLook = 'good' | 'partial' | 'bad' | 'none' | 'unknown';

const ICON = { good: Check, partial: TriangleAlert, bad: X, none: Minus, unknown: null };

export interface Day {
  date: string;
  look: DayLook;
  /** The whole of it: `Tue 5 May: failed, 2 runs`. */
  words: string;
}

/** One day of a matrix. */
export function DayCell({ look, words }: Omit<Day, 'date'>) {
  const Icon = ICON[look];
  return (
    <span className={css.cell} data-look={look} role="img" aria-label={words} title={words}>
      {Icon && <Icon size={13} strokeWidth={2.4} aria-hidden />}
    </span>
  );
}

/** The days of one thing in a row, each under its head: for a phone, where a matrix has no columns of its own. */
export function DayStrip({ days, head }: { days: Day[]; head: (date: string) => string }) {
  return (
    <ul className={css.strip}>
      {days.map(({ date, ...day }) => (
        <li key={date}>
          <span className={css.head} aria-hidden>
            {head(date)}
          </span>
          <DayCell {...day} />
        </li>
      ))}
    </ul>
  );
}
