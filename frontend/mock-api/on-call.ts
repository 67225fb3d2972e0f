import type { OnCallPerson, OnCallSchedule, OnCallShift, User } from '@/api/types';
import { ago, DAY, HOUR, mockNow } from './clock';
import { type Handlers, Refusal } from './contract';
import type { World } from './db';
import { found, require } from './list';
import { meOf } from './people';

/** On-call schedules. The mock counts in Dhaka's time, which has no summer time: turns are all of one length. */
export interface MockSchedule extends Omit<OnCallSchedule, 'members' | 'gaps' | 'unreadable'> {
  memberIds: number[];
  tokens: { id: number; user: number; only_mine: boolean; created_at: string; last_used_at: string | null }[];
}

const OFFSET = 6 * HOUR * 1000;
const LENGTH = { weekly: 7 * DAY * 1000, daily: DAY * 1000 };
const AHEAD = 56 * DAY * 1000;
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** The last Monday in Dhaka, some weeks back. */
const monday = (weeksBack: number): string => {
  const local = new Date(mockNow() + OFFSET);
  const back = ((local.getUTCDay() + 6) % 7) + weeksBack * 7;
  return new Date(local.getTime() - back * DAY * 1000).toISOString().slice(0, 10);
};

const personOf = (users: User[], id: number): OnCallPerson => {
  const user = users.find((u) => u.id === id);
  return { id, name: user?.name ?? 'deleted account', is_active: user?.is_active ?? false };
};

export function onCallSchedules(users: User[]): MockSchedule[] {
  const made = { created_at: ago(60 * DAY), updated_at: ago(3 * DAY) };
  const base = {
    timezone: 'Asia/Dhaka',
    handoff_time: '09:00',
    overrides: [],
    tokens: [],
    unreadable_fields: [],
    ...made,
  };
  return [
    {
      ...base,
      id: 21,
      name: 'First line',
      rotation: 'weekly',
      handoff_weekday: 'monday',
      starts_on: monday(3),
      memberIds: [3, 2, 1],
      overrides: [
        {
          id: 31,
          user: personOf(users, 1),
          replaces: personOf(users, 3),
          starts_at: ago(-2 * DAY),
          ends_at: ago(-3 * DAY),
          created_by: 1,
          created_at: ago(DAY),
        },
      ],
    },
    {
      ...base,
      id: 22,
      name: 'Database backup',
      rotation: 'weekly',
      handoff_weekday: 'monday',
      starts_on: monday(0),
      memberIds: [2, 5],
    },
    {
      ...base,
      id: 23,
      name: 'Written by a newer version',
      timezone: 'Mars/Base',
      rotation: null,
      handoff_weekday: null,
      starts_on: monday(0),
      memberIds: [1, 3],
      unreadable_fields: ['rotation', 'timezone'],
    },
  ];
}

/** What the server says of one that it cannot read. */
const sentence = ({ unreadable_fields: fields, timezone }: MockSchedule): string | null => {
  const words = {
    rotation: 'the rotation monthly',
    handoff_time: 'the hand-off time',
    timezone: `the time zone ${timezone}`,
  };
  const named = fields.map((field) => words[field]);
  return named.length === 0
    ? null
    : `This version cannot read ${named.join(' and ')}. Nobody is on call by this schedule until that is chosen anew.`;
};

const startOf = (schedule: MockSchedule): number =>
  Date.parse(`${schedule.starts_on}T${schedule.handoff_time}:00Z`) - OFFSET;

/** Beginnings of turns: the first may be shorter than a week. */
function turn(schedule: MockSchedule, at: number): { from: number; until: number; user: number } | null {
  const first = startOf(schedule);
  if (schedule.rotation === null || schedule.unreadable_fields.length > 0) return null;
  if (at < first || schedule.memberIds.length === 0) return null;
  const length = LENGTH[schedule.rotation];
  const weekday = (new Date(`${schedule.starts_on}T00:00:00Z`).getUTCDay() + 6) % 7;
  const wanted = WEEKDAYS.indexOf(schedule.handoff_weekday ?? '');
  const days = wanted < 0 ? 0 : (wanted - weekday + 7) % 7;
  const second = days === 0 ? first + length : first + days * DAY * 1000;
  const number = at < second ? 0 : 1 + Math.floor((at - second) / length);
  const from = number === 0 ? first : second + (number - 1) * length;
  const user = schedule.memberIds[number % schedule.memberIds.length] ?? 0;
  return { from, until: number === 0 ? second : from + length, user };
}

/** The final schedule. */
export function shiftsOf(schedule: MockSchedule, users: User[], from: number, until: number): OnCallShift[] {
  const shifts: OnCallShift[] = [];
  const edges = schedule.overrides.flatMap((o) => [Date.parse(o.starts_at), Date.parse(o.ends_at)]);
  let at = from;
  while (at < until) {
    const planned = turn(schedule, at);
    const next = [until, planned?.until ?? startOf(schedule), ...edges].filter((edge) => edge > at);
    const end = Math.min(...next);
    const override = schedule.overrides.findLast(
      (o) =>
        Date.parse(o.starts_at) <= at &&
        at < Date.parse(o.ends_at) &&
        (o.replaces === null || o.replaces.id === planned?.user),
    );
    const user = override?.user.id ?? planned?.user ?? null;
    shifts.push({
      starts_at: new Date(at).toISOString(),
      ends_at: new Date(end).toISOString(),
      user: user === null ? null : personOf(users, user),
      override_id: override?.id ?? null,
    });
    at = end;
  }
  return shifts;
}

type OnCallRoutes = Extract<keyof Handlers, `/api/on-call/${string}`>;

