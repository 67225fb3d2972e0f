import { detectorName } from './kind';

/** What a timeline entry says, from its type and particulars. Types that this page does not know are shown as they are. */
export interface EntryFacts {
  type: string;
  actor: string;
  actor_name: string | null;
  detail: unknown;
}

const DID: Record<string, string> = {
  opened: 'opened it',
  reopened: 'opened it again',
  acknowledged: 'acknowledged',
  unacknowledged: 'gave it back',
  resolved: 'resolved it',
  note: 'noted',
  severity_changed: 'changed the severity',
  severity_rose: 'raised the severity',
  step_fired: 'fired a step',
  step_skipped: 'skipped a step',
  nobody_to_tell: 'found nobody to tell',
  escalation_held: 'held the escalation back',
  escalation_resumed: 'let the escalation go on',
  escalation_finished: 'came to its end',
  delivery: 'sent a message',
};

/** `Admin`, `Detector “Service down”`, `Policy “Default”`, `The system`. */
export function actorName({ actor, actor_name }: EntryFacts): string {
  if (actor_name) return actor_name;
  const [kind, id = ''] = actor.split(/:(.*)/s);
  if (actor === 'detector:rule') return 'The rule';
  if (kind === 'detector') return `Detector “${detectorName(id)}”`;
  if (kind === 'policy') return `Policy “${id}”`;
  if (kind === 'user') return `User ${id}`;
  return 'The system';
}

export const entryTitle = (entry: EntryFacts): string =>
  `${actorName(entry)} ${DID[entry.type] ?? entry.type.replaceAll('_', ' ')}`;

const show = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(show).join(', ')
    : typeof value === 'object' && value !== null
      ? JSON.stringify(value)
      : String(value);

/** The particulars in one line: a note's text alone, else `key value` pairs in their order. */
export function entryBody({ detail }: EntryFacts): string {
  if (typeof detail !== 'object' || detail === null) return '';
  const entries = Object.entries(detail as Record<string, unknown>).filter(([, v]) => v !== null && v !== '');
  const text = entries.find(([key]) => key === 'text' || key === 'note')?.[1];
  if (typeof text === 'string') return text;
  return entries.map(([key, value]) => `${key.replaceAll('_', ' ')}: ${show(value)}`).join(' · ');
}
