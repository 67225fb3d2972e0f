import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { serverMarksQuery, serverMetricsQuery, serverUsualQuery } from '@/api/queries';
import type { Metrics } from '@/api/types';
import { LONGEST_S, type Mark, marksOf, usualBand, WEEK_S, weekBefore } from '@/domain/overlay';
import type { Line } from '@/domain/series';
import { now as liveNow, useNowInSteps } from '@/live/clock';
import { usePollEvery } from '@/live/connection';

/** The span of charts: seconds from one moment to another, or to now. */
export interface Shown {
  /** Names it in the cache. */
  key: string;
  seconds: number;
  /** Seconds since 1970; `null`: now. */
  to: number | null;
}

interface Overlays {
  /** Beneath the lines of a chart whose first line is this field. */
  linesOf: (field: string, fields: string[]) => Line[];
  marks: Mark[];
}

const NONE: Mark[] = [];
/** What is past is asked for seldom, and a little ahead, so that it reaches the right edge until then. */
const SELDOM_MS = 5 * 60_000;
const AHEAD_S = 600;

/** What stands behind the charts of a server: the usual ranges, a week before where that is wanted, what happened. */
export function useOverlays(
  id: number,
  kind: string,
  fields: string[],
  { key, seconds, to }: Shown,
  metrics: Metrics | undefined,
  week: boolean,
): Overlays {
  const poll = usePollEvery();
  const short = seconds <= LONGEST_S;
  const span = (back: number, ahead: number) => () => {
    const end = to ?? liveNow() / 1000 + 1;
    const at = (s: number) => new Date((s - back) * 1000).toISOString();
    return { from: at(end - seconds), to: at(end + ahead) };
  };
  const names = fields.map((field) => `${kind}.${field}`).join(',');
  const usual = useQuery({ ...serverUsualQuery(id, names, span(0, AHEAD_S), key), enabled: short }).data;
  const earlier = useQuery({
    ...serverMetricsQuery(id, kind, names, span(WEEK_S, AHEAD_S), key, 'metrics-before'),
    enabled: short && week,
    staleTime: SELDOM_MS,
  }).data;
  const happened = useQuery({
    ...serverMarksQuery(id, span(0, 0), key),
    refetchInterval: to === null ? poll : false,
  }).data;
  const end = useNowInSteps(6000) / 1000;
  const marks = useMemo(() => (happened ? marksOf(happened, end) : NONE), [happened, end]);
  const linesOf = useMemo(() => {
    const times = metrics?.at_ms.map((ms) => ms / 1000) ?? [];
    return (first: string, all: string[]): Line[] => {
      if (!short) return [];
      const judged = usual?.columns.find((column) => all.includes(column.field));
      return [
        ...(judged ? usualBand(times, judged) : []),
        ...(earlier && week ? weekBefore(times, earlier, first) : []),
      ];
    };
  }, [metrics, usual, earlier, short, week]);
  return { linesOf, marks };
}
