import type { Contact, Preferences, PreferencesInput } from '@/api/types';
import { SEVERITIES, type Severity } from './severity';

/** What one wants to be told of, as a form holds it, and as a sentence says it. */
export const PERSONAL_CHANNELS = ['email', 'whatsapp', 'telegram', 'discord'] as const;

export type PersonalKey = (typeof PERSONAL_CHANNELS)[number];

const SPOKEN: Record<PersonalKey, string> = {
  email: 'e-mail',
  whatsapp: 'WhatsApp',
  telegram: 'Telegram',
  discord: 'Discord',
};

export interface AlertsForm {
  channels: Record<PersonalKey, { enabled: boolean; address: string | null }>;
  severities: Severity[];
  quiet: { on: boolean; start: string; end: string; timezone: string; block_critical: boolean };
  digest: { enabled: boolean; at: string };
}

/** Times that are offered where there are no quiet hours yet. */
const USUAL_NIGHT = { start: '22:00', end: '07:00' };

export function toForm(preferences: Preferences): AlertsForm {
  const { start, end, ...quiet } = preferences.quiet_hours;
  const on = start !== end;
  return {
    channels: preferences.channels,
    severities: SEVERITIES.filter((severity) => preferences.severities.includes(severity)),
    quiet: { ...quiet, on, ...(on ? { start, end } : USUAL_NIGHT) },
    digest: preferences.digest,
  };
}

/** Without quiet hours both ends are the same. */
export function toInput({ channels, severities, quiet, digest }: AlertsForm): PreferencesInput {
  const { on, ...hours } = quiet;
  return {
    channels,
    severities,
    quiet_hours: on ? hours : { ...hours, start: '00:00', end: '00:00' },
    digest,
  };
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

const uses = (form: AlertsForm) => PERSONAL_CHANNELS.filter((key) => form.channels[key].enabled);

/** Nothing reaches them: not even what names them. */
export const isDeaf = (form: AlertsForm): boolean => uses(form).length === 0;

/** What will happen, in sentences: first the one that counts. */
export function inWords(form: AlertsForm): string[] {
  if (isDeaf(form))
    return [
      'Nothing is sent to you: every channel is off.',
      'A step of an escalation that names you passes you over.',
    ];
  const { quiet, digest, severities } = form;
  const by = listed(uses(form).map((key) => SPOKEN[key]));
  const quietHours = quiet.on && quiet.start !== quiet.end;
  const except = quietHours
    ? `, except between ${quiet.start} and ${quiet.end} ${quiet.timezone}${quiet.block_critical ? '' : ', critical always'}`
    : '';
  const what =
    severities.length === SEVERITIES.length
      ? 'everything'
      : severities.length === 0
        ? 'nothing but what an escalation sends you by name,'
        : listed(severities);
  const said = [`You are told of ${what} by ${by}${except}.`];
  if (severities.length > 0) said.push('An escalation that names you reaches you whatever the severity.');
  if (digest.enabled && form.channels.email.enabled)
    said.push(
      `E-mail about what is not critical comes once a day, at ${digest.at} ${quiet.timezone}, with everything that happened since.`,
    );
  if (quietHours) said.push(`What is held back and still open at ${quiet.end} comes then, as one message.`);
  if (quietHours || digest.enabled) said.push('While you are on call everything comes at once, at any hour.');
  return said;
}

/** A contact is gone: its channel is off, and e-mail goes to the account's own address. */
export function without(form: AlertsForm, key: PersonalKey, address: string, own: string): AlertsForm {
  if (form.channels[key].address !== address) return form;
  const left =
    key === 'email'
      ? { enabled: form.channels.email.enabled, address: own }
      : { enabled: false, address: null };
  return { ...form, channels: { ...form.channels, [key]: left } };
}

/** What came of a test that one sent to an address of one's own. */
export function testStanding({ status, reason, provider_id: id }: NonNullable<Contact['test']>): {
  failed: boolean;
  words: string;
} {
  switch (status) {
    case 'queued':
    case 'sending':
      return { failed: false, words: `The test is on its way${reason ? `: ${reason}` : '.'}` };
    case 'retrying':
      return { failed: false, words: `The test did not get through and is tried again: ${reason ?? ''}` };
    case 'sent':
    case 'delivered': {
      const took = status === 'sent' ? 'Sent: its provider took the test' : 'The test has arrived';
      return { failed: false, words: `${took}${id ? `, as ${id}` : ''}.` };
    }
    default:
      return { failed: true, words: `The test was not sent: ${reason ?? 'it was given up'}` };
  }
}
