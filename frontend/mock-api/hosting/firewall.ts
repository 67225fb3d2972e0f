import type { AddressOnServer, AddressReport, Attacker, FirewallEvent, Server } from '@/api/types';
import { ago, HOUR, MIN, mockNow } from '../clock';
import { Refusal } from '../contract';
import type { World } from '../db';
import { probeOf, refOf, seeded } from './probes';

type Line = [
  server: number,
  age: number,
  source: FirewallEvent['source'],
  action: FirewallEvent['action'],
  ip: string,
  more: Partial<Pick<FirewallEvent, 'ports' | 'country' | 'user'>>,
  reason: string,
];

/** Attackers write most of what stands in these logs. */
const LINES: Line[] = [
  [
    3,
    40,
    'lfd',
    'brute_force',
    '203.0.113.66',
    { country: 'RU', user: 'root' },
    '(sshd) Failed SSH login: 5 in the last 3600 secs',
  ],
  [
    3,
    41,
    'lfd',
    'temp_block',
    '203.0.113.66',
    { country: 'RU', ports: '22' },
    '(sshd) Failed SSH login: 5 in the last 3600 secs',
  ],
  [
    1,
    3 * MIN,
    'lfd',
    'block',
    '198.51.100.7',
    { country: 'BD', user: 'info@travelbd.example' },
    '(smtpauth) Failed SMTP AUTH login from 198.51.100.7 (BD/Bangladesh/-): 5 in the last 3600 secs',
  ],
  [
    9,
    4 * MIN,
    'modsecurity',
    'mod_security',
    '192.0.2.250',
    {},
    'XSS attack detected: ARGS:q="<script>alert(document.cookie)</script>" <img src=x onerror=alert(1)>',
  ],
  [
    9,
    9 * MIN,
    'csf',
    'port_scan',
    '2001:db8:bad:cafe:1:2:3:4',
    { country: 'NL', ports: '23,2323,5555,7547,8080,8291,37215' },
    '*Port Scan* detected from 2001:db8:bad:cafe:1:2:3:4: 11 hits in the last 60 seconds',
  ],
  [10, 30 * MIN, 'fail2ban', 'block', '203.0.113.66', { country: 'RU' }, '[dovecot] Ban 203.0.113.66'],
  [11, 50 * MIN, 'lfd', 'scanner', '192.0.2.250', {}, `GET /wp-login.php?redirect_to=${'A'.repeat(180)}`],
  [1, 3 * HOUR, 'csf', 'unblock', '198.51.100.99', { country: 'BD' }, 'removed by hand: customer called'],
  [
    14,
    5 * HOUR,
    'lfd',
    'login_failure',
    '198.51.100.99',
    { country: 'BD', user: "o'hara@x.example" },
    '(imapd) 1 failed login',
  ],
  [
    1,
    7 * HOUR,
    'lfd',
    'temp_block',
    '198.51.100.99',
    { country: 'BD', ports: '25,465,587' },
    '(smtpauth) Failed SMTP AUTH login: 5 in the last 3600 secs',
  ],
  [
    3,
    40 * HOUR,
    'csf',
    'block',
    '203.0.113.0/24',
    { country: 'RU' },
    'do not delete: whole network, see ticket',
  ],
];

const COUNTRIES = ['CN', 'BR', 'US', 'VN', 'DE', null];

