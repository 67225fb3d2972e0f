import { Link } from 'react-router';
import { wallClock } from '@/domain/duration';
import type { Mark } from '@/domain/overlay';
import { HAPPENING_COLOR } from '@/ui/TimeChart';
import css from './KindCharts.module.css';

/** So many are named; the rest is counted. */
const NAMED = 6;
const DAY_S = 86_400;

/** In words what is marked behind the charts, the newest first: colours alone would have to be guessed. */
export function ChartMarks({ marks, seconds }: { marks: Mark[]; seconds: number }) {
  if (marks.length === 0) return null;
  const newest = [...marks].sort((a, b) => b.from - a.from);
  const clock = (at: number) => wallClock(at * 1000).slice(seconds > DAY_S ? 5 : 11, 16);
  return (
    <ul className={css.marks} aria-label="Marked behind the charts">
      {newest.slice(0, NAMED).map((mark) => (
        <li key={`${mark.what}-${mark.from}-${mark.name}`}>
          <span className={css.swatch} style={{ background: `var(${HAPPENING_COLOR[mark.what]})` }} />
          <time dateTime={new Date(mark.from * 1000).toISOString()}>{clock(mark.from)}</time>{' '}
          {mark.id === undefined ? (
            <span>{mark.what === 'backup' ? `backup ${mark.name}` : mark.name}</span>
          ) : (
            <Link to={`/incidents/${mark.id}`}>{mark.name}</Link>
          )}
        </li>
      ))}
      {marks.length > NAMED && <li>and {marks.length - NAMED} more</li>}
    </ul>
  );
}
