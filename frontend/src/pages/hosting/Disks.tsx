import { Link } from 'react-router';
import { hostingDisksQuery } from '@/api/hosting';
import type { DiskTrend, HostDisks } from '@/api/types';
import { FleetList, fleetLoader, fleetParams } from '@/components/FleetList';
import {
  BytesMeter,
  DISK_LIMITS,
  FullIn,
  Growth,
  InodeMeter,
  Lines,
  worthALook,
} from '@/components/hosting/DiskTrends';
import type { Column } from '@/ui/DataTable';
import css from './Disks.module.css';

const params = fleetParams('-worst_pct');

export const loader = fleetLoader(params, hostingDisksQuery);

/** Lines of the file systems that need a look. */
const lines = (row: HostDisks, line: (disk: DiskTrend) => React.ReactNode) => (
  <Lines disks={worthALook(row.partitions)} line={line} />
);

function Others({ row }: { row: HostDisks }) {
  const others = row.partitions.length - worthALook(row.partitions).length;
  if (others <= 0) return null;
  return (
    <Link className={css.others} to={`/servers/${row.server.id}/disks`}>
      {others} more
    </Link>
  );
}

const fullest = (row: HostDisks) => row.partitions[0];

const columns: Column<HostDisks>[] = [
  {
    key: 'mount',
    header: 'File system',
    cell: (row) =>
      lines(row, (disk) => (
        <b className={css.mount} title={`${disk.mount}: ${disk.device}, ${disk.fstype}`}>
          {disk.mount}
        </b>
      )),
    csv: (row) => fullest(row)?.mount,
  },
  {
    key: 'used_pct',
    header: 'Bytes',
    width: '17%',
    sortable: true,
    cell: (row) => lines(row, (disk) => <BytesMeter disk={disk} />),
    csv: (row) => fullest(row)?.used_pct,
  },
  {
    key: 'inodes_used_pct',
    header: 'Inodes',
    width: '17%',
    sortable: true,
    cell: (row) => lines(row, (disk) => <InodeMeter disk={disk} />),
    csv: (row) => fullest(row)?.inodes_used_pct,
  },
  {
    key: 'growth',
    header: 'Grows by',
    width: 112,
    cell: (row) => lines(row, (disk) => <Growth disk={disk} />),
    csv: (row) => fullest(row)?.bytes_per_h,
  },
  {
    key: 'hours_to_full',
    header: 'Full in',
    width: 104,
    cell: (row) => lines(row, (disk) => <FullIn disk={disk} />),
    csv: (row) => row.hours_to_full,
  },
  {
    key: 'others',
    header: 'Others',
    width: 78,
    cell: (row) => <Others row={row} />,
    csv: (row) => row.partitions.length - 1,
  },
];

function Facts({ row }: { row: HostDisks }) {
  return (
    <span className={css.card}>
      {worthALook(row.partitions).map((disk) => (
        <span key={`${disk.mount} ${disk.device}`} className={css.disk}>
          <span className={css.line}>
            <b className={css.mount}>{disk.mount}</b>
            <span>
              {disk.hours_to_full !== null && 'full in '}
              <FullIn disk={disk} />
            </span>
          </span>
          <span className={css.meters}>
            <span>Bytes</span>
            <BytesMeter disk={disk} />
            <span>Inodes</span>
            <InodeMeter disk={disk} />
          </span>
        </span>
      ))}
      <Others row={row} />
    </span>
  );
}

export function Component() {
  return (
    <FleetList
      title="Disks"
      sub="The fullest first, by bytes or by inodes. “Full in” goes on with the pace of the last six hours."
      none="No host reports its disks yet"
      params={params}
      question={hostingDisksQuery}
      columns={columns}
      tab="disks"
      facts={(row) => <Facts row={row} />}
      worstFirst="Fullest first"
      tone={(row) =>
        (row.worst_pct ?? 0) >= DISK_LIMITS.danger || (row.hours_to_full ?? 1e9) <= 24
          ? 'critical'
          : undefined
      }
    />
  );
}
