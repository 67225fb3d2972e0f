import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { Link, type LoaderFunctionArgs, useParams } from 'react-router';
import { topSendersQuery } from '@/api/hosting';
import { queryClient } from '@/api/queries';
import { serverMailQuery } from '@/api/server-tabs';
import type { QueueSender, ServerMail } from '@/api/types';
import { senderName } from '@/components/hosting/Senders';
import { isFarAbove, SenderCard, senderColumnsOfHost, senderRows } from '@/components/hosting/SenderTable';
import { ProbeInline } from '@/components/ProbeNote';
import { ResourceTable } from '@/components/ResourceTable';
import { askCharts, type ChartSet, KindCharts } from '@/components/server/KindCharts';
import { ReportTab } from '@/components/server/ReportTab';
import { shortSeconds } from '@/domain/duration';
import { count, percent, share } from '@/domain/units';
import { usePollEvery } from '@/live/connection';
import type { Column } from '@/ui/DataTable';
import { Level, levelOf } from '@/ui/Level';
import { Slope } from '@/ui/Slope';
import { Empty } from '@/ui/states';
import css from './Disks.module.css';
import own from './Mail.module.css';

const SET: ChartSet = {
  kind: 'mail-queue',
  range: '24h',
  charts: [
    {
      title: 'Messages in the queue',
      unit: 'count',
      fields: [
        ['total', 'in all'],
        ['deferred', 'deferred'],
        ['frozen', 'frozen'],
      ],
    },
    { title: 'Oldest message', unit: 'seconds', fields: [['oldest_age_s', 'age']] },
    { title: 'Bounces in the last hour', unit: 'count', fields: [['bounces_1h', 'bounces']] },
  ],
};

/** So many stand here; all of them are a link away. */
const LARGEST = 5;
const sendersOf = (server: number) => topSendersQuery({ server, limit: LARGEST });

export function loader({ params, request }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(serverMailQuery(Number(params.id)));
  void queryClient.prefetchQuery(sendersOf(Number(params.id)));
  askCharts(Number(params.id), SET, request);
  return null;
}

type Row = QueueSender & { id: string; of: number | null };

const columns: Column<Row>[] = [
  {
    key: 'domain',
    header: 'Sender domain',
    cell: (row) => <b className={css.mount}>{senderName(row)}</b>,
    csv: (row) => row.domain,
  },
  {
    key: 'count',
    header: 'Messages',
    align: 'right',
    width: 110,
    cell: (row) => count(row.count),
    csv: (row) => row.count,
  },
  {
    key: 'share',
    header: 'Of the queue',
    align: 'right',
    width: 120,
    cell: (row) => percent(share(row.count, row.of)),
    csv: (row) => share(row.count, row.of),
  },
];

export function Component() {
  const id = Number(useParams().id);
  const query = useQuery({ ...serverMailQuery(id), refetchInterval: usePollEvery() });
  return (
    <div className={own.tab}>
      <Queue id={id} query={query} />
      <LargestSenders id={id} />
    </div>
  );
}

/** Who sends most, by the host's mail log: known also where the queue may not be read. */
function LargestSenders({ id }: { id: number }) {
  const query = useQuery({ ...sendersOf(id), refetchInterval: usePollEvery() });
  const data = query.data && { ...query.data, data: senderRows(query.data.data) };
  const unreadable = query.data?.unreadable.servers[0];
  return (
    <ResourceTable
      label="Top senders of this host"
      heading={
        <>
          <h2>Top senders</h2>
          <Link className={own.all} to={`/hosting/top-senders?server=${id}`}>
            All senders of this host
          </Link>
        </>
      }
      keyless
      columns={senderColumnsOfHost}
      card={(row) => <SenderCard row={row} />}
      query={{ ...query, data }}
      tone={(row) => (isFarAbove(row) ? 'critical' : undefined)}
      empty={
        unreadable ? (
          <Empty title="Who sends cannot be told">
            <ProbeInline probe={unreadable.probe} />
          </Empty>
        ) : (
          <Empty title="Nobody was reported to send mail in the last 24 hours" />
        )
      }
    />
  );
}

function Queue({ id, query }: { id: number; query: UseQueryResult<ServerMail> }) {
  return (
    <ReportTab
      query={query}
      title="Mail queue"
      facts={(queue) => [
        ['Program', queue.mta ?? '–'],
        ['In queue', count(queue.total)],
        [
          'Frozen',
          <Level key="frozen" level={levelOf(queue.frozen, 1, 100)}>
            {count(queue.frozen)}
          </Level>,
        ],
        [
          'Deferred',
          <span key="deferred">
            {count(queue.deferred)} <Slope perHour={queue.deferred_per_h} />
          </span>,
        ],
        ['Oldest', shortSeconds(queue.oldest_age_s)],
        ['Bounces 1 h', count(queue.bounces_1h)],
      ]}
    >
      {(queue) => {
        const rows = queue.top_senders.map((row): Row => ({ ...row, id: row.domain, of: queue.total }));
        return (
          <>
            <KindCharts id={id} set={SET} />
            {rows.length > 0 && (
              <ResourceTable
                label="Senders in the queue"
                heading={<h2>Senders in the queue</h2>}
                columns={columns}
                card={(row) => (
                  <div className={css.card}>
                    <b className={css.mount}>{senderName(row)}</b>
                    <span>
                      {count(row.count)} messages, {percent(share(row.count, row.of))} of the queue
                    </span>
                  </div>
                )}
                query={{ ...query, data: { data: rows, meta: { next_cursor: null, total: rows.length } } }}
                empty={<Empty title="Nobody" />}
              />
            )}
          </>
        );
      }}
    </ReportTab>
  );
}
