import type { Channel } from '@/api/types';
import { shownFields } from '@/domain/described-form';
import { ago, DAY, HOUR } from './clock';
import { type Handlers, Refusal } from './contract';
import type { World } from './db';
import { found } from './list';

type Field = Channel['fields'][number];

const field = (name: string, label: string, more: Partial<Field> = {}): Field => ({
  name,
  label,
  kind: 'text',
  secret: false,
  required: false,
  options: [],
  default: null,
  help: null,
  shown_if: null,
  ...more,
});

const secret = (name: string, label: string, more: Partial<Field> = {}): Field =>
  field(name, label, { kind: 'password', secret: true, ...more });

const only = (...values: string[]): Pick<Field, 'shown_if'> => ({
  shown_if: { field: 'provider', values },
});

const EMAIL_FIELDS = [
  field('host', 'SMTP host', { required: true, help: 'For example mail.hostseba.com.' }),
  field('port', 'SMTP port', {
    kind: 'number',
    required: true,
    default: '587',
    help: '587 for STARTTLS, 465 for implicit TLS; also 25 and 2525.',
  }),
  field('encryption', 'Encryption', {
    kind: 'select',
    required: true,
    options: ['tls', 'ssl', 'none'],
    default: 'tls',
    help: 'tls: STARTTLS, required. ssl: TLS from the first byte. none: only inside your own network.',
  }),
  field('username', 'SMTP username', { help: 'Leave empty for a server that asks for none.' }),
  secret('password', 'SMTP password', { help: 'The mailbox password.' }),
  field('from_address', 'From address', { required: true, help: 'For example noc@hostseba.com.' }),
  field('from_name', 'From name', { default: 'HostSeba NOC', help: 'Shown beside the address.' }),
  field('recipients', 'Org recipients', { kind: 'list', help: 'Always in copy whenever e-mail is used.' }),
];

const WHATSAPP_FIELDS = [
  field('provider', 'Provider', {
    kind: 'select',
    required: true,
    options: ['cloud_api', 'twilio', 'waha'],
    default: 'cloud_api',
    help: 'cloud_api: Meta, recommended. twilio: Twilio. waha: your own WAHA server.',
  }),
  secret('access_token', 'Access token', {
    required: true,
    help: 'Permanent token of a system user with whatsapp_business_messaging.',
    ...only('cloud_api'),
  }),
  field('phone_number_id', 'Phone number ID', {
    required: true,
    help: 'Digits, from the WhatsApp panel; not the phone number itself.',
    ...only('cloud_api'),
  }),
  field('api_version', 'API version', { default: 'v18.0', ...only('cloud_api') }),
  field('account_sid', 'Account SID', { required: true, help: 'Starts with AC.', ...only('twilio') }),
  secret('auth_token', 'Auth token', {
    required: true,
    help: 'From the Twilio console.',
    ...only('twilio'),
  }),
  field('from_number', 'From number', {
    required: true,
    help: '+14155238886 is the sandbox; recipients of a sandbox must join it first.',
    ...only('twilio'),
  }),
  field('template_name', 'Template', {
    help: 'Approved template with one variable in its body: a name (Cloud API) or a content SID, HX... (Twilio). Its own text may have 200 characters: WhatsApp takes 1,024 with the variable filled in. Without one only people who wrote within the last 24 hours are reached.',
    ...only('cloud_api', 'twilio'),
  }),
  field('template_language', 'Template language', {
    default: 'en_US',
    help: 'As the template was approved: en_US, en, bn ...',
    ...only('cloud_api'),
  }),
  field('base_url', 'WAHA address', {
    required: true,
    default: 'http://localhost:3000',
    help: 'Of your WAHA server. One on this machine or in your network must be listed in NOC_OUTBOUND_ALLOW.',
    ...only('waha'),
  }),
  secret('api_key', 'API key', {
    help: 'The WHATSAPP_API_KEY that the server was started with.',
    ...only('waha'),
  }),
  field('session', 'Session', { default: 'default', ...only('waha') }),
  field('recipients', 'Org recipients', {
    kind: 'list',
    help: 'Telephone numbers, always in copy whenever WhatsApp is used; without a country code those of Bangladesh.',
  }),
  field('api_base', 'API address', {
    help: 'Only for a proxy: takes the place of the provider’s own.',
    ...only('cloud_api', 'twilio'),
  }),
];

