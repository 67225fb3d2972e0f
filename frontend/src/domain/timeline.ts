import { spokenSeconds, wallClock, zoneName } from './duration';
import { detectorName, isOfRules } from './kind';

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
  step_reached_nobody: 'reached nobody with a step',
  taken_over: 'took it over',
  escalation_held: 'held the escalation back',
  escalation_resumed: 'let the escalation go on',
  escalated: 'had the next step fire at once',
  snoozed: 'snoozed it',
  snooze_ended: 'ended the snooze',
  still_on_it: 'asked whether its owner is still on it',
  owner_told: 'told whoever has it',
  ownership_passed: 'passed it to whoever came on call',
  escalation_finished: 'came to its end',
  delivery: 'sent a message',
  delivery_failed: 'could not reach somebody',
  failed_over: 'used another channel',
  step_brought_forward: 'brought the next step forward',
};

/** `Admin`, `Somebody by a link`, `Detector “Service down”`, `Policy “Default”`, `The system`. */
function actorName({ actor, actor_name }: EntryFacts, nameOf: (detector: string) => string): string {
  if (actor_name) return actor_name;
  const [kind, id = ''] = actor.split(/:(.*)/s);
  if (kind === 'detector') return isOfRules(id) ? 'The rule' : `Detector “${nameOf(id)}”`;
  if (kind === 'policy') return `Policy “${id}”`;
  if (kind === 'user') return `User ${id}`;
  if (kind === 'link') return 'Somebody by a link';
  return 'The system';
}

export const entryTitle = (entry: EntryFacts, nameOf = detectorName): string =>
  `${actorName(entry, nameOf)} ${DID[entry.type] ?? entry.type.replaceAll('_', ' ')}`;

const show = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(show).join(', ')
    : typeof value === 'object' && value !== null
      ? JSON.stringify(value)
      : String(value);

/** What the title has said already: `Snoozed by Admin.` */
const saysWho = ({ by, text }: Record<string, unknown>): boolean =>
  ['Acknowledged', 'Given back', 'Resolved', 'Escalated', 'Snooze ended'].some(
    (done) => text === `${done} by ${by}.`,
  );

/** The sentence of an entry and what its other particulars add to it. */
function sentence(type: string, detail: Record<string, unknown>): string | null {
  const { text, until, remaining_s: remaining, to_answer_s: toAnswer } = detail;
  switch (type) {
    case 'snoozed':
      return typeof until === 'string' ? `until ${wallClock(until).slice(0, 16)} ${zoneName(until)}` : null;
    case 'escalation_held':
      return typeof remaining === 'number' && remaining > 0
        ? `${text} The next step was ${spokenSeconds(remaining)} away.`
        : null;
    case 'escalation_resumed':
      return typeof remaining === 'number'
        ? `${text} The next step is ${spokenSeconds(remaining)} away.`
        : null;
    case 'still_on_it':
      return typeof toAnswer === 'number'
        ? `${text} Without an answer it is open again after ${spokenSeconds(toAnswer)}.`
        : null;
    case 'taken_over':
      return typeof detail.from === 'string' ? `from ${detail.from}` : null;
    case 'step_reached_nobody':
      return [text, ...(Array.isArray(detail.warnings) ? detail.warnings : [])]
        .filter((part) => typeof part === 'string')
        .join('; ');
    case 'escalated':
    case 'snooze_ended':
    case 'acknowledged':
    case 'unacknowledged':
    case 'resolved':
      return saysWho(detail) ? '' : null;
    default:
      return null;
  }
}

/**
 * The particulars in one line: a note's text alone, else `key: value` pairs in their order. `observedIn` puts what was
 * seen into better words.
 */
export function entryBody({ type, detail }: EntryFacts, observedIn = (text: string) => text): string {
  if (typeof detail !== 'object' || detail === null) return '';
  const said = sentence(type, detail as Record<string, unknown>);
  if (said !== null) return said;
  const entries = Object.entries(detail as Record<string, unknown>).filter(([, v]) => v !== null && v !== '');
  const text = entries.find(([key]) => key === 'text' || key === 'note')?.[1];
  if (typeof text === 'string') return text;
  return entries
    .map(([key, value]) => {
      const text = key === 'observed' ? observedIn(show(value)) : show(value);
      return `${key.replaceAll('_', ' ')}: ${text}`;
    })
    .join(' · ');
}
