/** One line of a chart in uPlot's shape: aligned with a shared time axis in seconds; `null` is a gap. */
export interface Line {
  label: string;
  avg: (number | null)[];
  /** Lowest and highest of the bucket; absent when the points are raw. */
  min?: (number | null)[];
  max?: (number | null)[];
  /** What is fine, and no measurement: dashed, and its edges are no extremes. */
  band?: boolean;
  /** Stands behind the measurement, to compare it with: grey. */
  quiet?: boolean;
}

/**
 * Puts an explicit gap wherever two neighbours lie more than 2.5 steps apart. Without it a chart draws a straight
 * line over an outage, which is the one thing a monitoring chart must not do. The step is the median distance.
 */
export function withGaps(times: number[], lines: Line[]): { times: number[]; lines: Line[] } {
  if (times.length < 3) return { times, lines };
  const distances = times.slice(1).map((t, i) => t - (times[i] ?? t));
  const step = [...distances].sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
  const breaks = new Set<number>();
  distances.forEach((d, i) => {
    if (step > 0 && d > step * 2.5) breaks.add(i + 1);
  });
  if (breaks.size === 0) return { times, lines };
  const spread = <T>(values: T[], gap: (before: number) => T): T[] =>
    values.flatMap((value, i) => (breaks.has(i) ? [gap(i), value] : [value]));
  return {
    times: spread(times, (i) => (times[i - 1] ?? 0) + step),
    lines: lines.map((line) => ({
      ...line,
      avg: spread(line.avg, () => null),
      min: line.min && spread(line.min, () => null),
      max: line.max && spread(line.max, () => null),
    })),
  };
}

export const RANGES = ['1h', '6h', '24h', '7d', '30d'] as const;
export type Range = (typeof RANGES)[number];

const RANGE_SECONDS: Record<Range, number> = {
  '1h': 3600,
  '6h': 21_600,
  '24h': 86_400,
  '7d': 604_800,
  '30d': 2_592_000,
};

export const rangeSeconds = (range: Range): number => RANGE_SECONDS[range];
