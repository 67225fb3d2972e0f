import { Button, SegmentedControl, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { queryClient, serverMetricsQuery } from '@/api/queries';
import type { Metrics } from '@/api/types';
import { useUrlState } from '@/components/useUrlState';
import { wallClock, zoneName } from '@/domain/duration';
import { LONGEST_S, merged } from '@/domain/overlay';
import { type Line, RANGES, type Range, rangeSeconds } from '@/domain/series';
import type { Unit } from '@/domain/units';
import { choice, integer, readParams } from '@/domain/url-state';
import { now, useNowInSteps } from '@/live/clock';
import { usePollEvery } from '@/live/connection';
import { Failed, LoadingRows } from '@/ui/states';
import { TimeChart } from '@/ui/TimeChart';
import { ChartMarks } from './ChartMarks';
import css from './KindCharts.module.css';
import { useOverlays } from './overlays';

/** `range` ends now and moves on; `from` and `to` (seconds) are a stretch that somebody dragged over, and stay. */
const paramsOf = (range: Range) => ({
  range: choice(RANGES, range),
  from: integer(),
  to: integer(),
  /** Whether the week before stands behind it. */
  week: choice(['shown', 'hidden'], 'shown'),
});

export interface Chart {
  title: string;
  unit: Unit;
  max?: number;
  fields: [field: string, label: string][];
}

/** The charts of one kind of report; `range` is what is shown when nobody chose. */
export interface ChartSet {
  kind: string;
  range: Range;
  charts: Chart[];
}

const fieldsOf = ({ kind, charts }: ChartSet): string =>
  charts.flatMap((chart) => chart.fields.map(([field]) => `${kind}.${field}`)).join(',');

interface Window {
  range: Range;
  from: number | null;
  to: number | null;
}

/** The question for a window. A moving one is asked anew each time, so its key names the range, not the moment. */
function metricsQuery(id: number, set: ChartSet, { range, from, to }: Window) {
  const fields = fieldsOf(set);
  if (from !== null && to !== null && from < to) {
    const fixed = { from: new Date(from * 1000).toISOString(), to: new Date(to * 1000).toISOString() };
    return serverMetricsQuery(id, set.kind, fields, () => fixed, `${from}-${to}`);
  }
  const moving = () => ({
    from: new Date(now() - rangeSeconds(range) * 1000).toISOString(),
    to: new Date(now() + 1000).toISOString(),
  });
  return serverMetricsQuery(id, set.kind, fields, moving, range);
}

/** Asks the charts' question before the page is drawn. */
export function askCharts(id: number, set: ChartSet, request: Request): void {
  const values = readParams(paramsOf(set.range), new URL(request.url).searchParams);
  void queryClient.prefetchQuery(metricsQuery(id, set, values));
}

/** Lines of a chart out of the answer; a field that never had a value in the range is left out. */
function linesOf(metrics: Metrics, fields: [string, string][]): Line[] {
  return fields.flatMap(([field, label]) => {
    const column = metrics.columns.find((c) => c.field === field);
    if (!column?.avg.some((v) => v !== null)) return [];
    const spread = metrics.bucket_ms > 0;
    return [
      { label, avg: column.avg, min: spread ? column.min : undefined, max: spread ? column.max : undefined },
    ];
  });
}

/** Charts of one kind of report of a server, over one range, with one cursor. */
export function KindCharts({ id, set }: { id: number; set: ChartSet }) {
  const [window, change] = useUrlState(useMemo(() => paramsOf(set.range), [set.range]));
  const zoomed = window.from !== null && window.to !== null;
  const poll = usePollEvery();
  const query = useQuery({ ...metricsQuery(id, set, window), refetchInterval: zoomed ? false : poll });
  const metrics = query.data;
  const times = useMemo(() => metrics?.at_ms.map((ms) => ms / 1000) ?? [], [metrics]);
  // The right edge moves on by itself, six seconds at a time: redrawing eight charts each second is not calm.
  const end = useNowInSteps(6000) / 1000;
  const to = window.to ?? end;
  const from = window.from ?? to - rangeSeconds(window.range);
  const seconds = Math.max(1, zoomed ? to - from : rangeSeconds(window.range));
  const short = seconds <= LONGEST_S;
  const shown = { key: zoomed ? `${from}-${to}` : window.range, seconds, to: window.to };
  const fields = useMemo(() => set.charts.flatMap((chart) => chart.fields.map(([field]) => field)), [set]);
  const overlays = useOverlays(id, set.kind, fields, shown, metrics, window.week === 'shown');
  const { linesOf: behind, marks } = overlays;
  const spans = useMemo(() => merged(marks), [marks]);
  const charts = useMemo(
    () =>
      set.charts.map((chart) => {
        const lines = metrics ? linesOf(metrics, chart.fields) : [];
        const names = chart.fields.map(([field]) => field);
        return { ...chart, lines: lines.length === 0 ? [] : [...lines, ...behind(names[0] ?? '', names)] };
      }),
    [metrics, set, behind],
  );
  const zoom = useCallback(
    (a: number, b: number) => change({ from: Math.floor(a), to: Math.ceil(b) }, 'push'),
    [change],
  );

  return (
    <>
      <div className={css.bar}>
        <SegmentedControl
          aria-label="Range"
          data={[...RANGES]}
          value={zoomed ? '' : window.range}
          onChange={(range) => change({ range: range as Range, from: null, to: null })}
        />
        {zoomed && (
          <>
            <span className={css.span}>
              {wallClock(from * 1000).slice(0, 16)} to {wallClock(to * 1000).slice(0, 16)}
            </span>
            <Button variant="subtle" onClick={() => change({ from: null, to: null })}>
              Back to {window.range}
            </Button>
          </>
        )}
        {short && (
          <Switch
            size="xs"
            label="A week before"
            checked={window.week === 'shown'}
            onChange={(e) => change({ week: e.currentTarget.checked ? 'shown' : 'hidden' })}
          />
        )}
        <span className={css.note}>
          {metrics &&
            (metrics.bucket_ms > 0
              ? `mean of ${bucket(metrics.bucket_ms)}, shade: min to max`
              : 'every report')}
          {metrics && ` · times in ${zoneName(to * 1000)}`}
          {!zoomed && <span className={css.dragHint}> · drag to zoom</span>}
        </span>
      </div>
      <ChartMarks marks={marks} seconds={seconds} />
      {query.isPending ? (
        <LoadingRows rows={4} height={180} />
      ) : query.error && !metrics ? (
        <Failed error={query.error} onRetry={query.refetch} />
      ) : (
        <div className={css.grid} data-refreshing={query.isPlaceholderData || undefined}>
          {charts.map((chart) => (
            <TimeChart
              key={chart.title}
              title={chart.title}
              unit={chart.unit}
              max={chart.max}
              times={chart.lines.length > 0 ? times : []}
              lines={chart.lines}
              from={from}
              to={to}
              spans={spans}
              syncKey={`server-${id}`}
              onZoom={zoom}
            />
          ))}
        </div>
      )}
    </>
  );
}

const bucket = (ms: number): string =>
  ms >= 3_600_000 ? `${ms / 3_600_000} h` : `${Math.round(ms / 60_000) || 1} min`;
