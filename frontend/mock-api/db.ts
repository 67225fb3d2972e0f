import type { Policy, Preferences, Session } from '@/api/types';
import { mockChannels } from './channels';
import { ago, DAY, HOUR, MIN } from './clock';
import { groupUp } from './groups';
import { abuseCases, abuseIncidents, allowances } from './hosting/abuse';
import { refOf } from './hosting/probes';
import { delivery, INCIDENTS, incident } from './incidents';
import { windows } from './maintenance';
import { messageKinds } from './messages';
import { myContacts } from './my-alerts';
import { onCallSchedules } from './on-call';
import { type Role, user } from './people';
import { SERVERS, server } from './servers';
import { policy, rule, token } from './settings';
import { wallTokens } from './wall';

/** The mock's world: a small hosting fleet on a bad morning. */
export function freshWorld() {
  const servers = SERVERS.map(server);
  const incidents = [...INCIDENTS, ...abuseIncidents()].map((seed) => incident(seed, servers));
  groupUp(incidents);
  for (const s of servers)
    s.open_incidents = incidents.filter((i) => i.server_id === s.id && i.status !== 'resolved').length;
  const deliveries = [
    delivery(71, 42, 'sent', 258, {
      recipient: 'operator@hostseba.com',
      user_id: 2,
      provider_id: '250 2.0.0 Ok: queued as 4F2K1',
    }),
    delivery(72, 42, 'retrying', 258, {
      attempts: 2,
      reason: '451 4.7.1 greylisted, try again later',
      next_retry_at: ago(-95),
    }),
    delivery(73, 41, 'failed', 519, {
      recipient: 'oncal@hostseba.co',
      attempts: 1,
      reason: '550 5.1.1 no such mailbox',
    }),
    delivery(74, 41, 'sent', 518, { provider_id: '250 Ok: queued as 9AA01' }),
    delivery(75, 44, 'cancelled', 640, {
      recipient: 'duty@hostseba.com',
      user_id: 3,
      reason: 'acknowledged by Day operator before it was sent',
      attempts: 0,
    }),
    delivery(76, 38, 'sent', 8.6 * HOUR, { kind: 'recovery', provider_id: '250 Ok: queued as 7C220' }),
    delivery(77, 36, 'expired', 47 * HOUR, { reason: 'over before the third try', attempts: 3 }),
    delivery(78, null, 'sent', 3 * DAY, { kind: 'test', recipient: 'ops@hostseba.com' }),
  ];
  for (const i of incidents) {
    i.deliveries = deliveries.filter((d) => d.incident_id === i.id);
    const meant = i.deliveries.filter((d) => d.kind === 'problem' && !/cancelled|expired/.test(d.status));
    i.told = { messages: meant.length, accepted: meant.filter((d) => d.status === 'sent').length };
  }
  const users = [
    user(1, 'Admin', 'admin@hostseba.com', 'admin', { last_login_at: ago(4 * MIN) }),
    user(2, 'Day operator', 'operator@hostseba.com', 'operator'),
    user(3, 'Night duty', 'duty@hostseba.com', 'oncall'),
    user(4, 'Front Desk', 'desk@hostseba.com', 'viewer', { last_login_at: null, must_change_password: true }),
    user(5, 'Former Colleague', 'former@hostseba.com', 'operator', { is_active: false }),
    user(6, 'First Login', 'first@hostseba.com', 'admin', { must_change_password: true }),
    user(7, 'Reader', 'reader@hostseba.com', 'viewer'),
  ];
  const step = (
    delay_seconds: number,
    at_seconds: number,
    roles: Role[],
    more: Partial<Policy['steps'][number]> = {},
  ) => ({
    delay_seconds,
    at_seconds,
    channels: ['email'],
    targets: { users: [], roles, external: [] },
    only_if_unacknowledged: true,
    ...more,
  });
  const policies = [
    policy(1, 'Default', {
      is_default: true,
      used_by_rules: 2,
      steps: [step(0, 0, ['oncall']), step(900, 900, ['admin'])],
    }),
    policy(2, 'Critical web servers', {
      used_by_rules: 1,
      repeat: 1,
      steps: [
        step(0, 0, ['oncall'], { channels: ['email', 'webhook'] }),
        step(300, 300, ['admin']),
        step(900, 1200, ['admin', 'oncall'], {
          targets: { users: [2], roles: ['admin', 'oncall'], external: ['+8801700000000'] },
          only_if_unacknowledged: false,
        }),
      ],
    }),
    policy(3, 'Only watch', { repeat: 0, steps: [step(0, 0, ['viewer'], { channels: [] })] }),
  ];
  const rules = [
    rule(1, 'Everything else', { is_default: true, condition: { type: 'detector', detector: '*' } }),
    rule(2, 'Silent web servers', {
      scope: { tags: ['cpanel'] },
      condition: { type: 'detector', detector: 'server_down' },
      escalation_policy_id: 2,
      escalation_policy_name: 'Critical web servers',
    }),
    rule(3, 'Load over 4 per core', {
      severity: 'high',
      condition: {
        type: 'threshold',
        metric: 'metrics.load1',
        comparator: '>',
        threshold: 64,
        for_seconds: 600,
        clear_threshold: 32,
      },
      runbook_url: 'https://wiki.example.com/load',
    }),
    rule(4, 'CPU busy', {
      enabled: false,
      severity: 'low',
      scope: { server_ids: [3, 4] },
      condition: {
        type: 'threshold',
        metric: 'metrics.cpu_pct',
        comparator: '>=',
        threshold: 90,
        clear_threshold: 80,
        for_seconds: 900,
      },
      channels: ['email'],
      escalation_policy_id: null,
      escalation_policy_name: null,
    }),
  ];
  const channels = mockChannels();
  const sessions: Session[] = [
    {
      id: 's1',
      ip: '203.0.113.7',
      user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36',
      created_at: ago(4 * MIN),
      last_seen_at: ago(10),
      expires_at: ago(-30 * DAY),
      current: true,
    },
    {
      id: 's2',
      ip: '198.51.100.24',
      user_agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/605.1',
      created_at: ago(2 * DAY),
      last_seen_at: ago(7 * HOUR),
      expires_at: ago(-28 * DAY),
      current: false,
    },
  ];
  return {
    servers,
    incidents,
    deliveries,
    users,
    policies,
    rules,
    channels,
    sessions,
    tokens: [
      token(11, 'web-15.hostseba', { uses: 1, state: 'used', created_at: ago(25 * MIN) }),
      token(12, 'web-16.hostseba', { expires_at: ago(-35 * MIN), created_at: ago(25 * MIN) }),
      token(13, 'rack-7', {
        max_uses: 20,
        uses: 6,
        expires_at: ago(-9 * HOUR),
        tags: ['dc:dhaka-2', 'rack:7'],
      }),
      token(14, 'web-17.hostseba', {
        state: 'expired',
        expires_at: ago(2 * HOUR),
        created_at: ago(3 * HOUR),
      }),
    ],
    abuse: abuseCases(servers),
    allowances: allowances(servers),
    windows: windows(),
    messages: messageKinds(),
    wallTokens: wallTokens(),
    onCall: onCallSchedules(users),
    contacts: myContacts(),
    preferences: new Map<number, Preferences>(),
    nextId: 500,
    /** Nothing happens: what is listed by what happened is empty. */
    quiet: false,
  };
}

