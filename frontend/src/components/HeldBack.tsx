import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { incidentsQuery, windowsQuery } from '@/api/queries';
import type { Incident } from '@/api/types';
import { heldCounts } from '@/domain/held';
import { stateOf } from '@/domain/maintenance';
import { shortMoment, viewersZone } from '@/domain/zone-time';
import { useNowInSteps } from '@/live/clock';
import { usePollEvery } from '@/live/connection';
import { Panel } from '@/ui/Panel';
import { ToneBadge } from '@/ui/StatusBadge';
import css from './HeldBack.module.css';

/** The most urgent of what is open: of more than these it is said that there may be more. */
const openQuery = incidentsQuery({ status: 'open', sort: 'urgency', limit: 200 });

export const heldBackQueries = [openQuery, windowsQuery];

const none: Incident[] = [];

/** What is quiet on purpose: open incidents nobody is told of, and the windows under way. Nothing while nothing is. */
export function HeldBack() {
  const poll = usePollEvery();
  const now = useNowInSteps(1000);
  const open = useQuery({ ...openQuery, refetchInterval: poll });
  const windows = useQuery({ ...windowsQuery, refetchInterval: poll });
  const rows = open.data?.data ?? none;
  const counts = heldCounts(rows);
  const more = (open.data?.meta.total ?? 0) > rows.length;
  const running = (windows.data?.data ?? []).flatMap((window) => {
    const { state, span } = stateOf(window, now);
    return state === 'under_way' && span ? [{ window, span }] : [];
  });
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0 && running.length === 0) return null;
  return (
    <Panel
      flush
      title="Held back now"
      aside={
        <>
          {total}
          {more && '+'} open {total === 1 ? 'incident' : 'incidents'}
        </>
      }
    >
      <ul className={css.list}>
        {counts.map(({ reason, label, count, to }) => (
          <li key={reason} className={css.row}>
            <ToneBadge tone="quiet">{count}</ToneBadge>
            <Link to={to}>{label}</Link>
          </li>
        ))}
        {running.map(({ window, span }) => (
          <li key={window.id} className={css.row}>
            <ToneBadge tone="medium">under way</ToneBadge>
            <Link to={`/maintenance?window=${window.id}`}>{window.name}</Link>
            <span className={css.until}>
              {span.until
                ? `until ${shortMoment(Date.parse(span.until), viewersZone(), now)}`
                : 'without an end'}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
