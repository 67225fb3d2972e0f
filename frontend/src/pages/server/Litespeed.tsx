import { useQuery } from '@tanstack/react-query';
import { type LoaderFunctionArgs, useParams } from 'react-router';
import { queryClient } from '@/api/queries';
import { serverLitespeedQuery } from '@/api/server-tabs';
import { Connections } from '@/components/hosting/Connections';
import { HitRatio, serverVersion, WebServerState } from '@/components/hosting/WebServer';
import { askCharts, type ChartSet, KindCharts } from '@/components/server/KindCharts';
import { ReportTab } from '@/components/server/ReportTab';
import { shortSeconds } from '@/domain/duration';
import { count, UNIT_FORMAT } from '@/domain/units';
import { usePollEvery } from '@/live/connection';

const SET: ChartSet = {
  kind: 'litespeed',
  range: '24h',
  charts: [
    { title: 'Requests/s', unit: 'count', fields: [['requests_per_s', 'requests']] },
    {
      title: 'Connections',
      unit: 'count',
      fields: [
        ['connections', 'connected'],
        ['max_connections', 'at most'],
      ],
    },
    {
      title: 'Traffic',
      unit: 'bytes_per_s',
      fields: [
        ['bytes_in_per_s', 'in'],
        ['bytes_out_per_s', 'out'],
      ],
    },
  ],
};

export function loader({ params, request }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(serverLitespeedQuery(Number(params.id)));
  askCharts(Number(params.id), SET, request);
  return null;
}

export function Component() {
  const id = Number(useParams().id);
  const query = useQuery({ ...serverLitespeedQuery(id), refetchInterval: usePollEvery() });
  return (
    <ReportTab
      query={query}
      title="Web server"
      facts={(web) => [
        ['State', <WebServerState key="state" state={web.state} reportAge={web.report_age_s} />],
        ['Version', serverVersion(web.version)],
        [
          'Connections',
          <Connections
            key="connections"
            used={web.connections}
            most={web.max_connections}
            pct={web.connections_pct}
            label="Connections"
          />,
        ],
        ['Requests/s', count(web.requests_per_s)],
        ['Cache hits', <HitRatio key="hits" state={web.hit_ratio_state} pct={web.hit_ratio_pct} />],
        ['Sent', UNIT_FORMAT.bytes_per_s(web.bytes_out_per_s)],
        ['Received', UNIT_FORMAT.bytes_per_s(web.bytes_in_per_s)],
        ['Sites', count(web.vhosts)],
        ['Its own report', web.report_age_s === null ? '–' : `${shortSeconds(web.report_age_s)} old`],
      ]}
    >
      <KindCharts id={id} set={SET} />
    </ReportTab>
  );
}