export function onCall(world: () => World, me: () => User): Pick<Handlers, OnCallRoutes> {
  const whole = <T>(data: T[]) => ({ data, meta: { next_cursor: null, total: data.length } });
  const nextId = () => world().nextId++;
  const wrong = (field: string, text: string) =>
    new Refusal(422, 'validation_failed', 'Some fields are wrong.', { [field]: [text] });
  const show = ({ memberIds, tokens: _, ...schedule }: MockSchedule): OnCallSchedule => ({
    ...schedule,
    unreadable: sentence({ ...schedule, memberIds, tokens: [] }),
    members: memberIds.map((id) => personOf(world().users, id)),
    gaps: shiftsOf({ ...schedule, memberIds, tokens: [] }, world().users, mockNow(), mockNow() + AHEAD)
      .filter((shift) => !shift.user?.is_active)
      .map(({ starts_at, ends_at, user }) => ({ starts_at, ends_at, user })),
  });
  const save = (schedule: MockSchedule, input: Record<string, unknown>): OnCallSchedule => {
    const { members, ...rest } = input as { members?: number[] };
    if (members?.length === 0) throw wrong('members', 'must be 1 to 50');
    Object.assign(schedule, rest, { updated_at: ago(0) });
    schedule.unreadable_fields = schedule.unreadable_fields.filter((field) => !(field in rest));
    if (members) schedule.memberIds = members;
    return show(schedule);
  };
  return {
    '/api/on-call/current': {
      get: () =>
        whole(
          world().onCall.map((schedule) => {
            const [first, ...rest] = shiftsOf(schedule, world().users, mockNow(), mockNow() + AHEAD);
            const next = rest.find((shift) => shift.user?.id !== first?.user?.id);
            return {
              schedule_id: schedule.id,
              schedule_name: schedule.name,
              timezone: schedule.timezone,
              unreadable: sentence(schedule),
              user: first?.user ?? null,
              override_id: first?.override_id ?? null,
              since: ago(2 * DAY),
              until: next?.starts_at ?? null,
              next_user: next?.user ?? null,
            };
          }),
        ),
    },
    '/api/on-call/schedules': {
      get: () => whole(world().onCall.map(show)),
      post: ({ body }) => {
        require('name', body.name);
        const schedule: MockSchedule = {
          id: nextId(),
          name: body.name,
          timezone: body.timezone,
          rotation: body.rotation,
          handoff_weekday: body.handoff_weekday ?? null,
          handoff_time: body.handoff_time,
          starts_on: body.starts_on ?? monday(0),
          memberIds: [],
          overrides: [],
          tokens: [],
          unreadable_fields: [],
          created_at: ago(0),
          updated_at: ago(0),
        };
        const shown = save(schedule, { members: body.members });
        world().onCall.push(schedule);
        return shown;
      },
    },
    '/api/on-call/schedules/{id}': {
      patch: ({ id, body }) => save(found(world().onCall, id), { ...body }),
      delete: ({ id }) => {
        const gone = found(world().onCall, id);
        world().onCall = world().onCall.filter((schedule) => schedule !== gone);
      },
    },
    '/api/on-call/schedules/{id}/shifts': {
      get: ({ id, query }) => {
        const schedule = found(world().onCall, id);
        if (sentence(schedule)) throw new Refusal(409, 'unreadable', 'this version cannot read the schedule');
        const [from, until] = [query.get('from'), query.get('until')].map((at) => Date.parse(at ?? ''));
        return whole(shiftsOf(schedule, world().users, from ?? 0, until ?? 0));
      },
    },
    '/api/on-call/schedules/{id}/overrides': {
      post: ({ id, body }) => {
        const schedule = found(world().onCall, id);
        if (Date.parse(body.ends_at) <= Date.parse(body.starts_at))
          throw wrong('ends_at', 'must be later than starts_at');
        if (body.user_id !== me().id && !meOf(me()).permissions.includes('on_call.manage'))
          throw new Refusal(403, 'forbidden', 'Your role does not allow this.');
        const override = {
          id: nextId(),
          user: personOf(world().users, body.user_id),
          replaces: body.replaces_user_id ? personOf(world().users, body.replaces_user_id) : null,
          starts_at: body.starts_at,
          ends_at: body.ends_at,
          created_by: me().id,
          created_at: ago(0),
        };
        schedule.overrides = [...schedule.overrides, override];
        return override;
      },
    },
    '/api/on-call/schedules/{id}/overrides/{inner_id}': {
      delete: ({ id, path }) => {
        const schedule = found(world().onCall, id);
        const gone = found(schedule.overrides, Number(path.inner_id));
        schedule.overrides = schedule.overrides.filter((override) => override !== gone);
      },
    },
    '/api/on-call/schedules/{id}/calendar-tokens': {
      get: ({ id }) => whole(found(world().onCall, id).tokens.filter((token) => token.user === me().id)),
      post: ({ id, body }) => {
        const token = {
          id: nextId(),
          user: me().id,
          only_mine: body?.only_mine ?? false,
          created_at: ago(0),
          last_used_at: null,
        };
        found(world().onCall, id).tokens.push(token);
        return {
          ...token,
          url: `https://noc.hostseba.com/api/on-call/schedules/${id}.ics?token=mOcK${token.id}`,
        };
      },
    },
    '/api/on-call/schedules/{id}/calendar-tokens/{inner_id}': {
      delete: ({ id, path }) => {
        const schedule = found(world().onCall, id);
        schedule.tokens = schedule.tokens.filter((token) => token.id !== Number(path.inner_id));
      },
    },
  };
}
