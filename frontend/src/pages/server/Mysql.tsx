import { useQuery } from '@tanstack/react-query';
import { type LoaderFunctionArgs, useParams } from 'react-router';
import { queryClient } from '@/api/queries';
import { serverMysqlQuery } from '@/api/server-tabs';
import { Connections } from '@/components/hosting/Connections';
import { ReplicationText } from '@/components/hosting/Replication';
import { askCharts, type ChartSet, KindCharts } from '@/components/server/KindCharts';
import { ReportTab } from '@/components/server/ReportTab';
import { databaseVersion } from '@/domain/database';
import { shortSeconds } from '@/domain/duration';
import { count } from '@/domain/units';
import { usePollEvery } from '@/live/connection';

const SET: ChartSet = {
  kind: 'mysql',
  range: '24h',
  charts: [
    {
      title: 'Connections',
      unit: 'count',
      fields: [
        ['threads_connected', 'connected'],
        ['max_connections', 'at most'],
      ],
    },
    { title: 'Behind its primary', unit: 'seconds', fields: [['replication_lag_s', 'lag']] },
  ],
};

export function loader({ params, request }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(serverMysqlQuery(Number(params.id)));
  askCharts(Number(params.id), SET, request);
  return null;
}

export function Component() {
  const id = Number(useParams().id);
  const query = useQuery({ ...serverMysqlQuery(id), refetchInterval: usePollEvery() });
  return (
    <ReportTab
      query={query}
      title="Database server"
      facts={(mysql) => [
        ['Version', databaseVersion(mysql) ?? '–'],
        ['Up for', shortSeconds(mysql.uptime_s)],
        [
          'Connections',
          <Connections
            key="connections"
            used={mysql.threads_connected}
            most={mysql.max_connections}
            pct={mysql.connections_pct}
            label="Connections"
          />,
        ],
        ['Replication', <ReplicationText key="replication" replication={mysql.replication} />],
        ['Statements/s', count(mysql.questions_per_s)],
        ['Slow/min', count(mysql.slow_queries_per_min)],
        ['Deadlocks/h', count(mysql.deadlocks_per_h)],
      ]}
    >
      <KindCharts id={id} set={SET} />
    </ReportTab>
  );
}
