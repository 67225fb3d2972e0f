import { WifiOff } from 'lucide-react';
import { wallClock } from '@/domain/duration';
import { useUnreachableSince } from '@/live/reachability';
import css from './OfflineBanner.module.css';

/** Says that what is shown is old, and from when. */
export function OfflineBanner() {
  const since = useUnreachableSince();
  if (since === null) return null;
  return (
    <div className={css.banner} role="alert">
      <WifiOff size={16} />
      The server cannot be reached. What you see is from before {wallClock(since).slice(11)}; trying again by
      itself.
    </div>
  );
}
