import { mailQueueQuery } from '@/api/hosting';
import type { HostMailQueue } from '@/api/types';
import { FleetList, fleetLoader, fleetParams } from '@/components/FleetList';
import { senderName, TopQueueSender } from '@/components/hosting/Senders';
import { shortSeconds } from '@/domain/duration';
import { count } from '@/domain/units';
import type { Column } from '@/ui/DataTable';
import { Level, levelOf } from '@/ui/Level';
import { Slope } from '@/ui/Slope';

const params = fleetParams('-frozen');

export const loader = fleetLoader(params, mailQueueQuery);

/** Mail that waited a working day will not arrive in time, after two it is given back. */
const OLD_S = { warn: 8 * 3600, danger: 48 * 3600 };

const Frozen = ({ row }: { row: HostMailQueue }) => (
  <Level level={levelOf(row.frozen, 1, 100)}>{count(row.frozen)}</Level>
);

const Oldest = ({ row }: { row: HostMailQueue }) => (
  <Level level={levelOf(row.oldest_age_s, OLD_S.warn, OLD_S.danger)}>{shortSeconds(row.oldest_age_s)}</Level>
);

const columns: Column<HostMailQueue>[] = [
  {
    key: 'frozen',
    header: 'Frozen',
    align: 'right',
    width: 88,
    sortable: true,
    cell: (row) => <Frozen row={row} />,
    csv: (row) => row.frozen,
  },
  {
    key: 'deferred',
    header: 'Deferred',
    align: 'right',
    width: 96,
    sortable: true,
    cell: (row) => count(row.deferred),
    csv: (row) => row.deferred,
  },
  {
    key: 'deferred_per_h',
    header: 'Deferred trend',
    width: 128,
    cell: (row) => <Slope perHour={row.deferred_per_h} />,
    csv: (row) => row.deferred_per_h,
  },
  {
    key: 'oldest_age_s',
    header: 'Oldest',
    align: 'right',
    width: 86,
    sortable: true,
    cell: (row) => <Oldest row={row} />,
    csv: (row) => row.oldest_age_s,
  },
  {
    key: 'top_sender',
    header: 'Top sender',
    cell: (row) => <TopQueueSender senders={row.top_senders} total={row.total} />,
    csv: (row) => row.top_senders[0] && senderName(row.top_senders[0]),
  },
  {
    key: 'total',
    header: 'In queue',
    align: 'right',
    width: 82,
    cell: (row) => count(row.total),
    csv: (row) => row.total,
  },
  {
    key: 'bounces_1h',
    header: 'Bounces 1 h',
    align: 'right',
    width: 98,
    wide: true,
    cell: (row) => count(row.bounces_1h),
    csv: (row) => row.bounces_1h,
  },
  {
    key: 'mta',
    header: 'Program',
    width: 84,
    wide: true,
    cell: (row) => row.mta ?? '–',
    csv: (row) => row.mta,
  },
];

function Facts({ row }: { row: HostMailQueue }) {
  return (
    <>
      <span>
        <Frozen row={row} /> frozen
      </span>
      <span>
        {count(row.deferred)} deferred <Slope perHour={row.deferred_per_h} />
      </span>
      <span>
        oldest <Oldest row={row} />
      </span>
      <span>{count(row.total)} in all</span>
      {row.top_senders.length > 0 && (
        <span style={{ flexBasis: '100%' }}>
          <TopQueueSender senders={row.top_senders} total={row.total} />
        </span>
      )}
    </>
  );
}

export function Component() {
  return (
    <FleetList
      title="Mail Queue"
      sub="Most frozen messages first. The trend is that of the last two hours."
      none="No host reports a mail queue yet"
      params={params}
      question={mailQueueQuery}
      columns={columns}
      facts={(row) => <Facts row={row} />}
      worstFirst="Most frozen first"
    />
  );
}
