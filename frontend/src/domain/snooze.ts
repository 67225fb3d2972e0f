import type { Incident, IncidentDetail, NextStep } from '@/api/types';
import { momentOf, shortMoment, wallMs } from './zone-time';

/** Nothing is put off for longer. */
export const LONGEST_SNOOZE_MS = 7 * 86_400_000;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Tomorrow at nine by the zone's clock. */
export function tomorrowMorning(now: number, zone: string): number {
  const today = Math.floor(wallMs(now, zone) / DAY_MS) * DAY_MS;
  return momentOf(today + DAY_MS + 9 * 60 * MINUTE_MS, zone);
}

/** What is offered: a while from now, or until people are back. */
export function snoozeChoices(now: number, zone: string): { label: string; until: number }[] {
  return [
    { label: '30 minutes', until: now + 30 * MINUTE_MS },
    { label: '1 hour', until: now + 60 * MINUTE_MS },
    { label: '4 hours', until: now + 240 * MINUTE_MS },
    { label: 'Until tomorrow 09:00', until: tomorrowMorning(now, zone) },
  ];
}

/** Why a moment cannot be chosen; `null` where it can. */
export function snoozeRefusal(until: number | null, now: number): string | null {
  if (until === null) return 'is no time';
  if (until <= now) return 'is past';
  return until > now + LONGEST_SNOOZE_MS ? 'must lie within the next 7 days' : null;
}

/** `snoozed until 14:30`; `null` where it is not, or no longer. */
export function snoozedText(
  { snoozed_until }: Pick<Incident, 'snoozed_until'>,
  now: number,
  zone: string,
): string | null {
  const until = snoozed_until === null ? Number.NaN : Date.parse(snoozed_until);
  return until > now ? `snoozed until ${shortMoment(until, zone, now)}` : null;
}

/** Whether its owner was asked and may still answer, and when it is open again without an answer. */
const TO_ANSWER_MS = 15 * MINUTE_MS;

export function openAgainAt({ status, asked_at }: Pick<Incident, 'status' | 'asked_at'>): number | null {
  return status === 'acknowledged' && asked_at !== null ? Date.parse(asked_at) + TO_ANSWER_MS : null;
}

const HELD: Record<string, string> = {
  maintenance: 'maintenance',
  snoozed: 'snoozed',
  server_down: 'server is down',
};

export const heldName = (why: string): string => HELD[why] ?? why.replaceAll('_', ' ');

/** Why a policy stands still: `held: maintenance`, `snoozed`, `held` by the acknowledgement; `null` while it does not. */
export function heldText({ state, due_at, held_for }: NextStep): string | null {
  if (state !== 'paused' && due_at !== null) return null;
  if (held_for === 'snoozed') return 'snoozed';
  return held_for === null ? 'held' : `held: ${heldName(held_for)}`;
}

/** `step 2 of 3`; behind the last one it is everybody who can be found. */
export const stepText = ({ step, steps }: Pick<NextStep, 'step' | 'steps'>): string =>
  step > steps ? 'the last resort, which tells every admin' : `step ${step} of ${steps}`;

/** How far the page's clock may be ahead of the server's, and an answer on its way. */
const DOUBT_MS = 5000;

/**
 * The state of the escalation that somebody has before their eyes, for the server to refuse what a step that fired
 * since would double: what the timeline tells was seen, what else happened in the last seconds may not have been.
 */
export function seenUntil({ timeline }: Pick<IncidentDetail, 'timeline'>, fetchedAt: number): string {
  const told = timeline.map((entry) => Date.parse(entry.at));
  return new Date(Math.max(fetchedAt - DOUBT_MS, ...told)).toISOString();
}

/** Why the next step cannot be fired by hand now; `null` where it can. */
export function escalateRefusal(incident: Pick<Incident, 'status' | 'escalation'>): string | null {
  if (incident.status !== 'open') return 'Somebody is on it: give it back first.';
  if (!incident.escalation) return 'Nothing follows: no step of a policy is left.';
  const { held_for } = incident.escalation;
  if (held_for === 'snoozed') return 'It is snoozed: wake it first.';
  if (held_for === null) return null;
  return `It is held back: ${HELD[held_for] ?? held_for.replaceAll('_', ' ')}.`;
}

/** Why the server refused to fire a step, by the code of its answer. */
export const NOT_ESCALATED: Record<string, string> = {
  already_escalated: 'A step fired meanwhile: look at what came of it first.',
  held_back: 'It is held back now.',
  nothing_follows: 'Nothing follows any more: no step of its policy is left.',
  invalid_transition: 'Somebody took it, or it is over.',
};
