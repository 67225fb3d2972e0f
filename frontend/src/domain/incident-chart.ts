import type { Catalogue, Decision, IncidentDetail, Metrics } from '@/api/types';
import { fieldName } from './field-name';
import type { Line } from './series';

type Chart = NonNullable<IncidentDetail['chart']>;
type Metric = Catalogue['metrics'][number];

/** Seconds since 1970. */
export interface Stretch {
  from: number;
  to: number;
}

const HOUR = 3600;
const DAY = 86_400;

/**
 * What is drawn around an incident: as much before and after it as shows how it usually is. Thirty reports at least, of
 * what is told on events a fortnight; of what lasts long a third of it, three days at most.
 */
export function stretchAround(
  { opened_at, resolved_at }: Pick<IncidentDetail, 'opened_at' | 'resolved_at'>,
  intervalSeconds: number,
  now: number,
): Stretch {
  const opened = Date.parse(opened_at) / 1000;
  const over = resolved_at === null ? now : Date.parse(resolved_at) / 1000;
  const reports = intervalSeconds === 0 ? 14 * DAY : Math.max(HOUR, 30 * intervalSeconds);
  const beside = Math.max(reports, Math.min((over - opened) / 3, 3 * DAY));
  return { from: opened - beside, to: Math.min(now, over + beside) };
}

/** The limit in force at each time: that of the last decision before it, of the first one before that. */
export function limitsAt(
  times: number[],
  decisions: Pick<Decision, 'at' | 'threshold'>[],
): (number | null)[] | null {
  const known = decisions
    .flatMap(({ at, threshold }) => (threshold === null ? [] : [{ at: Date.parse(at) / 1000, threshold }]))
    .sort((a, b) => a.at - b.at);
  const [first] = known;
  if (!first) return null;
  return times.map((time) => (known.findLast(({ at }) => at <= time) ?? first).threshold);
}

/** The measured lines of an incident's series; those without a value are left out. */
export function measuredLines(metrics: Metrics, { subjects, metrics: names }: Chart): Line[] {
  const own = metrics.columns.filter(({ subject }) =>
    subjects === null ? subject === null : subject !== null && subjects.includes(subject),
  );
  const spread = metrics.bucket_ms > 0;
  return own
    .filter(({ avg }) => avg.some((value) => value !== null))
    .map(({ field, subject, avg, min, max }) => ({
      label: names.length > 1 ? fieldName(field) : (subject ?? 'measured'),
      avg,
      min: spread ? min : undefined,
      max: spread ? max : undefined,
    }));
}

/** What is fine, as a band up to its limit or from there on. */
export function band(fine: Chart['fine'], limits: (number | null)[] | null, measured: Line[]): Line[] {
  if (!fine || !limits) return [];
  const zero = limits.map(() => 0);
  if (fine === 'below') return [{ label: 'fine up to', avg: limits, min: zero, max: limits, band: true }];
  const all = [...measured.flatMap(({ avg, max }) => [...avg, ...(max ?? [])]), ...limits];
  const top = Math.max(...all.filter((value) => value !== null));
  return [{ label: 'fine from', avg: limits, min: limits, max: limits.map(() => top), band: true }];
}

/** The metrics' words in the catalogue; `null` where it does not know them (yet). */
export const metricOf = (chart: Chart, metrics: Metric[] | undefined): Metric | null =>
  metrics?.find(({ name }) => name === chart.metrics[0]) ?? null;
