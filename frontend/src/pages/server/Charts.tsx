import { type LoaderFunctionArgs, useParams } from 'react-router';
import { askCharts, type ChartSet, KindCharts } from '@/components/server/KindCharts';

const SET: ChartSet = {
  kind: 'metrics',
  range: '1h',
  charts: [
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
    { title: 'Load per core', unit: 'count', fields: [['load1_per_core', '1 min']] },
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
  ],
};

export function loader({ params, request }: LoaderFunctionArgs) {
  askCharts(Number(params.id), SET, request);
  return null;
}

export function Component() {
  return <KindCharts id={Number(useParams().id)} set={SET} />;
}
