import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { wallClock } from '@/domain/duration';
import { type Line, withGaps } from '@/domain/series';
import { UNIT_FORMAT, type Unit } from '@/domain/units';
import css from './TimeChart.module.css';

/** Something that lasted, in seconds since 1970; a reboot is a moment. */
export interface Span {
  from: number;
  to: number;
  what?: Happening;
}

export type Happening = 'incident' | 'backup' | 'reboot';

/** Its colour, by name. */
export const HAPPENING_COLOR: Record<Happening, string> = {
  incident: '--critical',
  backup: '--low',
  reboot: '--ink-2',
};

interface Props {
  title: string;
  unit: Unit;
  /** Seconds since 1970, ascending. */
  times: number[];
  lines: Line[];
  /** The whole range asked for, in seconds, so that missing data shows as missing. */
  from: number;
  to: number;
  /** Shaded from top to bottom, incidents unless they say otherwise; named in the legend where there is a `spansLabel`. */
  spans?: Span[];
  spansLabel?: string;
  /** Charts of one key share their cursor. */
  syncKey?: string;
  /** Called with seconds when the user drags over a stretch. */
  onZoom?: (from: number, to: number) => void;
  /** Fixed top of the scale, such as 100 for percent. */
  max?: number;
}

const HEIGHT = 150;
const PALETTE = ['--chart-1', '--chart-2', '--chart-3', '--chart-4'];

const color = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const translucent = (hex: string, percent = 18): string =>
  `color-mix(in srgb, ${hex} ${percent}%, transparent)`;

/** Marks of the time axis: the day where it begins or where marks lie a day apart, else the hour and minute. */
function timeMarks(splits: number[], stepSeconds: number): string[] {
  return splits.map((at) => {
    const text = wallClock(at * 1000);
    const midnight = text.slice(11, 16) === '00:00';
    return stepSeconds >= 86_400 || midnight ? text.slice(5, 10) : text.slice(11, 16);
  });
}

/** Steps of the value axis: powers of two for bytes, so that marks read 16 GiB and not 14.9. */
const BINARY_STEPS = Array.from({ length: 50 }, (_, i) => 2 ** i);

