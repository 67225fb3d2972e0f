import type { Agent, Agents, Server } from '@/api/types';
import { DAY } from '../clock';
import type { World } from '../db';
import { contains, has, page } from '../list';
import { type Kind, probeOf, refOf, seeded } from './probes';

const KINDS = [
  'metrics',
  'processes',
  'mysql',
  'litespeed',
  'firewall',
  'mail-queue',
  'disks',
  'crons',
  'email-stats',
  'cpanel',
  'backups',
  'inventory',
] as const;

const OWN = ['metrics', 'processes', 'inventory'];

/** A host that came back from an outage, one that lost reports, one whose clock is off, one that sends nonsense. */
/** As the server says it. */
const UNREADABLE: Record<string, string> = {
  no_permission: 'may not be read',
  collector_error: 'answers nonsense',
  timeout: 'does not answer in time',
};

const TROUBLE: Record<string, Partial<Pick<Agent, 'spool' | 'skew_ms' | 'refused'>> & { why: string }> = {
  'web-03.hostseba': {
    why: '41 ticks wait in its spool',
    spool: { files: 41, bytes: 812_000, lost_total: 0 },
  },
  'db-03.hostseba': {
    why: '1,204 reports were lost',
    spool: { files: 0, bytes: 0, lost_total: 1204 },
  },
  'mail-01.hostseba': { why: 'its clock is 11 min ahead', skew_ms: -661_000 },
  'web-01.hostseba': {
    why: 'impossible values were refused',
    refused: { total: 38, fields: ['cpu_pct', 'steal_pct'], last_at: '2026-05-07T11:58:00Z' },
  },
};

const RANK: Agent['state'][] = [
  'silent',
  'never_reported',
  'degraded',
  'not_enrolled',
  'healthy',
  'disabled',
];

const kindOf = (name: string): Kind | null => (OWN.includes(name) ? null : (name as Kind));

function agentOf(server: Server): Agent {
  const grants = KINDS.map((kind) => {
    const of = kindOf(kind);
    const probe = probeOf(server, of ?? 'disks');
    const state = of === null && probe.state !== 'stale' && probe.state !== 'no_data' ? 'ok' : probe.state;
    return { kind, state, hint: state === 'ok' ? null : probe.hint, observed_at: probe.observed_at };
  });
  const trouble = TROUBLE[server.name];
  const blind = grants.filter((g) => ['no_permission', 'collector_error', 'timeout'].includes(g.state));
  const reasons = [
    ...(trouble ? [trouble.why] : []),
    ...blind.map((g) => `${g.kind} ${UNREADABLE[g.state]}`),
  ];
  const state: Agent['state'] = !server.is_active
    ? 'disabled'
    : server.last_seen_at === null
      ? 'never_reported'
      : server.status !== 'up'
        ? 'silent'
        : reasons.length > 0
          ? 'degraded'
          : 'healthy';
  return {
    server: refOf(server),
    state,
    reasons: state === 'degraded' ? reasons : [],
    version: server.last_seen_at === null ? null : (server.agent_version ?? null),
    enrolled_at: server.enrolled_at ?? null,
    last_seen_at: server.last_seen_at ?? null,
    uptime_s: server.last_seen_at === null ? null : Math.round(DAY * (1 + 30 * seeded(server.name, 'up'))),
    skew_ms:
      trouble?.skew_ms ??
      (server.last_seen_at === null ? null : Math.round(400 * seeded(server.name, 'skew'))),
    spool: trouble?.spool ?? {
      files: server.last_seen_at === null ? null : 0,
      bytes: server.last_seen_at === null ? null : 0,
      lost_total: server.last_seen_at === null ? null : 0,
    },
    refused: trouble?.refused ?? { total: 0, fields: [], last_at: null },
    grants,
  };
}

/** The page Agents. */
export function agentsOf(world: World, query: URLSearchParams): Agents {
  const all = world.servers.map(agentOf);
  const rows = all
    .filter(
      (agent) =>
        has(query.get('state'), agent.state) &&
        contains(query.get('q'), agent.server.name, agent.server.tags.join(' ')) &&
        (!query.get('tag') || agent.server.tags.includes(query.get('tag') ?? '')) &&
        (!query.get('version') || agent.version === query.get('version')),
    )
    .sort((a, b) => RANK.indexOf(a.state) - RANK.indexOf(b.state));
  const expected = all.filter((agent) => agent.state !== 'disabled');
  const of = (...states: Agent['state'][]) => expected.filter((agent) => states.includes(agent.state)).length;
  const versions = new Map<string | null, number>();
  for (const { version } of expected) versions.set(version, (versions.get(version) ?? 0) + 1);
  return {
    ...page(rows, query),
    summary: {
      expected: expected.length,
      enrolled: expected.filter((agent) => agent.enrolled_at !== null).length,
      healthy: of('healthy'),
      degraded: of('degraded'),
      silent: of('silent', 'never_reported'),
      versions: [...versions]
        .map(([version, agents]) => ({ version, agents }))
        .sort((a, b) => b.agents - a.agents),
    },
  };
}
