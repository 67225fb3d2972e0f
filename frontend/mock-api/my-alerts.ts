import type { Contact, Preferences, User } from '@/api/types';
import { ago, DAY, MIN, mockNow } from './clock';
import { type Handlers, Refusal } from './contract';
import type { World } from './db';
import { found } from './list';

/** One's own contacts and preferences. The code that every address gets is 123456, as soon as somebody looks again. */
export interface MockContact extends Contact {
  user: number;
}

const CODE = '123456';
const LABELS = { email: 'E-mail', whatsapp: 'WhatsApp', telegram: 'Telegram', discord: 'Discord' };
type Key = keyof typeof LABELS;
const KEYS = Object.keys(LABELS) as Key[];

const contact = (
  id: number,
  user: number,
  channel: string,
  address: string,
  more: Partial<Contact> = {},
): MockContact => ({
  id,
  user,
  channel,
  address,
  verified: true,
  verified_at: ago(9 * DAY),
  code: null,
  test: null,
  created_at: ago(9 * DAY),
  ...more,
});

const sentCode = (more: Partial<NonNullable<Contact['code']>> = {}): NonNullable<Contact['code']> => ({
  asked_at: ago(2 * MIN),
  status: 'sent',
  reason: null,
  expires_at: ago(-8 * MIN),
  tries_left: 5,
  again_at: ago(MIN),
  ...more,
});

/** The admin has a telephone, and an address whose code waits; the reader has nothing. */
export const myContacts = (): MockContact[] => [
  contact(81, 1, 'whatsapp', '+8801712345678'),
  contact(82, 1, 'email', 'admin.at.home@example.com', {
    verified: false,
    verified_at: null,
    code: sentCode(),
    created_at: ago(2 * MIN),
  }),
  contact(83, 3, 'telegram', '4711', {
    test: {
      asked_at: ago(4 * MIN),
      status: 'failed',
      provider_id: null,
      reason: 'Forbidden: bot was blocked by the user',
      again_at: ago(3 * MIN),
    },
  }),
];

const unsaved = (user: User, contacts: MockContact[]): Preferences => {
  const at = (key: Key) =>
    contacts.findLast((one) => one.user === user.id && one.channel === key && one.verified)?.address ?? null;
  const choice = (key: Key) => ({ enabled: at(key) !== null, address: at(key) });
  return {
    channels: {
      email: { enabled: true, address: user.email },
      whatsapp: choice('whatsapp'),
      telegram: choice('telegram'),
      discord: choice('discord'),
    },
    severities: ['critical', 'high'],
    quiet_hours: { start: '00:00', end: '00:00', timezone: 'Asia/Dhaka', block_critical: false },
    digest: { enabled: false, at: '09:00' },
    updated_at: null,
  };
};

type MyRoutes = Extract<keyof Handlers, `/api/me/${string}`>;

