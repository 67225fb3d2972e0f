import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { catalogueQuery, decisionsQuery, serverMetricsQuery } from '@/api/queries';
import type { Catalogue, IncidentDetail } from '@/api/types';
import { chartUnit } from '@/domain/backtest';
import { band, limitsAt, measuredLines, metricOf, stretchAround } from '@/domain/incident-chart';
import { metricName } from '@/domain/rule-text';
import { now as liveNow, useNowInSteps } from '@/live/clock';
import { usePollEvery } from '@/live/connection';
import { LoadingRows } from '@/ui/states';
import { TimeChart } from '@/ui/TimeChart';

/** As many decisions as a page has: limits change with the baseline, seldom. */
const DECISIONS = 200;

type Chart = NonNullable<IncidentDetail['chart']>;
type Metrics = Catalogue['metrics'];

/** The series that the detector judged, around the incident, with what was fine then. Nothing where it judges none. */
export function IncidentChart({ incident }: { incident: IncidentDetail }) {
  const { chart, server_id: server } = incident;
  const metrics = useQuery(catalogueQuery).data?.metrics;
  if (!chart || server === null) return null;
  const metric = metricOf(chart, metrics);
  if (!metrics || !metric) return null;
  return <Drawn incident={incident} chart={chart} server={server} metric={metric} metrics={metrics} />;
}

interface Props {
  incident: IncidentDetail;
  chart: Chart;
  server: number;
  metric: Metrics[number];
  metrics: Metrics;
}

function Drawn({ incident, chart, server, metric, metrics }: Props) {
  const { detector, subject, opened_at, resolved_at } = incident;
  const poll = usePollEvery();
  const end = useNowInSteps(6000) / 1000;
  const around = stretchAround(incident, metric.interval_s, end);
  const window = () => {
    const { from, to } = stretchAround(incident, metric.interval_s, liveNow() / 1000);
    return { from: new Date(from * 1000).toISOString(), to: new Date(to * 1000 + 1000).toISOString() };
  };
  const kind = metric.name.split('.')[0] ?? '';
  const series = useQuery({
    ...serverMetricsQuery(server, kind, chart.metrics.join(','), window, `incident-${incident.id}`),
    refetchInterval: around.to < end ? false : poll,
  });
  const decided = useQuery({
    ...decisionsQuery(server, { detector, subject, limit: DECISIONS }),
    refetchInterval: resolved_at === null ? poll : false,
  });
  const times = useMemo(() => series.data?.at_ms.map((ms) => ms / 1000) ?? [], [series.data]);
  const lines = useMemo(() => {
    if (!series.data) return [];
    const measured = measuredLines(series.data, chart);
    const limits = limitsAt(times, decided.data?.data ?? []);
    return measured.length === 0 ? [] : [...measured, ...band(chart.fine, limits, measured)];
  }, [series.data, decided.data, chart, times]);
  const spans = useMemo(
    () => [{ from: Date.parse(opened_at) / 1000, to: resolved_at ? Date.parse(resolved_at) / 1000 : end }],
    [opened_at, resolved_at, end],
  );
  if (series.isPending) return <LoadingRows rows={1} height={180} />;
  // Its values were not kept that long, or never came: an empty box would say less than the words around it.
  if (lines.length === 0) return null;
  return (
    <TimeChart
      title={[metricName(metric.name, metrics), ...(chart.subjects?.slice(0, 1) ?? [])].join(' ')}
      unit={chartUnit(metric.unit)}
      times={times}
      lines={lines}
      from={around.from}
      to={around.to}
      spans={spans}
      spansLabel="incident"
    />
  );
}
