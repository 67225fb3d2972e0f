import type { TopSender } from '@/api/types';
import { withIds } from '@/domain/rows';
import { count } from '@/domain/units';
import type { Column } from '@/ui/DataTable';
import { ServerLink } from '../ServerLink';
import { Addresses, Expected, Failures, Hours, senderId } from './SenderFacts';
import css from './SenderTable.module.css';

/** A sender with an id of its own. */
export type SenderRow = TopSender & { id: string };

/** Two logins that were masked alike are two rows all the same. */
export const senderRows = (senders: TopSender[]): SenderRow[] =>
  withIds(senders, (sender) => [sender.server.id, sender.kind, sender.account, senderId(sender)]);

export const senderColumns: Column<SenderRow>[] = [
  {
    key: 'account',
    header: 'Account',
    width: 110,
    cell: (row) => row.account ?? <span className={css.none}>unknown</span>,
    csv: (row) => row.account,
  },
  {
    key: 'login',
    header: 'Login or script',
    cell: (row) => <Sender row={row} />,
    csv: (row) => row.login,
  },
  { key: 'script', header: 'Script', hidden: true, cell: () => null, csv: (row) => row.script },
  {
    key: 'server',
    header: 'Server',
    width: 160,
    cell: (row) => <ServerLink server={row.server} />,
    csv: (row) => row.server.name,
  },
  {
    key: 'recipients_1h',
    header: 'Recipients 1 h',
    align: 'right',
    width: 116,
    sortable: true,
    cell: (row) => count(row.recipients_1h),
    csv: (row) => row.recipients_1h,
  },
  {
    key: 'recipients_24h',
    header: '24 h',
    align: 'right',
    width: 84,
    sortable: true,
    cell: (row) => count(row.recipients_24h),
    csv: (row) => row.recipients_24h,
  },
  {
    key: 'expected_x',
    header: 'x expected',
    align: 'right',
    width: 94,
    cell: (row) => <Expected sender={row} />,
    csv: (row) => row.expected_x,
  },
  {
    key: 'failures_pct',
    header: 'Failures',
    align: 'right',
    width: 84,
    sortable: true,
    cell: (row) => <Failures sender={row} />,
    csv: (row) => row.failures_pct,
  },
  {
    key: 'addresses',
    header: 'Addresses',
    align: 'right',
    width: 84,
    cell: (row) => <Addresses sender={row} />,
    csv: (row) => row.addresses,
  },
  {
    key: 'hours',
    header: 'Last 24 h',
    width: 140,
    cell: (row) => <Hours sender={row} />,
    csv: (row) => row.hours.map((hour) => hour ?? ''),
  },
];

const Sender = ({ row }: { row: TopSender }) =>
  row.login === '*' || row.script === '*' ? (
    <i title="All that are not named">all others</i>
  ) : row.script === null ? (
    <span className={css.sender}>{row.login}</span>
  ) : (
    <code className={css.sender}>{row.script}</code>
  );

/** Such a sender stands out of the list. */
export const isFarAbove = (sender: TopSender): boolean => (sender.expected_x ?? 0) >= 10;

/** Of one host, whose name stands above. */
export const senderColumnsOfHost = senderColumns.filter((column) => column.key !== 'server');

/** A sender on a phone. */
export function SenderCard({ row }: { row: SenderRow }) {
  return (
    <div className={css.card}>
      <span className={css.head}>
        <Sender row={row} />
        <Expected sender={row} />
      </span>
      <span className={css.facts}>
        <ServerLink server={row.server} />
        {row.account && <span>account {row.account}</span>}
      </span>
      <span className={css.facts}>
        <span>
          <b>{count(row.recipients_1h)}</b> in this hour
        </span>
        <span>
          <b>{count(row.recipients_24h)}</b> in 24 h
        </span>
        {row.failures_pct !== null && (
          <span>
            <Failures sender={row} /> failed
          </span>
        )}
        {row.addresses !== null && (
          <span>
            <Addresses sender={row} /> {row.addresses === 1 ? 'address' : 'addresses'}
          </span>
        )}
      </span>
      <Hours sender={row} />
    </div>
  );
}