/** A night on which nothing happens. */
export function quietWorld(): World {
  const world = freshWorld();
  for (const s of world.servers)
    Object.assign(s, { status: 'up', is_active: true, open_incidents: 0, last_seen_at: ago(20) });
  return {
    ...world,
    incidents: [],
    deliveries: [],
    tokens: [],
    abuse: [],
    allowances: [],
    windows: [],
    wallTokens: [],
    quiet: true,
  };
}

/** The first minute after the installation. */
export const emptyWorld = (): World => ({
  ...quietWorld(),
  servers: [],
  rules: [],
  policies: [],
  onCall: [],
});

/** A fleet that fills several pages, with names as long as names may be. */
export function largeWorld(): World {
  const world = freshWorld();
  const [model] = world.servers.filter((s) => s.name === 'web-02.hostseba');
  if (!model) return world;
  const names = Array.from({ length: 240 }, (_, i) =>
    i % 40 === 7
      ? `customer-${i}.a-very-long-host-name.of-the-second-data-centre.dhaka.hostseba.example`
      : `node-${String(i).padStart(3, '0')}.hostseba`,
  );
  const more = names.map((name, i) => ({
    ...model,
    id: 101 + i,
    name,
    hostname: name,
    open_incidents: 0,
    last_seen_at: ago(5 + (i % 50)),
  }));
  const abuse = more.slice(0, 90).map((server, i) => ({
    ...world.abuse[i % world.abuse.length],
    id: 1000 + i,
    server: refOf(server),
  })) as World['abuse'];
  return { ...world, servers: [...world.servers, ...more], abuse: [...world.abuse, ...abuse] };
}

export type World = ReturnType<typeof freshWorld>;
