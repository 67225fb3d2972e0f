import { describe, expect, it } from 'vitest';
import type { NextStep } from '@/api/types';
import { heldCounts } from './held';
import {
  escalateRefusal,
  heldText,
  openAgainAt,
  seenUntil,
  snoozeChoices,
  snoozedText,
  snoozeRefusal,
  stepText,
  tomorrowMorning,
} from './snooze';
import { entryBody, entryTitle } from './timeline';

const NOW = Date.parse('2026-05-07T06:34:56Z');
const iso = (at: number) => new Date(at).toISOString();

describe('snoozing', () => {
  it('offers a while, and tomorrow at nine by the viewer’s clock', () => {
    const [half, , , morning] = snoozeChoices(NOW, 'Asia/Dhaka');
    expect(half?.until).toBe(NOW + 30 * 60_000);
    expect(iso(morning?.until ?? 0)).toBe('2026-05-08T03:00:00.000Z');
    // Just after midnight in Dhaka it is still the day before in UTC.
    expect(iso(tomorrowMorning(Date.parse('2026-05-07T18:30:00Z'), 'Asia/Dhaka'))).toBe(
      '2026-05-09T03:00:00.000Z',
    );
    // The night in which Berlin's clocks go forward.
    expect(iso(tomorrowMorning(Date.parse('2026-03-28T20:00:00Z'), 'Europe/Berlin'))).toBe(
      '2026-03-29T07:00:00.000Z',
    );
  });

  it.each([
    [null, 'is no time'],
    [NOW, 'is past'],
    [NOW + 1, null],
    [NOW + 7 * 86_400_000, null],
    [NOW + 7 * 86_400_000 + 1, 'must lie within the next 7 days'],
  ])('until %s: %s', (until, refusal) => expect(snoozeRefusal(until, NOW)).toBe(refusal));

  it('is said while it lasts', () => {
    const snoozed_until = '2026-05-07T08:30:00Z';
    expect(snoozedText({ snoozed_until }, NOW, 'Asia/Dhaka')).toBe('snoozed until 14:30');
    expect(snoozedText({ snoozed_until }, Date.parse(snoozed_until), 'Asia/Dhaka')).toBeNull();
    expect(snoozedText({ snoozed_until: null }, NOW, 'Asia/Dhaka')).toBeNull();
  });
});

const next = (more: Partial<NextStep> = {}): NextStep => ({
  state: 'armed',
  policy_name: 'Default',
  step: 2,
  steps: 2,
  pass: 1,
  targets: { people: [], roles: ['admin'], external: 0 },
  held_for: null,
  due_at: iso(NOW + 60_000),
  channels: ['email'],
  ...more,
});

describe('what holds an escalation', () => {
  const held = (held_for: string | null) => next({ state: 'paused', due_at: null, held_for });

  it('has words', () => {
    expect(heldText(next())).toBeNull();
    expect(
      ['maintenance', 'snoozed', 'server_down', 'something_new', null].map((why) => heldText(held(why))),
    ).toEqual(['held: maintenance', 'snoozed', 'held: server is down', 'held: something new', 'held']);
  });

  it('is a reason not to escalate by hand', () => {
    expect(escalateRefusal({ status: 'open', escalation: next() })).toBeNull();
    expect(escalateRefusal({ status: 'open', escalation: null })).toMatch(/Nothing follows/);
    expect(escalateRefusal({ status: 'acknowledged', escalation: held(null) })).toMatch(/give it back/);
    expect(escalateRefusal({ status: 'open', escalation: held('snoozed') })).toMatch(/wake it/);
    expect(escalateRefusal({ status: 'open', escalation: held('maintenance') })).toMatch(/maintenance/);
  });

  it('is counted by reason, of what is open alone', () => {
    const open = (held_for: string | null) => ({
      status: 'open' as const,
      snoozed_until: null,
      escalation: held_for ? held(held_for) : next(),
    });
    const rows = [
      open('maintenance'),
      open('maintenance'),
      open('snoozed'),
      open(null),
      { ...open('maintenance'), status: 'acknowledged' as const },
      { ...open(null), escalation: null, snoozed_until: iso(NOW + 1) },
    ];
    expect(heldCounts(rows).map(({ reason, count }) => [reason, count])).toEqual([
      ['maintenance', 2],
      ['snoozed', 2],
    ]);
    expect(heldCounts([open(null)])).toEqual([]);
  });

  it('names a step behind the last one for what it is', () => {
    expect(stepText(next())).toBe('step 2 of 2');
    expect(stepText(next({ step: 3 }))).toMatch(/every admin/);
  });
});

describe('what somebody who escalates has seen', () => {
  const at = (seconds: number) => iso(NOW - seconds * 1000);

  it('is what the timeline tells, and nothing of the last seconds that it does not', () => {
    const entries = (...seconds: number[]) => ({
      timeline: seconds.map((ago, id) => ({
        id,
        at: at(ago),
        type: 'step_fired',
        actor: 'system',
        actor_name: null,
        detail: {},
      })),
    });
    expect(seenUntil(entries(60), NOW)).toBe(at(5));
    expect(seenUntil(entries(60, 2), NOW)).toBe(at(2));
    expect(seenUntil(entries(), NOW)).toBe(at(5));
  });
});

describe('an owner who was asked', () => {
  it('has a quarter of an hour', () => {
    const asked_at = iso(NOW);
    expect(openAgainAt({ status: 'acknowledged', asked_at })).toBe(NOW + 900_000);
    expect(openAgainAt({ status: 'open', asked_at })).toBeNull();
    expect(openAgainAt({ status: 'acknowledged', asked_at: null })).toBeNull();
  });
});

describe('the timeline', () => {
  const entry = (type: string, detail: object, actor_name: string | null = 'Admin') => ({
    type,
    actor: actor_name ? 'user:1' : 'system',
    actor_name,
    detail,
  });

  it.each([
    [
      entry('snoozed', { text: 'Snoozed by Admin.', by: 'Admin', until: '2026-05-07T08:30:00Z' }),
      'Admin snoozed it',
      /^until 2026-05-0\d \d\d:\d\d UTC/,
    ],
    [entry('snooze_ended', { text: 'Snooze ended by Admin.', by: 'Admin' }), 'Admin ended the snooze', /^$/],
    [entry('snooze_ended', { text: 'The snooze is over.' }, null), 'The system ended the snooze', /is over/],
    [
      entry('escalated', { text: 'Escalated by Admin.', by: 'Admin' }),
      'Admin had the next step fire at once',
      /^$/,
    ],
    [
      entry('still_on_it', { text: 'Asked A whether they are still on it.', to_answer_s: 900 }, null),
      'The system asked whether its owner is still on it',
      /open again after 15 min\.$/,
    ],
    [
      entry('escalation_held', { text: 'Held back: maintenance (X).', remaining_s: 660 }, null),
      'The system held the escalation back',
      /maintenance \(X\)\. The next step was 11 min away\.$/,
    ],
    [
      entry(
        'escalation_resumed',
        { text: 'No longer held back: the escalation goes on.', remaining_s: 120 },
        null,
      ),
      'The system let the escalation go on',
      /The next step is 2 min away\.$/,
    ],
    [entry('note', { text: 'Restarted by Admin.', by: 'Admin' }), 'Admin noted', /^Restarted by Admin\.$/],
    [
      entry('resolved', { text: 'Its case was closed by Admin.', by: 'Admin' }),
      'Admin resolved it',
      /case was closed/,
    ],
  ])('%#', (given, title, body) => {
    expect(entryTitle(given)).toBe(title);
    expect(entryBody(given)).toMatch(body);
  });
});
