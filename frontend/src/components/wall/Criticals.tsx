import { Check, CircleCheckBig } from 'lucide-react';
import { useLayoutEffect, useRef, useState } from 'react';
import type { WallBoard } from '@/api/types';
import { shortDuration } from '@/domain/duration';
import { useNow } from '@/live/clock';
import { usePhone } from '@/ui/usePhone';
import { ShapeIcon } from './Shape';
import { useRoom } from './useRoom';
import css from './Wall.module.css';

/** What is critical, what nobody has taken first, of each the oldest; with its age, as many as there is room for. */
export function Criticals({ board }: { board: WallBoard }) {
  const [list, { height }] = useRoom<HTMLOListElement>();
  const first = useRef<HTMLLIElement>(null);
  const [most, setMost] = useState(board.criticals.length);
  const phone = usePhone();
  const total = board.open.critical;
  useLayoutEffect(() => {
    const row = first.current?.getBoundingClientRect().height ?? 0;
    setMost(phone || row === 0 ? board.criticals.length : Math.max(1, Math.floor(height / row)));
  }, [height, phone, board.criticals.length]);
  const shown = board.criticals.slice(0, most);
  return (
    <section className={css.criticals} aria-label="Critical incidents" data-none={total === 0 || undefined}>
      <h2>
        <b className={css.total}>{total}</b> critical
        {total > shown.length && <small>{shown.length} of them shown</small>}
        {total > 0 && board.unacknowledged_criticals < total && (
          <small>{board.unacknowledged_criticals} without an owner</small>
        )}
      </h2>
      {total === 0 && (
        <p className={css.calm}>
          <CircleCheckBig aria-hidden /> Nothing is critical
        </p>
      )}
      <ol ref={list}>
        {shown.map((incident, at) => (
          <li
            key={incident.id}
            ref={at === 0 ? first : undefined}
            data-taken={incident.acknowledged || undefined}
          >
            <ShapeIcon shape="critical" taken={incident.acknowledged} size="1.5em" />
            <span className={css.what}>
              <b className={css.server}>{incident.server_name}</b>
              <span className={css.trouble}>{incident.what}</span>
            </span>
            {incident.acknowledged && (
              <span className={css.taken}>
                <Check aria-hidden /> taken
              </span>
            )}
            <Age at={incident.opened_at} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Age({ at }: { at: string }) {
  const now = useNow();
  return (
    <time className={css.age} dateTime={at}>
      {shortDuration(now - Date.parse(at))}
    </time>
  );
}