/** For durations: whole seconds, minutes, hours and days, so that marks read 6 h and not 5.56. */
const DURATION_STEPS = [
  ...[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((days) => days * 86_400),
];

const STEPS: Partial<Record<Unit, number[]>> = {
  bytes: BINARY_STEPS,
  bytes_per_s: BINARY_STEPS,
  seconds: DURATION_STEPS,
};

const colorOf = (line: Line, at: number): string =>
  line.quiet ? '--ink-3' : (PALETTE[at % PALETTE.length] ?? '--chart-1');

/** Every line is its average; where the bucket has a lowest and highest value they are shaded behind it. */
function layout(lines: Line[]): { series: uPlot.Series[]; bands: uPlot.Band[]; values: (number | null)[][] } {
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  const values: (number | null)[][] = [];
  lines.forEach((line, i) => {
    const stroke = color(colorOf(line, i));
    if (line.min && line.max) {
      const at = series.length;
      series.push(
        { stroke: 'transparent', points: { show: false } },
        { stroke: 'transparent', points: { show: false } },
      );
      bands.push({ series: [at, at + 1], fill: translucent(stroke) });
      values.push(line.max, line.min);
    }
    series.push(
      line.band || line.quiet
        ? { label: line.label, stroke, width: 1, dash: line.band ? [4, 4] : [1, 3], points: { show: false } }
        : { label: line.label, stroke, width: 1.6, points: { size: 4 } },
    );
    values.push(line.avg);
  });
  return { series, bands, values };
}

/** Behind the lines; a span too short to be seen is two pixels wide all the same. */
function shade(u: uPlot, spans: Span[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  for (const { from, to, what } of spans) {
    const fill = color(HAPPENING_COLOR[what ?? 'incident']);
    // What is only marked stays far behind what was measured.
    ctx.fillStyle = what === 'reboot' ? fill : translucent(fill, what ? 9 : 18);
    const left = Math.max(bbox.left, u.valToPos(from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(to, 'x', true));
    if (right >= left) ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
  }
  ctx.restore();
}

/** The one chart of the dashboard. */
export function TimeChart({
  title,
  unit,
  times: rawTimes,
  lines: rawLines,
  from,
  to,
  syncKey,
  onZoom,
  max,
  spans,
  spansLabel,
}: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const scheme = useComputedColorScheme('light');
  const format = UNIT_FORMAT[unit];
  const { times, lines } = useMemo(() => withGaps(rawTimes, rawLines), [rawTimes, rawLines]);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  const window = useRef({ from, to });
  window.current = { from, to };
  const latest = useRef({ times, lines, spans });
  latest.current = { times, lines, spans };
  // The shape decides when the plot is built anew; new points of the same shape are only handed over.
  const shape = `${scheme}|${unit}|${max}|${syncKey}|${lines.map((l) => `${l.label}${l.min ? '~' : ''}${l.band ? '=' : ''}${l.quiet ? '.' : ''}`).join()}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for all that the options are made of
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const { series, bands, values } = layout(latest.current.lines);
    const axis: uPlot.Axis = {
      stroke: color('--ink-3'),
      font: '11px Inter, system-ui, sans-serif',
      grid: { stroke: color('--chart-grid'), width: 1 },
      ticks: { show: false },
    };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        padding: [8, 20, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          sync: syncKey ? { key: syncKey } : undefined,
          drag: { x: onZoom !== undefined, y: false, setScale: false },
        },
        scales: {
          x: { time: true, range: () => [window.current.from, window.current.to] },
          y: { range: (_u, _lo, hi) => [0, max ?? Math.max((hi ?? 0) * 1.15, 1e-3)] },
        },
        axes: [
          {
            ...axis,
            size: 26,
            space: 64,
            values: (_u, splits, _axis, _space, step) => timeMarks(splits, step),
          },
          {
            ...axis,
            size: 64,
            space: 28,
            incrs: STEPS[unit],
            // Without a point there is no scale, and marks would be made up.
            values: (u, splits) =>
              u.data[0].length > 0 ? splits.map((v) => format(v)) : splits.map(() => ''),
          },
        ],
        series,
        bands,
        hooks: {
          drawClear: [(u) => shade(u, latest.current.spans ?? [])],
          setCursor: [(u) => setCursor(u.cursor.idx ?? null)],
          setSelect: [
            (u) => {
              if (u.select.width > 8) {
                zoom.current?.(
                  u.posToVal(u.select.left, 'x'),
                  u.posToVal(u.select.left + u.select.width, 'x'),
                );
              }
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      [latest.current.times, ...values] as uPlot.AlignedData,
      element,
    );
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [shape]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new range redraws the same points
  useEffect(() => {
    plot.current?.setData([times, ...layout(lines).values] as uPlot.AlignedData);
  }, [times, lines, from, to, spans]);

  const hovered = cursor !== null && times[cursor] !== undefined;
  const newest = (values: (number | null)[]) => values.findLast((v) => v !== null) ?? null;
  const lastAt = times.at(-1);
  // What is shown beside a line that ended is its last value, not the present one: it says from when.
  const ended = lastAt !== undefined && to - lastAt > Math.max(120, (to - from) / 20);
  return (
    <figure className={css.chart} aria-label={`Chart: ${title}`}>
      <figcaption className={css.caption}>
        <span className={css.title}>{title}</span>
        <span className={css.legend}>
          {hovered && <span className={css.at}>{wallClock((times[cursor] ?? 0) * 1000).slice(5, 16)}</span>}
          {!hovered && ended && (
            <span className={css.at}>
              last at {wallClock(lastAt * 1000).slice(to - lastAt < 86_400 ? 11 : 5, 16)}
            </span>
          )}
          {lines.map((line, i) => (
            <span key={line.label} className={css.entry}>
              <span
                className={css.swatch}
                data-as={line.band ? 'band' : line.quiet ? 'dots' : undefined}
                style={{ color: `var(${colorOf(line, i)})` }}
              />
              {lines.length > 1 && <span>{line.label}</span>}
              <b>{format(hovered ? line.avg[cursor] : newest(line.avg))}</b>
              {hovered && line.max && !line.band && (
                <span className={css.peak}>max {format(line.max[cursor])}</span>
              )}
            </span>
          ))}
          {spansLabel && spans && spans.length > 0 && (
            <span className={css.entry}>
              <span className={css.swatch} style={{ color: 'var(--critical)', opacity: 0.35 }} />
              {spansLabel}
            </span>
          )}
        </span>
      </figcaption>
      <div ref={host} className={css.plot}>
        {times.length === 0 && <div className={css.empty}>No data in this range</div>}
      </div>
    </figure>
  );
}