export function myAlerts(world: () => World, me: () => User, nextId: () => number): Pick<Handlers, MyRoutes> {
  const whole = <T>(data: T[]) => ({ data, meta: { next_cursor: null, total: data.length } });
  const wrong = (field: string, text: string) =>
    new Refusal(422, 'validation_failed', 'Some fields are wrong.', { [field]: [text] });
  const mine = () => world().contacts.filter((one) => one.user === me().id);
  const show = ({ user: _, ...rest }: MockContact): Contact => rest;
  const read = () => world().preferences.get(me().id) ?? unsaved(me(), world().contacts);
  const isOn = (key: string) =>
    world().channels.some((one) => one.channel === key && one.enabled) || key === 'whatsapp';
  const asked = () => sentCode({ asked_at: ago(0), status: 'queued', expires_at: null, again_at: ago(-60) });
  const awaiting = (id: number) => {
    const one = found(mine(), id);
    if (one.verified) throw new Refusal(409, 'already_verified', 'This contact is verified already.');
    return one;
  };
  return {
    '/api/me/notification-channels': {
      get: () => whole(KEYS.map((key) => ({ channel: key, label: LABELS[key], available: isOn(key) }))),
    },
    '/api/me/notification-preferences': {
      get: read,
      put: ({ body }) => {
        const choice = (key: Key) => {
          const given = body.channels[key];
          const address = given?.address ?? (key === 'email' ? me().email : null);
          if (given?.enabled && address === null)
            throw wrong(`channels.${key}.address`, 'choose a verified address, or switch the channel off');
          return { enabled: given?.enabled ?? false, address };
        };
        if (body.digest.enabled && !body.channels.email?.enabled)
          throw wrong('digest.enabled', 'goes by e-mail: switch e-mail on');
        const saved: Preferences = {
          channels: {
            email: choice('email'),
            whatsapp: choice('whatsapp'),
            telegram: choice('telegram'),
            discord: choice('discord'),
          },
          severities: body.severities,
          quiet_hours: body.quiet_hours,
          digest: body.digest,
          updated_at: new Date(mockNow()).toISOString(),
        };
        world().preferences.set(me().id, saved);
        return saved;
      },
    },
    '/api/me/contacts': {
      get: () => {
        const shown = mine().map(show);
        // What is on its way has arrived by the next question.
        for (const one of mine()) {
          if (one.code?.status === 'queued')
            one.code = sentCode({ ...one.code, status: 'sent', expires_at: ago(-10 * MIN) });
          if (one.test?.status === 'queued')
            one.test = { ...one.test, status: 'sent', provider_id: `wamid.mock${one.id}` };
        }
        return whole(shown);
      },
      post: ({ body }) => {
        if (body.channel === 'whatsapp' && !/^\+?[\d -]{10,16}$/.test(body.address))
          throw wrong('address', 'is not a telephone number');
        if (body.channel === 'email' && !body.address.includes('@'))
          throw wrong('address', 'is not an e-mail address');
        if (mine().some((one) => one.address === body.address))
          throw new Refusal(409, 'already_exists', 'You have added this address before.');
        const added = contact(nextId(), me().id, body.channel, body.address, {
          verified: false,
          verified_at: null,
          code: asked(),
          created_at: ago(0),
        });
        world().contacts.push(added);
        return show(added);
      },
    },
    '/api/me/contacts/{id}': {
      delete: ({ id }) => {
        const gone = found(mine(), id);
        world().contacts = world().contacts.filter((one) => one !== gone);
        const saved = world().preferences.get(me().id)?.channels;
        const key = gone.channel as Key;
        if (saved?.[key].address === gone.address)
          saved[key] =
            key === 'email' ? { ...saved.email, address: me().email } : { enabled: false, address: null };
      },
    },
    '/api/me/contacts/{id}/resend': {
      post: ({ id }) => {
        const one = awaiting(id);
        one.code = asked();
        return show(one);
      },
    },
    '/api/me/contacts/{id}/test': {
      post: ({ id }) => {
        const one = found(mine(), id);
        if (!one.verified) throw new Refusal(409, 'not_verified', 'This contact is not verified.');
        one.test = {
          asked_at: ago(0),
          status: 'queued',
          provider_id: null,
          reason: null,
          again_at: ago(-60),
        };
        return show(one);
      },
    },
    '/api/me/contacts/{id}/verify': {
      post: ({ id, body }) => {
        const one = awaiting(id);
        if (!one.code || one.code.tries_left <= 0)
          throw new Refusal(
            409,
            'code_spent',
            'The code was entered wrongly too often: ask for another one.',
          );
        if (body.code.replace(/\s/g, '') !== CODE) {
          one.code.tries_left -= 1;
          throw wrong('code', `is not the code that was sent last; ${one.code.tries_left} tries left`);
        }
        Object.assign(one, { verified: true, verified_at: ago(0), code: null });
        return show(one);
      },
    },
  };
}
