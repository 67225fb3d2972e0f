import type { AlertRule, Catalogue } from '@/api/types';
import { spokenSeconds } from './duration';
import { detectorName, kindName } from './kind';

type Metrics = Catalogue['metrics'];
type Comparator = Extract<AlertRule['condition'], { type: 'threshold' }>['comparator'];

/** Behind a no-break space: a number and its unit stay in one line. */
const SIGN: Record<string, string> = {
  percent: '\u00a0%',
  bytes: '\u00a0B',
  bytes_per_s: '\u00a0B/s',
  per_s: '\u00a0/s',
  s: '\u00a0s',
};

/** What a threshold's number counts, in brackets behind a name; nothing where the name says it. */
const COUNTS: Record<string, string> = {
  percent: ' (%)',
  bytes: ' (bytes)',
  bytes_per_s: ' (bytes/s)',
  per_s: ' (per second)',
  s: ' (seconds)',
  yes_no: ' (1 is yes, 0 is no)',
};

export const inUnit = (name: string, unit: string | undefined): string => name + (COUNTS[unit ?? ''] ?? '');

/** `MySQL: clients connected`, `CPU busy, all cores`: of the host itself where no kind is named. */
function metricName(name: string, metrics: Metrics): string {
  const title = metrics.find((metric) => metric.name === name)?.title;
  const [kind = ''] = name.split('.');
  if (!title) return name;
  return kind === 'metrics' ? title : `${kindName(kind)}: ${title}`;
}

/** A metric among others, to be chosen. */
export const metricChoice = ({ name, unit }: Metrics[number], metrics: Metrics): string =>
  inUnit(metricName(name, metrics), unit);

/** Comparators as they are written by hand. */
export const COMPARATORS: Record<Comparator, string> = { '>': '>', '>=': '≥', '<': '<', '<=': '≤' };

/** A rule's condition and scope as an operator would say them. `metrics` says what the numbers count. */
export function conditionText({ condition: c }: Pick<AlertRule, 'condition'>, metrics: Metrics = []): string {
  if (c.type === 'detector') {
    const name = c.detector === '*' ? 'every built-in detector' : `detector “${detectorName(c.detector)}”`;
    if (c.off) return `${name} is off`;
    const numbers = Object.entries(c.numbers ?? {}).map(
      ([key, value]) => `${key.replaceAll('_', ' ')} ${value}`,
    );
    return numbers.length > 0 ? `${name} with ${numbers.join(', ')}` : name;
  }
  const unit = SIGN[metrics.find((m) => m.name === c.metric)?.unit ?? ''] ?? '';
  const name = metricName(c.metric, metrics);
  if (c.type === 'baseline') {
    const away = { above: 'over', below: 'under 1 /', both: 'over, or under 1 /,' }[c.direction ?? 'above'];
    return `${name} ${away} ${c.factor} × its baseline for ${spokenSeconds(c.for_seconds)}, never below ${c.min_value}${unit}`;
  }
  const clear =
    c.clear_threshold === null || c.clear_threshold === undefined
      ? ''
      : `, clears at ${c.clear_threshold}${unit}`;
  return `${name} ${COMPARATORS[c.comparator]} ${c.threshold}${unit} for ${spokenSeconds(c.for_seconds)}${clear}`;
}

export function scopeText({ scope }: Pick<AlertRule, 'scope'>): string {
  if ('tags' in scope) return `tags ${scope.tags.join(', ')}`;
  if ('server_ids' in scope)
    return `${scope.server_ids.length} ${scope.server_ids.length === 1 ? 'server' : 'servers'}`;
  return 'all servers';
}
