import type { HostLitespeed } from '@/api/types';
import { shortSeconds } from '@/domain/duration';
import { percent } from '@/domain/units';
import { DataBadge, ToneBadge } from '@/ui/StatusBadge';

/** Whether it runs, by the age of the report that it writes itself. */
export function WebServerState(props: { state: HostLitespeed['state']; reportAge: number | null }) {
  const { state, reportAge } = props;
  if (state === 'unknown') return <DataBadge state="unknown" hint="Whether it runs is not known." />;
  if (state === 'running') return <ToneBadge tone="good">running</ToneBadge>;
  const why = reportAge === null ? undefined : `Its own report is ${shortSeconds(reportAge)} old`;
  return (
    <ToneBadge tone="bad" title={why}>
      stopped
    </ToneBadge>
  );
}

type Ratio = HostLitespeed['hit_ratio_state'];

/** `87 %`; `no requests` where there is nothing to divide by; an en dash where it is not known. */
export function hitRatioText(state: Ratio, pct: number | null): string {
  return state === 'no_requests' ? 'no requests' : percent(state === 'measured' ? pct : null);
}

export function HitRatio({ state, pct }: { state: Ratio; pct: number | null }) {
  const title =
    state === 'no_requests'
      ? 'Nothing was asked that the cache could have answered'
      : state === 'unknown'
        ? 'Known from the second report after a start on'
        : undefined;
  return (
    <span title={title} style={state === 'measured' ? undefined : { color: 'var(--ink-3)' }}>
      {hitRatioText(state, pct)}
    </span>
  );
}

/** `Enterprise 6.3.4` of `LiteSpeed Web Server/Enterprise/6.3.4`: that it is a LiteSpeed is known. */
export const serverVersion = (version: string | null): string =>
  version?.replace(/^LiteSpeed( Web Server)?[/ ]/, '').replaceAll('/', ' ') ?? '–';
