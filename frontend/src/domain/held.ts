import type { Incident } from '@/api/types';

/** Why nobody is told of an open incident, in the order in which they are shown, and where that is looked at. */
const REASONS = [
  { reason: 'maintenance', label: 'for maintenance', to: '/maintenance' },
  { reason: 'snoozed', label: 'snoozed', to: '/incidents?status=open' },
  { reason: 'server_down', label: 'because the server is down', to: '/incidents?status=open' },
] as const;

/**
 * How many open incidents each reason holds back; reasons that hold nothing back are left out. A snooze counts also
 * where no policy is left that it could hold.
 */
export function heldCounts(incidents: Pick<Incident, 'status' | 'snoozed_until' | 'escalation'>[]) {
  const reasonOf = (incident: (typeof incidents)[number]) =>
    incident.escalation?.held_for ?? (incident.snoozed_until === null ? null : 'snoozed');
  const open = incidents.filter(({ status }) => status === 'open');
  return REASONS.map((known) => ({
    ...known,
    count: open.filter((incident) => reasonOf(incident) === known.reason).length,
  })).filter(({ count }) => count > 0);
}
