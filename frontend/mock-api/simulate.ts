import type { PolicyInput, PolicySimulation, SimulatedEvent } from '@/api/types';
import { mockNow } from './clock';
import type { World } from './db';

/** A policy run dry, as far as pictures and clicks need it: passes, page holds, nobody reached, one window. */
const HOLD: Record<string, number | null> = { critical: 0, high: 120, medium: 300, low: null, info: null };

interface Incident {
  at?: string | null;
  severity: string;
  server_id?: number | null;
}

export function simulated(world: World, policy: PolicyInput, incident: Incident): PolicySimulation {
  const opened = incident.at ? Date.parse(incident.at) : mockNow();
  const hold = HOLD[incident.severity] ?? null;
  const answer = (events: SimulatedEvent[], ending: PolicySimulation['ending']): PolicySimulation => ({
    opened_at: new Date(opened).toISOString(),
    timezone: 'Asia/Dhaka',
    hold_seconds: hold,
    events,
    ending,
    warnings: [],
  });
  if (hold === null) return answer([], 'pages_nobody');
  const event = (at: number, more: Partial<SimulatedEvent>): SimulatedEvent => ({
    at: new Date(opened + at * 1000).toISOString(),
    at_seconds: at,
    type: 'step',
    step: null,
    pass: null,
    message: null,
    told: [],
    warnings: [],
    window: null,
    next_at: null,
    ...more,
  });
  const people = (roles: string[], ids: number[]) =>
    world.users.filter((user) => user.is_active && (roles.includes(user.role) || ids.includes(user.id)));
  const told = (roles: string[], ids: number[]): SimulatedEvent['told'] =>
    people(roles, ids).map((user) => ({
      channel: 'email',
      label: 'Email',
      recipient: user.email,
      user: { id: user.id, name: user.name },
      kept_back: user.id === 2 ? 'quiet hours, 22:00 to 07:00 Asia/Dhaka' : null,
    }));
  const events: SimulatedEvent[] = [];
  let at = hold;
  // Maintenance is under way on this one.
  if (incident.server_id === 3) {
    const next = new Date(opened + 5220 * 1000).toISOString();
    events.push(event(0, { type: 'held', window: 'Kernel updates' }));
    events.push(event(5100, { type: 'goes_on', next_at: next }));
    at = 5220;
  }
  for (let pass = 1; pass <= 1 + (policy.repeat ?? 3); pass++) {
    policy.steps.forEach((step, i) => {
      at += step.delay_seconds;
      const recipients = told(step.targets?.roles ?? [], step.targets?.users ?? []);
      const lost = step.channels.flatMap((key) => {
        const channel = world.channels.find((c) => c.channel === key);
        if (!channel?.enabled) return `channel ${key} is not switched on`;
        return channel.healthy ? [] : `channel ${key} does not work now: ${channel.last_error}`;
      });
      events.push(
        event(at, {
          step: i + 1,
          pass,
          message: pass === 1 ? 'problem' : 'reminder',
          told: recipients,
          warnings: [...(recipients.length === 0 ? ['nobody was reached'] : []), ...lost],
        }),
      );
    });
    at += policy.repeat_delay_seconds ?? 900;
  }
  if (incident.severity !== 'critical') return answer(events, 'done');
  for (; at <= 86_400 && events.length < 300; at += 900)
    events.push(event(at, { type: 'every_admin', pass: 5, message: 'reminder', told: told(['admin'], []) }));
  return answer(events, 'goes_on');
}
