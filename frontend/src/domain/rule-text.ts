import type { AlertRule, Catalogue } from '@/api/types';
import { spokenSeconds } from './duration';
import { detectorName, kindName } from './kind';
import { bytes } from './units';

type Metrics = Catalogue['metrics'];
type Comparator = Extract<AlertRule['condition'], { type: 'threshold' }>['comparator'];

/** Behind a no-break space: a number and its unit stay in one line. */
const SIGN: Record<string, string> = {
  percent: '\u00a0%',
  per_s: '\u00a0/s',
  s: '\u00a0s',
};

/** `90 %`, `18.6 GiB`: nobody reads bytes one by one. */
const amount = (value: number, unit: string | undefined): string =>
  unit === 'bytes' || unit === 'bytes_per_s'
    ? `${bytes(value).replace(' ', '\u00a0')}${unit === 'bytes' ? '' : '/s'}`
    : value + (SIGN[unit ?? ''] ?? '');

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
export function metricName(name: string, metrics: Metrics): string {
  const title = metrics.find((metric) => metric.name === name)?.title;
  const [kind = ''] = name.split('.');
  if (!title) return name;
  return kind === 'metrics' ? title : `${kindName(kind)}: ${title}`;
}

/** `Load (1 min) = 71.36` of `metrics.load1 = 71.36`, which is how a rule said what it saw until it knew names. */
export const observedText = (text: string, metrics: Metrics): string =>
  text.replace(/^[a-z-]+\.\w+(?= = )/, (name) => metricName(name, metrics));

/** A metric among others, to be chosen. */
export const metricChoice = ({ name, unit }: Metrics[number], metrics: Metrics): string =>
  inUnit(metricName(name, metrics), unit);

/** Comparators as they are written by hand. */
export const COMPARATORS: Record<Comparator, string> = { '>': '>', '>=': '≥', '<': '<', '<=': '≤' };

const NOTHING_KNOWN: Catalogue = { metrics: [], detectors: [] };

/** A rule's condition and scope as an operator would say them. The catalogue has the names, and what the numbers count. */
export function conditionText(
  { condition: c }: Pick<AlertRule, 'condition'>,
  { metrics, detectors }: Catalogue = NOTHING_KNOWN,
): string {
  if (c.type === 'detector') {
    const named = detectors.find(({ key }) => key === c.detector)?.name ?? detectorName(c.detector);
    const name = c.detector === '*' ? 'every built-in detector' : `detector “${named}”`;
    if (c.off) return `${name} is off`;
    const numbers = Object.entries(c.numbers ?? {}).map(
      ([key, value]) => `${key.replaceAll('_', ' ')} ${value}`,
    );
    return numbers.length > 0 ? `${name} with ${numbers.join(', ')}` : name;
  }
  const unit = metrics.find((m) => m.name === c.metric)?.unit;
  const name = metricName(c.metric, metrics);
  if (c.type === 'baseline') {
    const away = { above: 'over', below: 'under 1 /', both: 'over, or under 1 /,' }[c.direction ?? 'above'];
    return `${name} ${away} ${c.factor} × its baseline for ${spokenSeconds(c.for_seconds)}, never below ${amount(c.min_value, unit)}`;
  }
  const clear =
    c.clear_threshold === null || c.clear_threshold === undefined
      ? ''
      : `, clears at ${amount(c.clear_threshold, unit)}`;
  return `${name} ${COMPARATORS[c.comparator]} ${amount(c.threshold, unit)} for ${spokenSeconds(c.for_seconds)}${clear}`;
}

/** Of a few servers their names, where they are known. */
export function scopeText({ scope }: Pick<AlertRule, 'scope'>, names?: ReadonlyMap<number, string>): string {
  if ('tags' in scope) return `tags ${scope.tags.join(', ')}`;
  const named = 'server_ids' in scope ? scope.server_ids.flatMap((id) => names?.get(id) ?? []) : [];
  if ('server_ids' in scope && named.length === scope.server_ids.length && named.length <= 3)
    return named.join(', ');
  if ('server_ids' in scope)
    return `${scope.server_ids.length} ${scope.server_ids.length === 1 ? 'server' : 'servers'}`;
  return 'all servers';
}
