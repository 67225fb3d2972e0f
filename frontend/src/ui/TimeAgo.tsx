import { shortDuration, utcClock, wallClock, zoneName } from '@/domain/duration';
import { useNow } from '@/live/clock';

/** How long ago, ticking; the moment itself in the viewer's zone and in UTC on hover. */
export function TimeAgo({ at, suffix = ' ago' }: { at: string | null | undefined; suffix?: string }) {
  const now = useNow();
  if (!at) return <span style={{ color: 'var(--ink-3)' }}>never</span>;
  return (
    <time
      dateTime={at}
      title={`${wallClock(at)} ${zoneName(at)}\n${utcClock(at)}`}
      style={{ whiteSpace: 'nowrap' }}
    >
      {shortDuration(now - Date.parse(at))}
      {suffix}
    </time>
  );
}

/** The moment itself in the viewer's zone, which it names, since a phone has no hover; UTC on hover. */
export function Moment({ at }: { at: string | null | undefined }) {
  if (!at) return <span style={{ color: 'var(--ink-3)' }}>–</span>;
  return (
    <time dateTime={at} title={utcClock(at)} style={{ whiteSpace: 'nowrap' }}>
      {wallClock(at)} <span style={{ color: 'var(--ink-3)' }}>{zoneName(at)}</span>
    </time>
  );
}
