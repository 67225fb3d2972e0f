import type { HostMailQueue, Server, TopSender } from '@/api/types';
import { HOUR } from '../clock';
import type { World } from '../db';
import { hasReport, probeOf, refOf, seeded } from './probes';

/** Queues and senders. Domains, logins and paths are what strangers wrote. */
const DOMAINS = [
  'shop-dhaka.example',
  'newsletter.travelbd.example',
  '',
  '<script>alert(1)</script>.example',
  'a-very-long-domain-of-a-customer-who-likes-words.photography-and-weddings.example',
];

const QUEUES: Record<string, Partial<HostMailQueue>> = {
  'web-11.hostseba': {
    frozen: 1264,
    deferred: 3980,
    deferred_per_h: 612,
    oldest_age_s: 71 * HOUR,
    total: 5402,
  },
  'mail-02.hostseba': {
    frozen: 118,
    deferred: 702,
    deferred_per_h: -35,
    oldest_age_s: 19 * HOUR,
    total: 871,
  },
  'web-01.hostseba': { frozen: 0, deferred: 12, deferred_per_h: null, oldest_age_s: 1400, total: 15 },
  'web-02.hostseba': { frozen: 0, deferred: 0, deferred_per_h: 0, oldest_age_s: null, total: 0 },
};

export function mailQueueOf(server: Server): HostMailQueue {
  const probe = probeOf(server, 'mail-queue');
  const known = hasReport(probe);
  if (!known) {
    return {
      server: refOf(server),
      probe,
      mta: null,
      total: null,
      frozen: null,
      deferred: null,
      deferred_per_h: null,
      oldest_age_s: null,
      bounces_1h: null,
      top_senders: [],
    };
  }
  const of = (size: number, word: string) => Math.round(size * seeded(server.name, word));
  const queue = {
    server: refOf(server),
    probe,
    mta: server.tags.includes('mail') ? 'postfix' : 'exim',
    frozen: of(9, 'frozen'),
    deferred: of(60, 'deferred'),
    deferred_per_h: of(12, 'slope') - 6,
    oldest_age_s: of(5 * HOUR, 'oldest'),
    total: 90 + of(60, 'total'),
    bounces_1h: of(14, 'bounces'),
    ...QUEUES[server.name],
  };
  const total = queue.total ?? 0;
  const top_senders = [0.62, 0.2, 0.05].map((part, i) => ({
    domain: DOMAINS[(server.id + i) % DOMAINS.length] ?? '',
    count: Math.round(total * part),
  }));
  return { ...queue, top_senders: total === 0 ? [] : top_senders };
}

const hours = (seed: string, high: number, missing: number[] = []): (number | null)[] =>
  Array.from({ length: 24 }, (_, i) =>
    missing.includes(i) ? null : Math.round(high * seeded(seed, i) * (0.4 + 0.6 * Math.sin(i / 7) ** 2)),
  );

function sender(server: Server, more: Partial<TopSender>): TopSender {
  const name = more.login ?? more.script ?? '';
  const row = {
    server: refOf(server),
    kind: 'login' as const,
    account: null,
    login: null,
    script: null,
    expected_x: null,
    failures_pct: null,
    addresses: null,
    hours: hours(name, 120),
    ...more,
  };
  const known = row.hours.filter((n) => n !== null);
  return {
    ...row,
    recipients_1h: more.recipients_1h ?? row.hours.at(-1) ?? 0,
    recipients_24h: more.recipients_24h ?? known.reduce((sum, n) => sum + n, 0),
  };
}

/** The login of a customer, for those who may not see it. */
const masked = (login: string): string => login.replace(/^(.).*@/, '$1***@');

export function sendersOf(world: World, seesLogins: boolean): TopSender[] {
  if (world.quiet) return [];
  const at = (id: number) => world.servers.filter((server) => server.id === id && server.is_active);
  const rows = [
    ...at(3).map((s) =>
      sender(s, {
        account: 'travelbd',
        login: 'info@newsletter.travelbd.example',
        hours: [...hours('travel', 90).slice(0, 21), 2400, 5100, 6820],
        expected_x: 41.6,
        failures_pct: 38.2,
        addresses: 57,
      }),
    ),
    ...at(3).map((s) =>
      sender(s, {
        kind: 'script',
        account: 'shopdhk',
        script: '/home/shopdhk/public_html/wp-content/plugins/<img src=x onerror=alert(1)>/mail.php',
        hours: hours('wp', 900, [3, 4, 5]),
        expected_x: 4.2,
      }),
    ),
    ...at(9).map((s) =>
      sender(s, {
        account: 'orders',
        login: 'orders@a-very-long-domain-of-a-customer-who-likes-words.photography.example',
        hours: hours('orders', 260),
        expected_x: 0.8,
        failures_pct: 1.4,
        addresses: 2,
      }),
    ),
    ...at(14).map((s) =>
      sender(s, {
        login: 'new-customer@fresh.example',
        hours: [...Array(20).fill(null), 3, 0, 14, 9],
        addresses: 1,
      }),
    ),
    ...at(10).map((s) =>
      sender(s, { login: '*', hours: hours('rest', 40), expected_x: 1.1, failures_pct: 3, addresses: 31 }),
    ),
    ...world.servers
      .filter((s) => s.is_active && s.id > 100)
      .map((s) =>
        sender(s, {
          account: `user${s.id}`,
          login: `post@site-${s.id}.example`,
          expected_x: 1,
          failures_pct: 2,
          addresses: 1,
        }),
      ),
  ];
  return rows.map((row) => (seesLogins || row.login === null ? row : { ...row, login: masked(row.login) }));
}