const TELEGRAM_FIELDS = [
  secret('bot_token', 'Bot token', {
    required: true,
    help: 'From @BotFather, for example 123456789:AA...',
  }),
  field('chat_id', 'Chat id', {
    required: true,
    help: 'Of the group that the bot is in, for example -1001234567890; or @name of a public channel.',
  }),
  field('api_base', 'API address', {
    default: 'https://api.telegram.org',
    help: 'Only for a proxy or a Bot API server of your own.',
  }),
];

const DISCORD_FIELDS = [
  secret('webhook_url', 'Webhook URL', {
    required: true,
    help: 'Server settings, Integrations, Webhooks, New webhook, Copy URL.',
  }),
  field('api_base', 'API address', {
    help: 'Only for a proxy: takes the place of https://discord.com in the URL.',
  }),
];

const SLACK_FIELDS = [
  secret('webhook_url', 'Webhook URL', {
    required: true,
    help: 'api.slack.com/apps, your app, Incoming Webhooks, Add to channel, copy the URL.',
  }),
  field('api_base', 'API address', {
    help: 'Only for a proxy: takes the place of https://hooks.slack.com in the URL.',
  }),
];

const WEBHOOK_FIELDS = [
  secret('url', 'URL', {
    required: true,
    help: 'Messages are posted there as JSON. Kept as a secret, because such addresses often hold a token.',
  }),
  secret('secret', 'Secret', {
    help: 'Signs every message (X-NOC-Signature and X-NOC-Signature-V2). At least 8 characters.',
  }),
  field('api_base', 'API address', {
    help: 'Only for a proxy: takes the place of scheme, host and port in the URL.',
  }),
];

const channel = (
  key: string,
  label: string,
  fields: Channel['fields'],
  more: Partial<Channel> = {},
): Channel => ({
  channel: key,
  label,
  fields,
  enabled: false,
  configured: false,
  healthy: true,
  unhealthy_since: null,
  last_error: null,
  last_test_at: null,
  last_test_result: null,
  last_test_provider_id: null,
  paused_until: null,
  canary: false,
  last_check: null,
  callback:
    key === 'whatsapp' ? { is_set: false, url: null, verify_token: null, last_receipt_at: null } : null,
  settings: {},
  updated_at: null,
  ...more,
});

/** All channels: one that works, one that fails, one that is off, and some that nobody has set up. */
export const mockChannels = (): Channel[] => [
  channel('discord', 'Discord', DISCORD_FIELDS),
  channel('email', 'Email', EMAIL_FIELDS, {
    enabled: true,
    configured: true,
    last_test_at: ago(3 * DAY),
    last_test_result: 'sent',
    canary: true,
    last_check: {
      at: ago(5 * HOUR),
      status: 'failed',
      messages: 2,
      accepted: 1,
      reason: '550 5.1.1 ops@hostseba.com: user unknown',
      provider_id: null,
    },
    updated_at: ago(3 * DAY),
    settings: {
      host: 'mail.hostseba.com',
      port: 587,
      encryption: 'tls',
      username: 'noc@hostseba.com',
      password: null,
      password_set: true,
      from_address: 'noc@hostseba.com',
      from_name: 'HostSeba NOC',
      recipients: ['noc@hostseba.com', 'ops@hostseba.com'],
    },
  }),
  channel('slack', 'Slack', SLACK_FIELDS),
  channel('telegram', 'Telegram', TELEGRAM_FIELDS),
  channel('webhook', 'Webhook', WEBHOOK_FIELDS, {
    configured: true,
    enabled: true,
    healthy: false,
    last_error: 'the webhook answered 404: the address does not exist',
    settings: { url: null, url_set: true, secret: null, secret_set: true },
  }),
  channel('whatsapp', 'WhatsApp', WHATSAPP_FIELDS, {
    configured: true,
    settings: {
      provider: 'twilio',
      account_sid: 'AC0123456789abcdef',
      auth_token: null,
      auth_token_set: true,
      from_number: '+14155238886',
      recipients: ['01712345678'],
    },
  }),
];

