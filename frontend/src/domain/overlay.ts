import type { Metrics, ServerMarks, ServerUsual } from '@/api/types';
import type { Line } from './series';

/** What stands behind a chart to compare it with: the usual range, the week before, what happened. Times are seconds. */
export const WEEK_S = 7 * 86_400;

/** Longer spans have no overlay: a week beside a month says little, and hours of the day blur. */
export const LONGEST_S = 8 * 86_400;

const HOUR_MS = 3_600_000;

type Column = ServerUsual['columns'][number];

/** The usual range at each time, as a band; nothing where no time has one. */
export function usualBand(times: number[], column: Column): Line[] {
  const places = new Map(column.at_ms.map((at, place) => [at, place]));
  const at = times.map((time) => places.get(Math.floor((time * 1000) / HOUR_MS) * HOUR_MS));
  const of = (values: (number | null)[]) =>
    at.map((place) => (place === undefined ? null : (values[place] ?? null)));
  const band = { avg: of(column.mid), min: of(column.low), max: of(column.high) };
  if (band.avg.every((value) => value === null)) return [];
  return [{ label: 'usual', ...band, band: true, quiet: true }];
}

/** The same a week before, on the times of now: its nearest measurement, where one is near enough. */
export function weekBefore(times: number[], earlier: Metrics, field: string): Line[] {
  const column = earlier.columns.find((c) => c.field === field);
  const before = earlier.at_ms.map((ms) => ms / 1000 + WEEK_S);
  if (!column || before.length === 0) return [];
  const near = 1.5 * Math.max(stepOf(before), stepOf(times));
  let place = 0;
  const avg = times.map((time) => {
    while (
      place + 1 < before.length &&
      Math.abs(next(before, place) - time) <= Math.abs(here(before, place) - time)
    )
      place += 1;
    return Math.abs(here(before, place) - time) <= near ? (column.avg[place] ?? null) : null;
  });
  return avg.every((value) => value === null) ? [] : [{ label: 'a week before', avg, quiet: true }];
}

const here = (times: number[], place: number): number => times[place] ?? Number.POSITIVE_INFINITY;
const next = (times: number[], place: number): number => here(times, place + 1);

/** The distance that most neighbours have; a minute where there is but one. */
function stepOf(times: number[]): number {
  const distances = times.slice(1).map((time, i) => time - (times[i] ?? time));
  return distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 60;
}

export interface Mark {
  from: number;
  to: number;
  what: 'incident' | 'backup' | 'reboot';
  /** In words. */
  name: string;
  /** The incident. */
  id?: number;
}

/** The same for drawing: what overlaps is one span, or charts under many incidents would drown in their colour. */
export function merged(marks: Mark[]): Pick<Mark, 'from' | 'to' | 'what'>[] {
  const kinds = ['backup', 'incident', 'reboot'] as const;
  return kinds.flatMap((what) => {
    const spans: Pick<Mark, 'from' | 'to' | 'what'>[] = [];
    const own = marks.filter((mark) => mark.what === what).sort((a, b) => a.from - b.from);
    for (const { from, to } of own) {
      const last = spans.at(-1);
      if (last && from <= last.to) last.to = Math.max(last.to, to);
      else spans.push({ from, to, what });
    }
    return spans;
  });
}

/** What happened, as spans; what has not ended ends at `now`. */
export function marksOf(marks: ServerMarks, now: number): Mark[] {
  const s = (at: string) => Date.parse(at) / 1000;
  return [
    ...marks.backups.map((run): Mark => {
      const to = s(run.finished_at);
      const job = run.job === '' ? run.tool : `${run.tool} ${run.job}`;
      return {
        from: run.started_at ? s(run.started_at) : to,
        to,
        what: 'backup',
        name: `${job}: ${run.status}`,
      };
    }),
    ...marks.incidents.map(
      (incident): Mark => ({
        from: s(incident.opened_at),
        to: incident.resolved_at ? s(incident.resolved_at) : now,
        what: 'incident',
        name: incident.title,
        id: incident.id,
      }),
    ),
    ...marks.reboots.map((at): Mark => ({ from: s(at), to: s(at), what: 'reboot', name: 'reboot' })),
  ];
}
