import { mysqlQuery } from '@/api/hosting';
import type { HostMysql } from '@/api/types';
import { FleetList, fleetLoader, fleetParams } from '@/components/FleetList';
import { Connections, ConnectionsShare, runsOut } from '@/components/hosting/Connections';
import { isBroken, Replication } from '@/components/hosting/Replication';
import { databaseVersion } from '@/domain/database';
import { shortSeconds } from '@/domain/duration';
import { count } from '@/domain/units';
import type { Column } from '@/ui/DataTable';

const params = fleetParams('-connections_pct');

export const loader = fleetLoader(params, mysqlQuery);

const columns: Column<HostMysql>[] = [
  {
    key: 'connections_pct',
    header: 'Connections',
    width: 190,
    sortable: true,
    cell: (row) => (
      <Connections
        used={row.threads_connected}
        most={row.max_connections}
        pct={row.connections_pct}
        label={`Connections of ${row.server.name}`}
      />
    ),
    csv: (row) => row.connections_pct,
  },
  {
    key: 'lag_s',
    header: 'Replication',
    width: 150,
    sortable: true,
    cell: (row) => <Replication replication={row.replication} />,
    csv: (row) => row.replication.status,
  },
  { key: 'lag', header: 'Lag s', hidden: true, cell: () => null, csv: (row) => row.replication.lag_s },
  {
    key: 'questions_per_s',
    header: 'Statements/s',
    align: 'right',
    width: 104,
    cell: (row) => count(row.questions_per_s),
    csv: (row) => row.questions_per_s,
  },
  {
    key: 'slow_queries_per_min',
    header: 'Slow/min',
    align: 'right',
    width: 92,
    sortable: true,
    cell: (row) => count(row.slow_queries_per_min),
    csv: (row) => row.slow_queries_per_min,
  },
  {
    key: 'deadlocks_per_h',
    header: 'Deadlocks/h',
    align: 'right',
    width: 98,
    wide: true,
    cell: (row) => count(row.deadlocks_per_h),
    csv: (row) => row.deadlocks_per_h,
  },
  {
    key: 'uptime_s',
    header: 'Up for',
    align: 'right',
    width: 74,
    wide: true,
    cell: (row) => shortSeconds(row.uptime_s),
    csv: (row) => row.uptime_s,
  },
  {
    key: 'version',
    header: 'Version',
    width: 150,
    wide: true,
    cell: (row) => databaseVersion(row) ?? '–',
    csv: databaseVersion,
  },
];

function Facts({ row }: { row: HostMysql }) {
  return (
    <>
      <span>
        replication <Replication replication={row.replication} />
      </span>
      <ConnectionsShare pct={row.connections_pct} />
      <span>{count(row.questions_per_s)} statements/s</span>
      <span>{count(row.slow_queries_per_min)} slow/min</span>
    </>
  );
}

export function Component() {
  return (
    <FleetList
      title="MySQL"
      sub="Database servers, the fullest first. A replica that cannot say how far it is behind counts as broken."
      none="No host reports a database server yet"
      params={params}
      question={mysqlQuery}
      columns={columns}
      facts={(row) => <Facts row={row} />}
      worstFirst="Fullest first"
      tone={(row) => (isBroken(row.replication) || runsOut(row.connections_pct) ? 'critical' : undefined)}
    />
  );
}
