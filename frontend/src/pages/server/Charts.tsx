import { Button, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { type LoaderFunctionArgs, useParams } from 'react-router';
import { queryClient, serverMetricsQuery } from '@/api/queries';
import type { Metrics } from '@/api/types';
import { useUrlState } from '@/components/useUrlState';
import { wallClock, zoneName } from '@/domain/duration';
import { type Line, RANGES, type Range, rangeSeconds } from '@/domain/series';
import type { Unit } from '@/domain/units';
import { choice, integer, readParams } from '@/domain/url-state';
import { now, useNowInSteps } from '@/live/clock';
import { usePollEvery } from '@/live/connection';
import { Failed, LoadingRows } from '@/ui/states';
import { TimeChart } from '@/ui/TimeChart';
import css from './Charts.module.css';

/** `range` ends now and moves on; `from` and `to` (seconds) are a stretch that somebody dragged over, and stay. */
const params = { range: choice(RANGES, '1h'), from: integer(), to: integer() };

const CHARTS: { title: string; unit: Unit; max?: number; fields: [field: string, label: string][] }[] = [
  {
    title: 'CPU',
    unit: 'pct',
    max: 100,
    fields: [
      ['cpu_pct', 'busy'],
      ['iowait_pct', 'iowait'],
      ['steal_pct', 'steal'],
    ],
  },
  {
    title: 'Load',
    unit: 'count',
    fields: [
      ['load1', '1 min'],
      ['load5', '5 min'],
      ['load15', '15 min'],
    ],
  },
  {
    title: 'Memory',
    unit: 'bytes',
    fields: [
      ['ram_used_bytes', 'used'],
      ['ram_total_bytes', 'total'],
    ],
  },
  { title: 'Swap', unit: 'bytes', fields: [['swap_used_bytes', 'used']] },
  {
    title: 'Network',
    unit: 'bytes_per_s',
    fields: [
      ['net_rx_bytes_per_s', 'in'],
      ['net_tx_bytes_per_s', 'out'],
    ],
  },
  {
    title: 'Disk I/O',
    unit: 'bytes_per_s',
    fields: [
      ['disk_read_bytes_per_s', 'read'],
      ['disk_write_bytes_per_s', 'write'],
    ],
  },
  { title: 'TCP connections', unit: 'count', fields: [['tcp_established', 'established']] },
  { title: 'Processes', unit: 'count', fields: [['processes', 'running']] },
];

const FIELDS = CHARTS.flatMap((chart) => chart.fields.map(([field]) => field)).join(',');

interface Window {
  range: Range;
  from: number | null;
  to: number | null;
}

/** The question for a window. A moving one is asked anew each time, so its key names the range, not the moment. */
function metricsQuery(id: number, { range, from, to }: Window) {
  if (from !== null && to !== null && from < to) {
    const fixed = { from: new Date(from * 1000).toISOString(), to: new Date(to * 1000).toISOString() };
    return serverMetricsQuery(id, FIELDS, () => fixed, `${from}-${to}`);
  }
  const moving = () => ({
    from: new Date(now() - rangeSeconds(range) * 1000).toISOString(),
    to: new Date(now() + 1000).toISOString(),
  });
  return serverMetricsQuery(id, FIELDS, moving, range);
}

export function loader({ params: path, request }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(
    metricsQuery(Number(path.id), readParams(params, new URL(request.url).searchParams)),
  );
  return null;
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

export function Component() {
  const id = Number(useParams().id);
  const [window, change] = useUrlState(params);
  const zoomed = window.from !== null && window.to !== null;
  const poll = usePollEvery();
  const query = useQuery({ ...metricsQuery(id, window), refetchInterval: zoomed ? false : poll });
  const metrics = query.data;
  const times = useMemo(() => metrics?.at_ms.map((ms) => ms / 1000) ?? [], [metrics]);
  const charts = useMemo(
    () => (metrics ? CHARTS.map((chart) => ({ ...chart, lines: linesOf(metrics, chart.fields) })) : []),
    [metrics],
  );
  // The right edge moves on by itself, six seconds at a time: redrawing eight charts each second is not calm.
  const end = useNowInSteps(6000) / 1000;
  const to = window.to ?? end;
  const from = window.from ?? to - rangeSeconds(window.range);
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
        <span className={css.note}>
          {metrics &&
            (metrics.bucket_ms > 0
              ? `mean of ${bucket(metrics.bucket_ms)}, shade: min to max`
              : 'every report')}
          {metrics && ` · times in ${zoneName(to * 1000)}`}
          {!zoomed && <span className={css.dragHint}> · drag to zoom</span>}
        </span>
      </div>
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
