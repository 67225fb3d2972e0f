import { SegmentedControl } from '@mantine/core';
import { FIREWALL_ACTIONS, FIREWALL_SOURCES, LOG_RANGES, type LogRange } from '@/domain/firewall';
import { choice, choices, text, type Values } from '@/domain/url-state';
import { ChoiceFilter, SearchFilter } from '../FilterBar';

/** What every log of a firewall can be asked, of the fleet or of one server. */
export const firewallParams = {
  /** An address: the log shows its lines alone. */
  ip: text(),
  range: choice(LOG_RANGES, '24h'),
  /** Part of the reason, the account or the login. */
  q: text(),
  action: choices(FIREWALL_ACTIONS),
  source: choices(FIREWALL_SOURCES),
  cursor: text(),
};

export type FirewallAsked = Values<typeof firewallParams>;

/** Whether lines are left out for another reason than their age. */
export const isNarrowed = ({ q, ip, action, source }: FirewallAsked): boolean =>
  q !== '' || ip !== '' || action.length > 0 || source.length > 0;

/** The part of the question that the server takes as it stands. */
export const firewallAsk = ({ q, ip, action, source }: FirewallAsked) => ({
  q,
  ip,
  action: action.join(','),
  source: source.join(','),
});

interface Props {
  values: FirewallAsked;
  change: (next: Partial<FirewallAsked>) => void;
}

/** How far back, and which lines; what narrows further (an address, a tag, a server) stands beside it. */
export function FirewallFilters({ values, change }: Props) {
  const narrow = (next: Partial<FirewallAsked>) => change({ ...next, cursor: '' });
  return (
    <>
      <SegmentedControl
        aria-label="Range"
        data={[...LOG_RANGES]}
        value={values.range}
        onChange={(range) => narrow({ range: range as LogRange })}
      />
      <SearchFilter label="Reason, account or login" value={values.q} onChange={(q) => narrow({ q })} />
      <ChoiceFilter
        label="Any action"
        options={FIREWALL_ACTIONS}
        value={values.action}
        onChange={(action) => narrow({ action })}
      />
      <ChoiceFilter
        label="Any log"
        options={FIREWALL_SOURCES}
        value={values.source}
        onChange={(source) => narrow({ source })}
      />
    </>
  );
}
