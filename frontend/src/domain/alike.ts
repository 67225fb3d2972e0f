import type { Incident, IncidentDetail } from '@/api/types';
import { shortDuration } from './duration';
import { entryBody } from './timeline';

/** So many stand beside an incident. */
const SHOWN = 5;

/** Those of `older` that are about the same thing: same detector, server and subject. The newest first, as they come. */
export const alike = (incident: Incident, older: Incident[]): Incident[] =>
  older
    .filter(
      (one) =>
        one.id !== incident.id &&
        one.detector === incident.detector &&
        one.server_id === incident.server_id &&
        one.subject === incident.subject,
    )
    .slice(0, SHOWN);

/** `over after 24 min by itself`, `over after 2 h, resolved by Admin`. */
export function ended({ opened_at, resolved_at, resolved_by }: Incident): string {
  if (resolved_at === null) return 'not over';
  const after = `over after ${shortDuration(Date.parse(resolved_at) - Date.parse(opened_at))}`;
  return resolved_by ? `${after}, resolved by ${resolved_by.name}` : `${after} by itself`;
}

export interface Note {
  id: number;
  by: string;
  text: string;
}

/** What people wrote to it, the oldest first. */
export const notesOf = ({ timeline }: Pick<IncidentDetail, 'timeline'>): Note[] =>
  timeline
    .filter(({ type }) => type === 'note')
    .map((entry) => ({
      id: entry.id,
      by: entry.actor_name ?? 'a deleted account',
      text: entryBody(entry),
    }));