export function eventsOf(world: World): FirewallEvent[] {
  if (world.quiet) return [];
  const at = (id: number) => world.servers.find((server) => server.id === id && server.is_active);
  const told = LINES.flatMap(([id, age, source, action, ip, more, reason]): FirewallEvent[] => {
    const server = at(id);
    return server
      ? [
          {
            server_id: id,
            server_name: server.name,
            at: ago(age),
            source,
            action,
            ip,
            ports: null,
            country: null,
            user: null,
            ...more,
            reason,
          },
        ]
      : [];
  });
  const noise = world.servers
    .filter((server) => server.status === 'up' && server.is_active)
    .flatMap((server) =>
      Array.from({ length: 12 }, (_, i): FirewallEvent => {
        const dice = (word: string) => seeded(server.name, word, i);
        return {
          server_id: server.id,
          server_name: server.name,
          at: ago(10 * MIN + 23 * HOUR * dice('at')),
          source: 'lfd',
          action: dice('action') > 0.6 ? 'temp_block' : 'brute_force',
          ip: `192.0.2.${1 + Math.floor(40 * dice('ip'))}`,
          ports: null,
          country: COUNTRIES[Math.floor(COUNTRIES.length * dice('ip'))] ?? null,
          user: null,
          reason: '(sshd) Failed SSH login: 5 in the last 3600 secs',
        };
      }),
    );
  const gone: FirewallEvent[] =
    world.servers.length > 0
      ? [
          {
            server_id: 999,
            server_name: null,
            at: ago(2 * HOUR),
            source: 'csf',
            action: 'block',
            ip: '192.0.2.250',
            ports: null,
            country: null,
            user: null,
            reason: 'before the server was deleted',
          },
        ]
      : [];
  return [...told, ...noise, ...gone].sort((a, b) => b.at.localeCompare(a.at));
}

const countsOf = (events: FirewallEvent[]) => {
  const counts = new Map<string, number>();
  for (const { action } of events) counts.set(action, (counts.get(action) ?? 0) + 1);
  return [...counts].map(([action, count]) => ({ action, count })).sort((a, b) => b.count - a.count);
};

export const actionsOf = countsOf;

export function attackersOf(events: FirewallEvent[]): Attacker[] {
  const recent = events.filter(
    (e) => Date.parse(e.at) > mockNow() - 24 * HOUR * 1000 && e.action !== 'unblock',
  );
  const byIp = new Map<string, FirewallEvent[]>();
  for (const event of recent) byIp.set(event.ip, [...(byIp.get(event.ip) ?? []), event]);
  return [...byIp].map(([ip, seen]) => ({
    ip,
    country: seen.find((e) => e.country)?.country ?? null,
    events: seen.length,
    servers: new Set(seen.map((e) => e.server_id)).size,
    actions: countsOf(seen),
    last_at: seen[0]?.at ?? ago(0),
  }));
}

function onServer(server: Server, events: FirewallEvent[]): AddressOnServer {
  const mine = events.filter((e) => e.server_id === server.id);
  const event = mine.find((e) => ['block', 'temp_block', 'unblock'].includes(e.action)) ?? mine[0] ?? null;
  const until = event?.action === 'temp_block' ? Date.parse(event.at) + HOUR * 1000 : null;
  const blocked = event?.action === 'block' || (until !== null && until > mockNow());
  return {
    server: refOf(server),
    state: blocked ? 'blocked' : event?.action === 'unblock' || until !== null ? 'unblocked' : 'seen',
    probe: probeOf(server, 'firewall'),
    event,
    until: until === null ? null : new Date(until).toISOString(),
    events: mine.length,
  };
}

const ORDER = ['blocked', 'unblocked', 'seen', 'unknown'];

export function addressOf(world: World, asked: string): AddressReport {
  const ip = asked.trim().toLowerCase();
  if (!/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)$/.test(ip))
    throw new Refusal(422, 'validation_failed', 'The request is not valid.', {
      ip: ['must be an IPv4 or IPv6 address'],
    });
  const events = eventsOf(world).filter((e) => e.ip === ip);
  const servers = world.servers
    .filter((server) => server.is_active && events.some((e) => e.server_id === server.id))
    .map((server) => onServer(server, events))
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const unknown = world.servers
    .filter((server) => server.is_active && !servers.some((row) => row.server.id === server.id))
    .map((server) => ({ server, probe: probeOf(server, 'firewall') }))
    .filter(({ probe }) => probe.state !== 'ok' && probe.state !== 'not_installed');
  return {
    ip,
    country: events.find((e) => e.country)?.country ?? null,
    looked_back_h: 720,
    blocked_on: servers.filter((row) => row.state === 'blocked').length,
    servers,
    unknown_servers: unknown.length,
    unknown: unknown.slice(0, 5).map(({ server, probe }) => ({
      server: refOf(server),
      state: 'unknown' as const,
      probe,
      event: null,
      until: null,
      events: 0,
    })),
  };
}
