import { describe, expect, it } from 'vitest';
import type { Preferences } from '@/api/types';
import { inWords, isDeaf, listed, testStanding, toForm, toInput, without } from './my-alerts';

const off = { enabled: false, address: null };

const preferences = (more: Partial<Preferences> = {}): Preferences => ({
  channels: {
    email: { enabled: true, address: 'ann@hostseba.com' },
    whatsapp: off,
    telegram: off,
    discord: off,
  },
  severities: ['high', 'critical'],
  quiet_hours: { start: '22:00', end: '07:00', timezone: 'Asia/Dhaka', block_critical: false },
  digest: { enabled: false, at: '09:00' },
  updated_at: null,
  ...more,
});

describe('what will happen, in words', () => {
  it('names severities, channels and quiet hours', () => {
    expect(inWords(toForm(preferences()))[0]).toBe(
      'You are told of critical and high by e-mail, except between 22:00 and 07:00 Asia/Dhaka, critical always.',
    );
  });

  it('does not promise critical where quiet hours block it', () => {
    const quiet_hours = { ...preferences().quiet_hours, block_critical: true };
    expect(inWords(toForm(preferences({ quiet_hours })))[0]).toBe(
      'You are told of critical and high by e-mail, except between 22:00 and 07:00 Asia/Dhaka.',
    );
  });

  it('says that nothing reaches who switched everything off', () => {
    const form = toForm(
      preferences({ channels: { email: off, whatsapp: off, telegram: off, discord: off } }),
    );
    expect(isDeaf(form)).toBe(true);
    expect(inWords(form)[0]).toContain('every channel is off');
  });

  it('says what a filter leaves', () => {
    const all = toForm(preferences({ severities: ['critical', 'high', 'medium', 'low', 'info'] }));
    expect(inWords(all)[0]).toContain('told of everything by e-mail');
    const none = toForm(preferences({ severities: [] }));
    expect(inWords(none)[0]).toContain('nothing but what an escalation sends you by name, by e-mail');
  });

  it('tells of the digest while there is e-mail to replace', () => {
    const digest = { enabled: true, at: '08:30' };
    expect(inWords(toForm(preferences({ digest }))).join(' ')).toContain('once a day, at 08:30 Asia/Dhaka');
  });

  it('lists as people do', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed)).toEqual(['', 'a', 'a and b', 'a, b and c']);
  });
});

describe('the form', () => {
  it('gives back what it was made of', () => {
    const { updated_at: _, ...rest } = preferences();
    expect(toInput(toForm(preferences()))).toEqual({ ...rest, severities: ['critical', 'high'] });
  });

  it('reads equal ends as no quiet hours, offers a usual night, and sends equal ends', () => {
    const quiet_hours = { start: '10:00', end: '10:00', timezone: 'Asia/Dhaka', block_critical: false };
    const form = toForm(preferences({ quiet_hours }));
    expect(form.quiet).toMatchObject({ on: false, start: '22:00', end: '07:00' });
    expect(toInput(form).quiet_hours).toMatchObject({ start: '00:00', end: '00:00' });
  });

  it('falls back where a contact is deleted that it uses', () => {
    const channels = {
      ...preferences().channels,
      email: { enabled: true, address: 'home@ann.example' },
      telegram: { enabled: true, address: '4711' },
    };
    const form = toForm(preferences({ channels }));
    expect(without(form, 'telegram', '4711', 'ann@hostseba.com').channels.telegram).toEqual(off);
    expect(without(form, 'telegram', '4712', 'ann@hostseba.com')).toBe(form);
    expect(without(form, 'email', 'home@ann.example', 'ann@hostseba.com').channels.email).toEqual({
      enabled: true,
      address: 'ann@hostseba.com',
    });
  });
});

describe('a test to an address of one’s own', () => {
  const at = { asked_at: '2026-05-07T06:00:00Z', again_at: '2026-05-07T06:01:00Z' };
  const said = (status: Parameters<typeof testStanding>[0]['status'], reason: string | null, id?: string) =>
    testStanding({ ...at, status, reason, provider_id: id ?? null });

  it('says where it is, by what name its provider has it, and why it failed', () => {
    expect(said('queued', null).words).toBe('The test is on its way.');
    expect(said('sent', null, 'wamid.7')).toEqual({
      failed: false,
      words: 'Sent: its provider took the test, as wamid.7.',
    });
    expect(said('delivered', null).words).toBe('The test has arrived.');
    expect(said('failed', '404 no such chat')).toEqual({
      failed: true,
      words: 'The test was not sent: 404 no such chat',
    });
  });
});
