import type { ChannelPreview, MessageKind, User } from '@/api/types';
import { ago, DAY } from './clock';
import { type Handlers, Refusal } from './contract';
import type { World } from './db';

/** Words of messages: a template is filled by replacing names, which is as much as a picture needs. */
const VARIABLES: MessageKind['variables'] = [
  { name: 'subject', holds: 'the product’s own subject', example: '' },
  { name: 'title', holds: 'what and where, in one line', example: 'Server down: web-09.hostseba' },
  { name: 'lead', holds: 'one sentence: how it stands', example: 'Nobody has acknowledged this yet.' },
  { name: 'link', holds: 'where it is shown', example: 'https://noc.hostseba.com/incidents/4711' },
  { name: 'severity', holds: 'info, low, medium, high or critical', example: 'critical' },
  { name: 'mark', holds: 'a coloured sign for the severity', example: '🔴' },
  { name: 'server', holds: 'the server’s name, or nothing', example: 'web-09.hostseba' },
  { name: 'observed', holds: 'what was seen, or nothing', example: 'silent for 5 min' },
  { name: 'since', holds: 'when it began', example: '2026-05-07 17:55:00 +06' },
  {
    name: 'command',
    holds: 'what may be pasted on the host, or nothing',
    example: 'sudo systemctl restart noc-agent',
  },
];

const TEXT = `{{ lead }}

Server: {{ server }}
Observed: {{ observed }}
Since: {{ since }}

To try on the server:
{{ command }}
`;

type Own = MessageKind['own'][number];

const own = (channel: string | null, more: Partial<Own>): Own => ({
  channel,
  subject: null,
  text: null,
  updated_by: { id: 1, name: 'Admin' },
  updated_at: ago(3 * DAY),
  failed_at: null,
  failure: null,
  ...more,
});

const kind = (name: string, label: string, sent: string, subject: string, rows: Own[] = []): MessageKind => ({
  kind: name,
  label,
  sent,
  variables: VARIABLES,
  subject,
  text: TEXT,
  own: rows,
});

export const messageKinds = (): MessageKind[] => [
  kind(
    'problem',
    'Problem',
    'when a step of a policy, or a rule’s channels, tell of an incident',
    '{{ mark }} [{{ severity }}] {{ title }}',
  ),
  kind(
    'recovery',
    'Recovery',
    'to whoever was told of an incident, once it is over',
    '🟢 [resolved] {{ title }}',
    [
      own(null, { subject: '[HostSeba] over: {{ title }}' }),
      own('slack', { text: '{{ lead }}\nAnything left to do? Write it down at the incident.' }),
    ],
  ),
  kind(
    'reminder',
    'Reminder',
    'by every pass of a policy after the first one',
    '{{ mark }} [{{ severity }}] Still open: {{ title }}',
    [
      own('email', {
        text: '{{ tite }}',
        failed_at: ago(4000),
        failure: 'text, line 1: `tite` is undefined',
      }),
    ],
  ),
  kind('handoff', 'Hand-off', 'to whoever comes on duty', '📟 [on call] {{ title }}'),
  kind('test', 'Test', 'when somebody tries a channel', '{{ subject }}'),
];

const refuse = (errors: Record<string, string[]>): never => {
  throw new Refusal(422, 'validation_failed', 'Some fields are wrong.', errors);
};

/** Fills a template; an unknown name is refused with its line, as the server does. */
function fill(part: string, template: string): string {
  const lines = template.split('\n').map((line, at) =>
    line.replace(/\{\{ *(\w+) *\}\}/g, (_, name: string) => {
      const known = VARIABLES.find((v) => v.name === name);
      return known ? known.example : refuse({ [part]: [`line ${at + 1}: \`${name}\` is undefined`] });
    }),
  );
  return lines.join('\n').trim();
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

const LIMITS: Record<string, number> = { whatsapp: 4096, telegram: 4096, discord: 2000, slack: 3000 };

function previewOn(channel: string, label: string, subject: string, text: string): ChannelPreview {
  const footer =
    'https://noc.hostseba.com/incidents/4711\nHostSeba NOC, delivery 019e0000-0000-7000-8000-000000000001';
  const whole =
    channel === 'discord' ? `**${subject}**\n${text}\n\n${footer}` : `${subject}\n${text}\n\n${footer}`;
  const limit = LIMITS[channel];
  const html = `<!doctype html><html><head><meta name="color-scheme" content="light dark"></head>
    <body style="margin:0;padding:16px;background-color:#f1f3f5;font-family:sans-serif;color:#212529">
    <table role="presentation" width="100%" bgcolor="#ffffff" style="border-top:4px solid #c92a2a"><tr><td style="padding:16px">
    <h1 style="font-size:19px">${escaped(subject)}</h1><p>${escaped(text).replace(/\n/g, '<br>')}</p>
    <p><a href="https://noc.hostseba.com/incidents/4711" style="padding:10px 20px;background-color:#c92a2a;color:#ffffff">Open incident</a></p>
    </td></tr></table></body></html>`;
  return {
    channel,
    label,
    subject,
    text: limit ? whole.slice(0, limit) : whole,
    html: channel === 'email' ? html : null,
    measures: limit ? [{ of: 'message', length: whole.length, limit }] : [],
    is_cut: limit !== undefined && whole.length > limit,
  };
}

type Routes = '/api/message-templates' | '/api/message-templates/{kind}' | '/api/message-templates/preview';

export const messageHandlers = (w: () => World, me: () => User): Pick<Handlers, Routes> => {
  const known = (name: string | undefined): MessageKind => {
    const found = w().messages.find((k) => k.kind === name);
    if (!found) throw new Refusal(404, 'not_found', 'There is no such kind of message.');
    return found;
  };
  return {
    '/api/message-templates': {
      get: () => ({ data: w().messages, meta: { next_cursor: null, total: w().messages.length } }),
    },
    '/api/message-templates/{kind}': {
      put: ({ path, body }) => {
        const worded = known(path.kind);
        if (body.subject) fill('subject', body.subject);
        if (body.text) fill('text', body.text);
        const channel = body.channel ?? null;
        worded.own = [
          ...worded.own.filter((one) => one.channel !== channel),
          own(channel, {
            subject: body.subject ?? null,
            text: body.text ?? null,
            updated_by: { id: me().id, name: me().name },
            updated_at: ago(0),
          }),
        ];
        return worded;
      },
      delete: ({ path, query }) => {
        const worded = known(path.kind);
        worded.own = worded.own.filter((one) => one.channel !== query.get('channel'));
      },
    },
    '/api/message-templates/preview': {
      post: ({ body }) => {
        const worded = known(body.kind);
        const subject = fill('subject', body.subject ?? worded.subject);
        const text = fill('text', body.text ?? worded.text);
        const channels = w().channels.filter((c) => !body.channel || c.channel === body.channel);
        return {
          kind: body.kind,
          channels: channels.map((c) => previewOn(c.channel, c.label, subject, text)),
        };
      },
    },
  };
};
