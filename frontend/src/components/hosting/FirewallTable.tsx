import { Link } from 'react-router';
import type { Attacker, FirewallEvent } from '@/api/types';
import { countryName } from '@/domain/country';
import type { Column } from '@/ui/DataTable';
import { type Tone, ToneBadge } from '@/ui/StatusBadge';
import { Moment, TimeAgo } from '@/ui/TimeAgo';
import css from './FirewallTable.module.css';

const TONE: Record<string, Tone> = {
  block: 'bad',
  temp_block: 'bad',
  unblock: 'good',
  brute_force: 'medium',
  port_scan: 'medium',
  scanner: 'medium',
  mod_security: 'medium',
};

/** What a firewall did or saw. */
export const ActionBadge = ({ action }: { action: string }) => (
  <ToneBadge tone={TONE[action] ?? 'quiet'}>{action.replaceAll('_', ' ')}</ToneBadge>
);

/** A country by its name; logs hold codes, and often none. `headed`: it stands under a head that says what it is. */
export function Country({ code, headed }: { code: string | null; headed?: boolean }) {
  const name = countryName(code);
  if (name === null) return <span className={css.none}>{headed ? 'unknown' : 'country unknown'}</span>;
  return (
    <span className={css.country}>
      <span aria-hidden>{code}</span> {name}
    </span>
  );
}

/** An address, which leads to the question whether it is blocked, where and why. */
export const Address = ({ ip }: { ip: string }) => (
  <Link
    className={css.address}
    data-long={ip.length > 18 || undefined}
    to={`/hosting/firewall?ip=${encodeURIComponent(ip)}&range=30d`}
  >
    {ip}
  </Link>
);

/** Each thing that happened and how often. */
export function Actions({ actions }: { actions: Attacker['actions'] }) {
  return (
    <span className={css.actions}>
      {actions.map(({ action, count }) => (
        <span key={action}>
          <ActionBadge action={action} /> {count.toLocaleString('en-US')}
        </span>
      ))}
    </span>
  );
}

/** The log's own words: attackers wrote some of them, so they are text and nothing else. */
export const Reason = ({ event }: { event: FirewallEvent }) => (
  <span className={css.reason}>{event.reason}</span>
);

const server: Column<FirewallEvent> = {
  key: 'server',
  header: 'Server',
  width: 160,
  cell: (event) =>
    event.server_name === null ? (
      <span className={css.none}>gone</span>
    ) : (
      <Link className={css.plain} to={`/servers/${event.server_id}`}>
        {event.server_name}
      </Link>
    ),
  csv: (event) => event.server_name,
};

/** Columns of a firewall's log; without the host's name where there is only one. */
export function firewallColumns<T extends FirewallEvent>(of: 'fleet' | 'server'): Column<T>[] {
  return [
    { key: 'at', header: 'When', width: 186, cell: (event) => <Moment at={event.at} />, csv: (e) => e.at },
    ...(of === 'fleet' ? [server as Column<T>] : []),
    {
      key: 'action',
      header: 'What, by which log',
      width: 136,
      cell: (event) => (
        <span className={css.two}>
          <ActionBadge action={event.action} />
          <small>{event.source}</small>
        </span>
      ),
      csv: (event) => event.action,
    },
    { key: 'source', header: 'Log', hidden: true, cell: () => null, csv: (event) => event.source },
    {
      key: 'ip',
      header: 'Address',
      width: 160,
      cell: (event) => (
        <span className={css.two}>
          <Address ip={event.ip} />
          <small>
            <Country code={event.country} />
          </small>
        </span>
      ),
      csv: (event) => event.ip,
    },
    { key: 'country', header: 'Country', hidden: true, cell: () => null, csv: (event) => event.country },
    {
      key: 'ports',
      header: 'Ports',
      width: 100,
      wide: true,
      cell: (event) => <span className={css.reason}>{event.ports?.replaceAll(',', ', ') ?? '–'}</span>,
      csv: (event) => event.ports,
    },
    {
      key: 'user',
      header: 'Account',
      width: 120,
      cell: (event) => <span className={css.reason}>{event.user ?? '–'}</span>,
      csv: (event) => event.user,
    },
    {
      key: 'reason',
      header: 'Why, in the log’s words',
      cell: (event) => <Reason event={event} />,
      csv: (event) => event.reason,
    },
  ];
}

/** A line of the log on a phone. */
export function FirewallCard({ event, of }: { event: FirewallEvent; of: 'fleet' | 'server' }) {
  return (
    <div className={css.card}>
      <span className={css.head}>
        <ActionBadge action={event.action} />
        <Address ip={event.ip} />
        <span className={css.when}>
          <TimeAgo at={event.at} />
        </span>
      </span>
      <Reason event={event} />
      <span className={css.facts}>
        {of === 'fleet' && <span>{event.server_name ?? 'a server that is gone'}</span>}
        <Country code={event.country} />
        {event.user && <span className={css.reason}>account {event.user}</span>}
        {event.ports && <span>ports {event.ports.replaceAll(',', ', ')}</span>}
        <span>{event.source}</span>
      </span>
    </div>
  );
}
