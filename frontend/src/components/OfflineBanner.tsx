import { CircleAlert, WifiOff } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { queryClient } from '@/api/queries';
import { wallClock, zoneName } from '@/domain/duration';
import { useUnreachableSince } from '@/live/reachability';
import css from './OfflineBanner.module.css';

/** When the oldest answer was given that is still shown though the last attempt to renew it failed; null when all is current. */
function oldestOutdated(): number | null {
  const outdated = queryClient
    .getQueryCache()
    .findAll({
      type: 'active',
      predicate: ({ state }) => state.status === 'error' && state.dataUpdatedAt > 0,
    })
    .map(({ state }) => state.dataUpdatedAt);
  return outdated.length > 0 ? Math.min(...outdated) : null;
}

const subscribe = (listener: () => void) => queryClient.getQueryCache().subscribe(listener);

const clock = (at: number) => `${wallClock(at).slice(11)} ${zoneName(at)}`;

/** Says that what is shown is old, and from when: the server does not answer, or answers with errors. */
export function OfflineBanner() {
  const unreachable = useUnreachableSince();
  const outdated = useSyncExternalStore(subscribe, oldestOutdated);
  if (unreachable === null && outdated === null) return null;
  return (
    <div className={css.banner} role="alert">
      {unreachable !== null ? <WifiOff size={16} aria-hidden /> : <CircleAlert size={16} aria-hidden />}
      <span>
        {unreachable !== null
          ? `The server cannot be reached. What you see is from before ${clock(unreachable)}; trying again by itself.`
          : `The server fails to answer. Some of what you see is from ${clock(outdated ?? 0)}; trying again by itself.`}
      </span>
    </div>
  );
}
