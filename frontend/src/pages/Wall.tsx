import { useQuery } from '@tanstack/react-query';
import { MonitorOff } from 'lucide-react';
import { useEffect } from 'react';
import { useLocation } from 'react-router';
import { isApiError } from '@/api/error';
import type { WallBoard } from '@/api/types';
import { wallQuery } from '@/api/wall';
import { ThemeSwitch } from '@/components/ThemeSwitch';
import { Criticals } from '@/components/wall/Criticals';
import { Places } from '@/components/wall/Places';
import { ShapeIcon } from '@/components/wall/Shape';
import css from '@/components/wall/Wall.module.css';
import { wallClock, zoneName } from '@/domain/duration';
import { freshness, SHAPE_NAME, shapeCounts, tokenOf } from '@/domain/wall';
import { useNow } from '@/live/clock';
import { Failed, LoadingRows } from '@/ui/states';

/** The fleet for whoever walks by: a page that nobody presses anything on, and that names nobody. */
export function Component() {
  const token = tokenOf(useLocation().hash);
  const query = useQuery(wallQuery(token));
  useEffect(() => {
    document.title = 'Wall · HostSeba NOC';
  }, []);
  const sentAway = token !== null && isApiError(query.error) && query.error.status === 401;
  return (
    <main className={css.wall}>
      <Head board={sentAway ? undefined : query.data} failed={query.error !== null} />
      {sentAway ? (
        <div className={css.away} role="alert">
          <MonitorOff size={56} strokeWidth={1.4} aria-hidden />
          <h2>This screen may not show the fleet</h2>
          <p>
            Its link was revoked, or never was one. An administrator makes another under Settings, Wall
            screens.
          </p>
        </div>
      ) : query.data ? (
        <>
          <div className={css.body}>
            <Criticals board={query.data} />
            <Places board={query.data} />
          </div>
          <Legend board={query.data} />
        </>
      ) : query.error ? (
        <Failed error={query.error} onRetry={query.refetch} />
      ) : (
        <LoadingRows rows={6} height={60} />
      )}
    </main>
  );
}

/** The clock, which is red as long as what stands below is too old to be believed. */
function Head({ board, failed }: { board: WallBoard | undefined; failed: boolean }) {
  const now = useNow();
  const { late, words } = board ? freshness(board, now) : { late: failed, words: '' };
  const clock = wallClock(now);
  return (
    <header className={css.head}>
      <h1>
        HostSeba NOC <span className={css.page}>Wall</span>
      </h1>
      {board && (
        <dl className={css.counts}>
          {(['critical', 'high', 'medium'] as const).map((severity) => (
            <div key={severity} data-severity={severity} data-none={board.open[severity] === 0 || undefined}>
              <dt>{severity}</dt>
              <dd>{board.open[severity]}</dd>
            </div>
          ))}
        </dl>
      )}
      <div className={css.clock} data-late={late || undefined} role="timer" aria-label="Clock">
        <time dateTime={new Date(now).toISOString()}>{clock.slice(11, 19)}</time>
        <span className={css.fresh}>
          {words}
          {failed && board && `${words && ', '}no answer`}
          {!late && !failed && ` · ${clock.slice(5, 10)} ${zoneName(now)}`}
        </span>
      </div>
    </header>
  );
}

function Legend({ board }: { board: WallBoard }) {
  return (
    <footer className={css.legend}>
      <ul aria-label="What the shapes mean">
        {shapeCounts(board).map(([shape, count]) => (
          <li key={shape} data-none={count === 0 || undefined}>
            <ShapeIcon shape={shape} size="1.15em" /> <b className={css.number}>{count}</b>{' '}
            {SHAPE_NAME[shape]}
          </li>
        ))}
        <li>
          <ShapeIcon shape="critical" taken size="1.15em" /> outline: somebody is on it
        </li>
      </ul>
      <ThemeSwitch />
    </footer>
  );
}