/** Setting channels up, and trying them; what came of each try. */
export const channelHandlers = (
  w: () => World,
): Pick<
  Handlers,
  | '/api/notification-channels'
  | '/api/notification-channels/{key}'
  | '/api/notification-channels/{key}/callback'
  | '/api/notification-channels/{key}/test'
  | '/api/notification-deliveries/{id}/attempts'
> => ({
  '/api/notification-channels': {
    get: () => ({ data: w().channels, meta: { next_cursor: null, total: w().channels.length } }),
  },
  '/api/notification-channels/{key}': {
    put: ({ path, body }) => {
      const channel = w().channels.find((c) => c.channel === path.key);
      if (!channel) throw new Refusal(404, 'not_found', 'There is no such channel.');
      const missing = shownFields(channel.fields, body.settings).filter(
        (f) => f.required && !f.secret && !f.default && !body.settings[f.name],
      );
      if (missing.length > 0) {
        throw new Refusal(
          422,
          'validation_failed',
          'The request is not valid.',
          Object.fromEntries(missing.map((f) => [`settings.${f.name}`, ['is required']])),
        );
      }
      const secrets = channel.fields.filter((f) => f.secret);
      const kept = Object.fromEntries(
        secrets.map((f) => [
          `${f.name}_set`,
          Boolean(body.settings[f.name]) || channel.settings[`${f.name}_set`] === true,
        ]),
      );
      const hidden = Object.fromEntries(secrets.map((f) => [f.name, null]));
      return Object.assign(channel, {
        enabled: body.enabled,
        canary: body.canary ?? channel.canary,
        paused_until: null,
        configured: true,
        healthy: true,
        last_error: null,
        settings: { ...body.settings, ...hidden, ...kept },
        updated_at: ago(0),
      });
    },
  },
  '/api/notification-channels/{key}/callback': {
    post: ({ path }) => {
      const channel = w().channels.find((c) => c.channel === path.key);
      if (!channel) throw new Refusal(404, 'not_found', 'There is no such channel.');
      const provider = String(channel.settings.provider ?? 'cloud_api');
      const callback = {
        is_set: true,
        url: `https://noc.example.com/hooks/${provider === 'cloud_api' ? 'whatsapp' : provider}/mockSecretOfTheAddress`,
        verify_token: provider === 'cloud_api' ? 'mockSecretOfTheAddress' : null,
        last_receipt_at: null,
      };
      return Object.assign(channel, { callback });
    },
  },
  '/api/notification-deliveries/{id}/attempts': {
    get: ({ id }) => {
      const delivery = found(w().deliveries, id);
      const data = [
        {
          at: delivery.sent_at ?? delivery.created_at,
          outcome: delivery.sent_at ? 'sent' : 'retry',
          detail: delivery.reason ?? delivery.provider_id ?? '',
          duration_ms: 240,
        },
      ];
      return { data, meta: { next_cursor: null, total: data.length } };
    },
  },
  '/api/notification-channels/{key}/test': {
    post: ({ path, body }) => {
      const channel = w().channels.find((c) => c.channel === path.key);
      const ok = channel?.healthy ?? false;
      const result = ok
        ? `250 Ok: queued for ${body.recipient ?? 'noc@hostseba.com'}`
        : '404 Not Found: the address does not exist';
      Object.assign(channel ?? {}, { last_test_at: ago(0), last_test_result: ok ? 'sent' : result });
      return { ok, result, provider_id: ok ? '4F2K1' : null, at: ago(0) };
    },
  },
});
