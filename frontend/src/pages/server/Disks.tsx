import { useQuery } from '@tanstack/react-query';
import { type LoaderFunctionArgs, useParams } from 'react-router';
import { queryClient, serverDisksQuery } from '@/api/queries';
import type { Disk } from '@/api/types';
import { ProbeNote } from '@/components/ProbeNote';
import { ResourceTable } from '@/components/ResourceTable';
import { bytes, count } from '@/domain/units';
import { usePollEvery } from '@/live/connection';
import type { Column } from '@/ui/DataTable';
import { Faded } from '@/ui/Faded';
import { Meter } from '@/ui/Meter';
import { Empty, Failed, LoadingRows } from '@/ui/states';
import css from './Disks.module.css';

export function loader({ params }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(serverDisksQuery(Number(params.id)));
  return null;
}

/** Bytes and inodes side by side: a mailbox host runs out of inodes while its disk is half empty. */
function Bytes({ disk }: { disk: Disk }) {
  return (
    <div className={css.cell}>
      <Meter value={disk.used_pct ?? null} label={`Bytes used of ${disk.mount}`} warn={90} danger={95} />
      <small>
        {bytes(disk.bytes_used)} of {bytes(disk.bytes_total)}
      </small>
    </div>
  );
}

function Inodes({ disk }: { disk: Disk }) {
  if (disk.inodes_total === null) return <span className={css.none}>this file system has none</span>;
  return (
    <div className={css.cell}>
      <Meter
        value={disk.inodes_used_pct ?? null}
        label={`Inodes used of ${disk.mount}`}
        warn={90}
        danger={95}
      />
      <small>
        {count(disk.inodes_used)} of {count(disk.inodes_total)}
      </small>
    </div>
  );
}

const columns: Column<Disk & { id: string }>[] = [
  { key: 'mount', header: 'Mount', cell: (d) => <b className={css.mount}>{d.mount}</b>, csv: (d) => d.mount },
  { key: 'bytes', header: 'Bytes', width: '28%', cell: (d) => <Bytes disk={d} />, csv: (d) => d.used_pct },
  {
    key: 'inodes',
    header: 'Inodes',
    width: '28%',
    cell: (d) => <Inodes disk={d} />,
    csv: (d) => d.inodes_used_pct,
  },
  { key: 'device', header: 'Device', wide: true, cell: (d) => <code>{d.device}</code>, csv: (d) => d.device },
  { key: 'fstype', header: 'Type', width: 80, cell: (d) => d.fstype, csv: (d) => d.fstype },
];

export function Component() {
  const id = Number(useParams().id);
  const query = useQuery({ ...serverDisksQuery(id), refetchInterval: usePollEvery() });
  if (query.isPending) return <LoadingRows rows={4} height={48} />;
  if (!query.data) return <Failed error={query.error} onRetry={query.refetch} />;
  const { probe, partitions } = query.data;
  const rows = partitions.map((disk) => ({ ...disk, id: `${disk.mount} ${disk.device}` }));
  return (
    <>
      <ProbeNote probe={probe} />
      {(rows.length > 0 || probe.state === 'ok') && (
        <Faded block old={probe.state === 'stale'}>
          <ResourceTable
            label="Disks"
            columns={columns}
            card={(disk) => (
              <div className={css.card}>
                <b className={css.mount}>{disk.mount}</b>
                <span className={css.none}>
                  {disk.device} · {disk.fstype}
                </span>
                <span>Bytes</span>
                <Bytes disk={disk} />
                <span>Inodes</span>
                <Inodes disk={disk} />
              </div>
            )}
            query={{ ...query, data: { data: rows, meta: { next_cursor: null, total: rows.length } } }}
            empty={<Empty title="No file systems reported" />}
          />
        </Faded>
      )}
    </>
  );
}
