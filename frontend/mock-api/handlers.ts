import type { AlertRule, IncidentDetail, Policy, Server } from '@/api/types';
import { byUrgency, severityRank } from '@/domain/severity';
import { backtestOf } from './backtest';
import { channelHandlers } from './channels';
import { ago, mockNow } from './clock';
import { type Ask, type Handlers, Refusal } from './contract';
import type { World } from './db';
import { deliveryHandlers } from './deliveries';
import { groupUp } from './groups';
import { hosting } from './hosting';
import { isAskedFor } from './incidents';
import { by, found, page, require, sorted } from './list';
import { maintenance } from './maintenance';
import { metrics } from './measurements';
import { messageHandlers } from './messages';
import { myAlerts } from './my-alerts';
import { onCall } from './on-call';
import { overlays } from './overlays';
import { meOf } from './people';
import { DISKS, serversAsked, servicesOf } from './servers';
import { CATALOGUE, token } from './settings';
import { simulated } from './simulate';
import { wall } from './wall';

/** Events that the socket hands on, as the server would. */
export type Publish = (channel: string, event: string, data: unknown) => void;

export interface MockState {
  world: World;
  signedIn: number | null;
  /** Another backtest runs. */
  busy: boolean;
}

export function handlers(state: MockState, publish: Publish): Handlers {
  const w = () => state.world;
  const me = () => {
    const user = w().users.find((u) => u.id === state.signedIn);
    if (!user) throw new Refusal(401, 'unauthenticated', 'Sign in first.');
    return user;
  };
  const whole = <T>(data: T[]) => ({ data, meta: { next_cursor: null, total: data.length } });
  const nextId = () => w().nextId++;

  const transition = (
    ask: Ask,
    from: IncidentDetail['status'][],
    change: (i: IncidentDetail) => void,
    type: string,
    detail: object = {},
  ) => {
    const incident = found(w().incidents, ask.id);
    if (!from.includes(incident.status))
      throw new Refusal(409, 'invalid_transition', `The incident is ${incident.status}.`);
    change(incident);
    incident.timeline.push({
      id: nextId(),
      at: ago(0),
      type,
      actor: `user:${me().id}`,
      actor_name: me().name,
      detail: detail as IncidentDetail['timeline'][number]['detail'],
    });
    groupUp(w().incidents);
    publish('private-incidents', 'incident.updated', incident);
    return incident;
  };

  const acknowledge = (ask: Ask, detail: object = {}) =>
    transition(
      ask,
      // Who was asked whether they are still on it takes it on again.
      found(w().incidents, ask.id).asked_at === null ? ['open'] : ['open', 'acknowledged'],
      (i) => {
        // Somebody was faster, for the list of what failed.
        if (i.id === 45) throw new Refusal(409, 'invalid_transition', 'The incident is resolved.');
        Object.assign(i, {
          status: 'acknowledged',
          acknowledged_at: ago(0),
          acknowledged_by: { id: me().id, name: me().name },
          asked_at: null,
        });
        if (i.escalation) i.escalation = { ...i.escalation, state: 'paused', due_at: null };
      },
      'acknowledged',
      detail,
    );

  /** From whoever was seen to have it; at the 47th a colleague is faster. */
  const takeOver = (ask: Ask, from: number | null) => {
    const named = found(w().incidents, ask.id);
    const owner = named.acknowledged_by;
    const is = named.status === 'acknowledged' && (owner?.id ?? null) === from;
    const third = named.id === 47 && owner?.name === 'Night duty';
    if (third) named.acknowledged_by = { id: 2, name: 'Day operator' };
    if (third || (named.status !== 'resolved' && (!is || owner?.id === me().id)))
      throw new Refusal(409, 'owner_changed', `incident ${named.id} is with somebody else by now`);
    const giver = owner?.name ?? 'somebody without an account';
    return transition(
      ask,
      ['acknowledged'],
      (i) =>
        Object.assign(i, {
          acknowledged_at: ago(0),
          acknowledged_by: { id: me().id, name: me().name },
          asked_at: null,
        }),
      'taken_over',
      { text: `Taken over by ${me().name} from ${giver}.`, by: me().name, from: giver },
    );
  };

  /** Every open one of its group, and who joins within half an hour. */
  const acknowledgeGroup = (ask: Ask) => {
    const named = found(w().incidents, ask.id);
    const open = (named.group?.members ?? []).filter((member) => member.status === 'open');
    if (!named.group) return acknowledge(ask);
    if (open.length === 0) throw new Refusal(409, 'invalid_transition', `The incident is ${named.status}.`);
    const others = open.length === 1 ? 'who joins its group' : `${open.length - 1} other of its group`;
    for (const { id } of open)
      acknowledge(
        { ...ask, id },
        { text: `Acknowledged by ${me().name}, with ${others}.`, by: me().name, group_id: named.group.id },
      );
    groupUp(w().incidents, { covered_until: ago(-1800), covered_by: { id: me().id, name: me().name } });
    return named;
  };

  const incidentList = (q: URLSearchParams, serverId = Number(q.get('server_id')) || null) =>
    sorted(
      w().incidents.filter(
        (i) => isAskedFor(i, q, me().id) && (serverId === null || i.server_id === serverId),
      ),
      q.get('sort') ?? '-opened_at',
      {
        urgency: byUrgency,
        severity: (a: IncidentDetail, b: IncidentDetail) =>
          severityRank(b.severity) - severityRank(a.severity),
        opened_at: by((i) => i.opened_at),
        last_seen_at: by((i) => i.last_seen_at),
      },
    );

  const saveRule = (rule: AlertRule, input: Partial<AlertRule>) => {
    if (input.channels && input.escalation_policy_id) {
      throw new Refusal(422, 'validation_failed', 'The request is not valid.', {
        routing: ['either channels or a policy'],
      });
    }
    Object.assign(rule, input, { version: rule.version + 1, updated_at: ago(0) });
    rule.escalation_policy_name = w().policies.find((p) => p.id === rule.escalation_policy_id)?.name ?? null;
    return rule;
  };

  const savePolicy = (
    policy: Policy,
    input: {
      name?: string | null;
      repeat?: number | null;
      repeat_delay_seconds?: number | null;
      steps?: unknown[] | null;
    },
  ) => {
    let at = 0;
    (input.steps as Policy['steps'] | undefined)?.forEach((step, i) => {
      if (step.channels.length === 0) {
        throw new Refusal(422, 'validation_failed', 'The request is not valid.', {
          [`steps.${i}.channels`]: ['name at least one'],
        });
      }
      at += step.delay_seconds;
      step.at_seconds = at;
    });
    return Object.assign(policy, input, { updated_at: ago(0) }) as Policy;
  };

  const switchAgent = (id: number, on: boolean): Server => {
    const server = found(w().servers, id);
    Object.assign(server, { is_active: on, status: on ? 'up' : 'disabled' });
    publish('private-fleet', 'server.updated', server);
    return server;
  };

  return {
    ...onCall(w, me),
    ...hosting(w, () => meOf(me()).permissions.includes('mail.pii'), me, publish),
    ...maintenance(w, me, nextId),
    ...myAlerts(w, me, nextId),
    ...overlays(w),
    ...wall(w, nextId),
    '/api/auth/csrf-cookie': { get: () => undefined },
    '/api/auth/login': {
      post: ({ body }) => {
        const user = w().users.find((u) => u.email === body.email.toLowerCase() && u.is_active);
        if (!user || body.password === 'wrong')
          throw new Refusal(401, 'invalid_credentials', 'E-mail or password is wrong.');
        state.signedIn = user.id;
        return { user: meOf(user) };
      },
    },
    '/api/auth/logout': {
      post: () => {
        state.signedIn = null;
      },
    },
    '/api/auth/me': { get: () => meOf(me()) },
    '/api/auth/password': {
      post: ({ body }) => {
        if (body.current_password === 'wrong') {
          throw new Refusal(422, 'validation_failed', 'The request is not valid.', {
            current_password: ['is not the current password'],
          });
        }
        if (body.password.length < 12) {
          throw new Refusal(422, 'validation_failed', 'The request is not valid.', {
            password: ['must have at least 12 characters'],
          });
        }
        me().must_change_password = false;
        return meOf(me());
      },
    },
    '/api/auth/sessions': { get: () => whole(w().sessions) },
    '/api/auth/sessions/{id}': {
      delete: ({ path }) => {
        w().sessions = w().sessions.filter((s) => s.id !== path.id);
      },
    },
    '/api/users': {
      get: ({ query }) => page(w().users, query),
      post: ({ body }) => {
        require('name', body.name);
        const created = {
          id: nextId(),
          email: body.email,
          name: body.name,
          role: body.role,
          is_active: true,
          must_change_password: true,
          last_login_at: null,
          created_at: ago(0),
        };
        w().users.push(created);
        return { ...created, initial_password: 'plum-otter-41-basin' };
      },
    },
    '/api/users/{id}': {
      get: ({ id }) => found(w().users, id),
      patch: ({ id, body }) => Object.assign(found(w().users, id), body),
      delete: ({ id }) => {
        w().users = w().users.filter((u) => u.id !== id);
      },
    },
    '/api/servers': { get: ({ query }) => page(serversAsked(w().servers, query), query) },
    '/api/servers/{id}': {
      get: ({ id }) => found(w().servers, id),
      patch: ({ id, body }) => Object.assign(found(w().servers, id), body),
      delete: ({ id }) => {
        w().servers = w().servers.filter((s) => s.id !== id);
      },
    },
    '/api/servers/{id}/disable-agent': { post: ({ id }) => switchAgent(id, false) },
    '/api/servers/{id}/enable-agent': { post: ({ id }) => switchAgent(id, true) },
    '/api/servers/{id}/approve-re-enrolment': {
      post: ({ id }) => Object.assign(found(w().servers, id), { re_enrol_until: ago(-3600) }),
    },
    '/api/servers/{id}/metrics': {
      get: ({ id, query }) =>
        metrics(
          found(w().servers, id),
          (query.get('fields') ?? 'cpu_pct').split(','),
          Date.parse(query.get('from') ?? ago(3600)),
          Date.parse(query.get('to') ?? ago(0)),
        ),
    },
    '/api/servers/{id}/disks': {
      get: ({ id }) =>
        DISKS[id] ?? { probe: { state: 'no_data', observed_at: null, hint: null }, partitions: [] },
    },
    '/api/servers/{id}/services': { get: ({ id }) => servicesOf(id) },
    '/api/servers/{id}/incidents': { get: ({ id, query }) => page(incidentList(query, id), query) },
    '/api/registration-tokens': {
      get: ({ query }) => page(w().tokens, query),
      post: ({ body }) => {
        if (!/^[A-Za-z0-9._-]+$/.test(body.name)) {
          throw new Refusal(422, 'validation_failed', 'The request is not valid.', {
            name: ['may hold letters, digits, dot, underscore and dash'],
          });
        }
        const minted = token(nextId(), body.name, { tags: body.tags ?? [], created_by: me().id });
        // Names for the states in between: too late, never seen, registered and then silent.
        if (body.name.startsWith('late-')) Object.assign(minted, { expires_at: ago(1), state: 'expired' });
        else if (!body.name.startsWith('never-')) enrolSoon(body.name, body.tags ?? []);
        w().tokens.unshift(minted);
        return {
          ...minted,
          token: `noc_${'x'.repeat(32)}`,
          install_command: `curl -fsSL https://noc.hostseba.com/install.sh -o install.sh && echo noc_${'x'.repeat(32)} | sudo bash install.sh --url https://noc.hostseba.com --token-stdin`,
        };
      },
    },
    '/api/registration-tokens/{id}': {
      delete: ({ id }) => {
        Object.assign(found(w().tokens, id), { state: 'revoked', revoked_at: ago(0) });
      },
    },
    '/api/incidents': { get: ({ query }) => page(incidentList(query), query) },
    '/api/incidents/{id}': { get: ({ id }) => found(w().incidents, id) },
    '/api/incidents/{id}/acknowledge': {
      post: (ask) => {
        if (ask.body?.take_over) return takeOver(ask, ask.body.from ?? null);
        return ask.body?.group ? acknowledgeGroup(ask) : acknowledge(ask);
      },
    },
    '/api/incidents/{id}/unacknowledge': {
      post: (ask) =>
        transition(
          ask,
          ['acknowledged'],
          (i) => {
            Object.assign(i, {
              status: 'open',
              acknowledged_at: null,
              acknowledged_by: null,
              asked_at: null,
            });
            i.escalation = {
              state: 'armed',
              policy_name: 'Default',
              step: 1,
              steps: 2,
              pass: 1,
              held_for: null,
              due_at: ago(-5),
              channels: ['email'],
              targets: { people: [], roles: ['oncall'], external: 0 },
            };
          },
          'unacknowledged',
        ),
    },
    '/api/incidents/{id}/resolve': {
      post: (ask) =>
        transition(
          ask,
          ['open', 'acknowledged'],
          (i) => {
            Object.assign(i, {
              status: 'resolved',
              resolved_at: ago(0),
              resolved_by: { id: me().id, name: me().name },
              escalation: null,
            });
          },
          'resolved',
        ),
    },
    '/api/incidents/{id}/snooze': {
      post: (ask) => {
        const { until } = ask.body;
        const ahead = until === null ? 1 : Date.parse(until) - mockNow();
        if (!(ahead > 0 && ahead <= 7 * 86_400_000))
          throw new Refusal(422, 'validation_failed', 'The request is not valid.', {
            until: ['must lie within the next 7 days'],
          });
        return transition(
          ask,
          ['open', 'acknowledged'],
          (i) => {
            i.snoozed_until = until;
            if (!i.escalation || i.status !== 'open') return;
            i.escalation = until
              ? { ...i.escalation, state: 'paused', held_for: 'snoozed', due_at: null }
              : { ...i.escalation, state: 'armed', held_for: null, due_at: ago(-300) };
          },
          until === null ? 'snooze_ended' : 'snoozed',
          until === null
            ? { text: `Snooze ended by ${me().name}.`, by: me().name }
            : { text: `Snoozed by ${me().name}.`, by: me().name, until },
        );
      },
    },
    '/api/incidents/{id}/escalate': {
      post: (ask) =>
        transition(
          ask,
          ['open'],
          (i) => {
            if (!i.escalation) throw new Refusal(409, 'nothing_follows', 'No step follows.');
            if (i.escalation.held_for) throw new Refusal(409, 'held_back', 'It is held back.');
            const next = { ...i.escalation, step: 1, pass: i.escalation.pass + 1, due_at: ago(-900) };
            // A step fires while somebody reads the question.
            if (i.id === 46 && i.escalation.pass === 1) {
              i.escalation = next;
              throw new Refusal(409, 'already_escalated', 'A step fired since you looked.');
            }
            i.escalation = next;
          },
          'escalated',
          { text: `Escalated by ${me().name}.`, by: me().name },
        ),
    },
    '/api/incidents/{id}/notes': {
      post: (ask) => {
        const incident = found(w().incidents, ask.id);
        incident.timeline.push({
          id: nextId(),
          at: ago(0),
          type: 'note',
          actor: `user:${me().id}`,
          actor_name: me().name,
          detail: { text: ask.body.text },
        });
        return incident;
      },
    },
    '/api/detectors': { get: () => CATALOGUE },
    '/api/alert-rules/backtest': {
      post: ({ body }) => {
        if (!state.busy) return backtestOf(w().servers, body);
        state.busy = false;
        throw new Refusal(429, 'too_many_requests', 'Too many requests.', {}, 1);
      },
    },
    '/api/alert-rules': {
      get: () => whole(w().rules),
      post: ({ body }) => {
        const rule = saveRule(
          { id: nextId(), version: 0, is_default: false, created_at: ago(0), runbook_url: null } as AlertRule,
          body as Partial<AlertRule>,
        );
        w().rules.push(rule);
        return rule;
      },
    },
    '/api/alert-rules/{id}': {
      patch: ({ id, body: { version: _, ...body } }) =>
        saveRule(found(w().rules, id), body as Partial<AlertRule>),
      delete: ({ id }) => {
        w().rules = w().rules.filter((r) => r.id !== id);
      },
    },
    ...messageHandlers(w, me),
    '/api/escalation-policies/simulate': {
      post: ({ body }) => simulated(w(), body.policy, body),
    },
    '/api/escalation-policies/{id}/simulate': {
      post: ({ id, body }) => simulated(w(), found(w().policies, id), body),
    },
    '/api/escalation-policies': {
      get: () => whole(w().policies),
      post: ({ body }) => {
        require('name', body.name);
        const policy = savePolicy(
          { id: nextId(), is_default: false, used_by_rules: 0, created_at: ago(0) } as Policy,
          body,
        );
        w().policies.push(policy);
        return policy;
      },
    },
    '/api/escalation-policies/{id}': {
      patch: ({ id, body }) => savePolicy(found(w().policies, id), body),
      delete: ({ id }) => {
        w().policies = w().policies.filter((p) => p.id !== id);
      },
    },
    ...channelHandlers(w),
    ...deliveryHandlers(w),
    '/broadcasting/auth': { post: ({ body }) => ({ auth: `mock:${body.channel_name}`, channel_data: '{}' }) },
  };

  /** The host that was just given a token: registers after a second, reports after another. */
  function enrolSoon(name: string, tags: string[]): void {
    const born = state.world;
    setTimeout(() => {
      const server = {
        ...(w().servers[0] as Server),
        id: nextId(),
        name,
        tags,
        hostname: name,
        status: 'registering' as Server['status'],
        last_seen_at: null,
        open_incidents: 0,
      };
      born.servers.push(server);
      publish('private-fleet', 'server.updated', server);
      if (name.startsWith('slow-')) return;
      setTimeout(() => {
        Object.assign(server, { status: 'up', last_seen_at: new Date(mockNow()).toISOString() });
        publish('private-fleet', 'server.updated', server);
      }, 1200);
    }, 1200);
  }
}
