import { litespeedQuery } from '@/api/hosting';
import type { HostLitespeed } from '@/api/types';
import { FleetList, fleetLoader, fleetParams } from '@/components/FleetList';
import { Connections, ConnectionsShare, runsOut } from '@/components/hosting/Connections';
import { HitRatio, hitRatioText, serverVersion, WebServerState } from '@/components/hosting/WebServer';
import { count, UNIT_FORMAT } from '@/domain/units';
import type { Column } from '@/ui/DataTable';

const params = fleetParams('-connections_pct');

export const loader = fleetLoader(params, litespeedQuery);

const rate = UNIT_FORMAT.bytes_per_s;

const columns: Column<HostLitespeed>[] = [
  {
    key: 'running',
    header: 'Web server',
    width: 104,
    cell: (row) => <WebServerState state={row.state} reportAge={row.report_age_s} />,
    csv: (row) => row.state,
  },
  {
    key: 'connections_pct',
    header: 'Connections',
    width: 180,
    sortable: true,
    cell: (row) => (
      <Connections
        used={row.connections}
        most={row.max_connections}
        pct={row.connections_pct}
        label={`Connections of ${row.server.name}`}
      />
    ),
    csv: (row) => row.connections_pct,
  },
  {
    key: 'requests_per_s',
    header: 'Requests/s',
    align: 'right',
    width: 104,
    sortable: true,
    cell: (row) => count(row.requests_per_s),
    csv: (row) => row.requests_per_s,
  },
  {
    key: 'hit_ratio_pct',
    header: 'Cache hits',
    align: 'right',
    width: 112,
    sortable: true,
    cell: (row) => <HitRatio state={row.hit_ratio_state} pct={row.hit_ratio_pct} />,
    csv: (row) => row.hit_ratio_pct,
  },
  {
    key: 'bytes_out_per_s',
    header: 'Sent',
    align: 'right',
    width: 96,
    cell: (row) => rate(row.bytes_out_per_s),
    csv: (row) => row.bytes_out_per_s,
  },
  {
    key: 'bytes_in_per_s',
    header: 'Received',
    align: 'right',
    width: 96,
    wide: true,
    cell: (row) => rate(row.bytes_in_per_s),
    csv: (row) => row.bytes_in_per_s,
  },
  {
    key: 'vhosts',
    header: 'Sites',
    align: 'right',
    width: 66,
    wide: true,
    cell: (row) => count(row.vhosts),
    csv: (row) => row.vhosts,
  },
  {
    key: 'version',
    header: 'Version',
    width: 132,
    wide: true,
    cell: (row) => serverVersion(row.version),
    csv: (row) => row.version,
  },
];

function Facts({ row }: { row: HostLitespeed }) {
  return (
    <>
      <WebServerState state={row.state} reportAge={row.report_age_s} />
      {row.state !== 'stopped' && (
        <>
          <ConnectionsShare pct={row.connections_pct} />
          <span>{count(row.requests_per_s)} requests/s</span>
          <span>
            {row.hit_ratio_state === 'no_requests'
              ? 'no requests to the cache'
              : `cache hits ${hitRatioText(row.hit_ratio_state, row.hit_ratio_pct)}`}
          </span>
          <span>{rate(row.bytes_out_per_s)} sent</span>
        </>
      )}
    </>
  );
}

export function Component() {
  return (
    <FleetList
      title="LiteSpeed"
      sub="Web servers that stopped, then the fullest. A stopped one has no rates, which is not a rate of 0."
      none="No host reports a LiteSpeed server yet"
      params={params}
      question={litespeedQuery}
      columns={columns}
      facts={(row) => <Facts row={row} />}
      worstFirst="Stopped and fullest first"
      tone={(row) => (row.state === 'stopped' || runsOut(row.connections_pct) ? 'critical' : undefined)}
    />
  );
}
