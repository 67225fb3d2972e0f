import type { WallBoard, WallServer, WallToken } from '@/api/types';
import { byUrgency } from '@/domain/severity';
import { ago, DAY, MIN, mockNow } from './clock';
import { type Handlers, Refusal } from './contract';
import type { World } from './db';
import { found, require } from './list';

/** Screens on walls: their tokens and what they show. */
export const wallTokens = (): WallToken[] => [
  { id: 1, name: 'Lobby', created_at: ago(40 * DAY), last_used_at: ago(20) },
  { id: 2, name: 'Operations room, left', created_at: ago(12 * DAY), last_used_at: ago(3 * DAY) },
];

/** Tokens are their numbers here: `wall-1`. */
const secretOf = (id: number) => `wall-${id}`;

export function wallTokenFits(world: World, header: string | undefined): boolean {
  const shown = header?.replace(/^Bearer /, '');
  return world.wallTokens.some(({ id }) => secretOf(id) === shown);
}

const WORDS: Record<string, string> = {
  server_down: 'Server down',
  service_down: 'Service down',
  disk_bytes: 'Disk space',
  outgoing_mail_abuse: 'Outgoing mail abuse',
};

/** The one that fits, put there where none does. */
function placed<T>(all: T[], fits: (one: T) => boolean, fresh: T): T {
  const known = all.find(fits);
  if (known) return known;
  all.push(fresh);
  return fresh;
}

function boardOf({ servers, incidents }: World): WallBoard {
  const running = incidents.filter((i) => i.status !== 'resolved');
  const criticals = running
    .filter((i) => i.severity === 'critical')
    .sort(
      (a, b) =>
        Number(a.status === 'acknowledged') - Number(b.status === 'acknowledged') ||
        a.opened_at.localeCompare(b.opened_at),
    );
  const places: WallBoard['places'] = [];
  for (const server of [...servers].sort((a, b) => a.name.localeCompare(b.name))) {
    const tag = (key: string) => server.tags.find((t) => t.startsWith(key))?.slice(key.length) ?? null;
    const [dc, rack] = [tag('dc:'), tag('rack:')];
    const worst = running.filter((i) => i.server_id === server.id).sort(byUrgency)[0];
    const place = placed(places, (p) => p.dc === dc, { dc, racks: [] });
    const row = placed(place.racks, (r) => r.rack === rack, { rack, servers: [] });
    row.servers.push({
      name: server.name,
      status: server.status,
      severity: worst?.severity ?? null,
      acknowledged: worst?.status === 'acknowledged',
    } satisfies WallServer);
  }
  const named = (a: string | null, b: string | null) =>
    a === null ? 1 : b === null ? -1 : a.localeCompare(b);
  places.sort((a, b) => named(a.dc, b.dc));
  for (const place of places) place.racks.sort((a, b) => named(a.rack, b.rack));
  const seen = servers.flatMap((s) => (s.is_active && s.last_seen_at ? [s.last_seen_at] : []));
  const count = (severity: string) => running.filter((i) => i.severity === severity).length;
  return {
    at: new Date(mockNow()).toISOString(),
    newest_report_at: seen.sort().at(-1) ?? null,
    open: {
      critical: count('critical'),
      high: count('high'),
      medium: count('medium'),
      low: count('low'),
      info: count('info'),
    },
    unacknowledged_criticals: criticals.filter((i) => i.status === 'open').length,
    criticals: criticals.slice(0, 40).map((i) => ({
      id: i.id,
      what: [WORDS[i.detector] ?? i.detector, ...(i.detector === 'service_down' ? [i.subject] : [])].join(
        ': ',
      ),
      server_name: i.server_name,
      opened_at: i.opened_at,
      acknowledged: i.status === 'acknowledged',
    })),
    places,
  };
}

type Routes = Pick<Handlers, '/api/wall' | '/api/wall-tokens' | '/api/wall-tokens/{id}'>;

export function wall(w: () => World, nextId: () => number): Routes {
  return {
    '/api/wall': { get: () => boardOf(w()) },
    '/api/wall-tokens': {
      get: () => {
        const data = [...w().wallTokens].sort((a, b) => b.id - a.id);
        return { data, meta: { next_cursor: null, total: data.length } };
      },
      post: ({ body }) => {
        require('name', body.name);
        if (w().wallTokens.some((token) => token.name === body.name))
          throw new Refusal(409, 'already_exists', 'such a wall token exists already');
        const row: WallToken = {
          id: nextId(),
          name: body.name,
          created_at: ago(0),
          last_used_at: null,
        };
        w().wallTokens.push(row);
        const token = secretOf(row.id);
        return { ...row, token, url: `https://noc.hostseba.com/wall#${token}` };
      },
    },
    '/api/wall-tokens/{id}': {
      delete: ({ id }) => {
        found(w().wallTokens, id);
        w().wallTokens = w().wallTokens.filter((token) => token.id !== id);
      },
    },
  };
}

/** The fleet of a rack that is lost: so many criticals that a screen has no room for all. */
export function lostRack(world: World): World {
  const template = world.servers[0];
  const cause = world.incidents.find((i) => i.detector === 'server_down');
  if (!template || !cause) return world;
  for (let n = 0; n < 300; n++) {
    const rack = `r${String(1 + Math.floor(n / 25)).padStart(2, '0')}`;
    const lost = rack === 'r03';
    const id = 5000 + n;
    world.servers.push({
      ...template,
      id,
      name: `web-${100 + n}.hostseba`,
      tags: [n < 150 ? 'dc:dhk1' : 'dc:ctg1', `rack:${rack}`],
      status: lost ? 'down' : 'up',
      open_incidents: lost ? 1 : 0,
    });
    if (lost)
      world.incidents.push({
        ...cause,
        id: 9000 + n,
        server_id: id,
        server_name: `web-${100 + n}.hostseba`,
        opened_at: ago((n % 7) * MIN + 60),
        status: n % 9 === 0 ? 'acknowledged' : 'open',
        deliveries: [],
        timeline: [],
      });
  }
  return world;
}
