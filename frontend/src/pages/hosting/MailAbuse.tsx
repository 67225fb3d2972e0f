import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { body, client } from '@/api/client';
import { isApiError } from '@/api/error';
import {
  type AbuseAsk,
  abuseCaseQuery,
  HOSTING_POLL_MS,
  mailAbuseQuery,
  mailAllowancesQuery,
  unreviewedAbuseQuery,
} from '@/api/hosting';
import { everyPage, queryClient } from '@/api/queries';
import type { AbuseCase, MailAllowance } from '@/api/types';
import { FilterChip, SearchFilter } from '@/components/FilterBar';
import { AbuseBadge, AbuseDetail } from '@/components/hosting/AbuseDetail';
import { ResourceTable } from '@/components/ResourceTable';
import { ServerLink } from '@/components/ServerLink';
import { useBlocked } from '@/components/session';
import { useAction } from '@/components/useAction';
import { useUrlState } from '@/components/useUrlState';
import {
  ABUSE_STATUS,
  ABUSE_VIEWS,
  type AbuseView,
  overExpected,
  STATUSES_OF,
  senderTitle,
} from '@/domain/abuse';
import { count, times } from '@/domain/units';
import { choice, integer, readParams, text, type Values } from '@/domain/url-state';
import { useLiveChannel } from '@/live/connection';
import { ActionButton } from '@/ui/ActionButton';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import type { Column } from '@/ui/DataTable';
import { Level, levelOf } from '@/ui/Level';
import { PageHeader } from '@/ui/PageHeader';
import { Panel } from '@/ui/Panel';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { Empty, Failed, LoadingRows } from '@/ui/states';
import { Moment, TimeAgo } from '@/ui/TimeAgo';
import { usePhone } from '@/ui/usePhone';
import css from './MailAbuse.module.css';

const params = {
  view: choice(ABUSE_VIEWS, 'open'),
  /** The case shown beside the list. */
  case: integer(),
  q: text(),
  server: integer(),
  sort: text('urgency'),
  cursor: text(),
};

const ask = (v: Values<typeof params>): AbuseAsk => ({
  q: v.q,
  server: v.server ?? undefined,
  status: STATUSES_OF[v.view],
  sort: v.sort,
  cursor: v.cursor,
  limit: 100,
});

const askAllowances = (v: Values<typeof params>) => ({
  server: v.server ?? undefined,
  cursor: v.cursor,
  limit: 100,
});

export function loader({ request }: { request: Request }) {
  const values = readParams(params, new URL(request.url).searchParams);
  if (values.view === 'allowances')
    void queryClient.prefetchQuery(mailAllowancesQuery(askAllowances(values)));
  else void queryClient.prefetchQuery(mailAbuseQuery(ask(values)));
  return null;
}

type Change = ReturnType<typeof useUrlState<typeof params>>[1];

export function Component() {
  const [values, change] = useUrlState(params);
  useLiveChannel('private-incidents');
  // Also where another view is shown: the numbers on the switch are those of the fleet.
  const waiting = useQuery({
    ...unreviewedAbuseQuery,
    refetchInterval: HOSTING_POLL_MS,
  }).data?.meta;
  const label: Record<AbuseView, string> = {
    unreviewed: `Not reviewed${waiting ? ` ${count(waiting.detected)}` : ''}`,
    open: `Open${waiting ? ` ${count(waiting.detected + waiting.acknowledged)}` : ''}`,
    closed: 'Closed',
    all: 'All',
    allowances: 'Allowances',
  };
  return (
    <>
      <PageHeader
        title="Mail Abuse"
        sub="Senders that mail far more than usual. This platform only observes: suspend a sender at its server, then note it here."
      />
      <SegmentedControl
        className={css.views}
        aria-label="Which cases"
        data={ABUSE_VIEWS.map((view) => ({ value: view, label: label[view] }))}
        value={values.view}
        onChange={(view) => change({ view: view as AbuseView, case: null, cursor: '' }, 'push')}
      />
      {values.view === 'allowances' ? (
        <Allowances values={values} change={change} />
      ) : (
        <Cases values={values} change={change} />
      )}
    </>
  );
}

const Over = ({ row }: { row: AbuseCase }) => {
  const over = overExpected(row);
  return over === null ? (
    <span className={css.none}>new</span>
  ) : (
    <Level level={levelOf(over, 5, 20)}>{times(over)}</Level>
  );
};

/** Opens the case, where a finger or the tab key is: a phone's list has no rows to press. */
function CaseLink({ row }: { row: AbuseCase }) {
  const [search] = useSearchParams();
  const opened = new URLSearchParams(search);
  opened.set('case', String(row.id));
  return (
    <Link to={`?${opened}`} className={css.open} preventScrollReset={!usePhone()}>
      {senderTitle(row)}
    </Link>
  );
}

const columns: Column<AbuseCase>[] = [
  {
    key: 'severity',
    header: 'Severity',
    width: 92,
    cell: (row) => <SeverityBadge severity={row.severity} />,
    csv: (row) => row.severity,
  },
  {
    key: 'sender',
    header: 'Sender',
    cell: (row) => <CaseLink row={row} />,
    csv: (row) => `${row.sender} ${row.name}`,
  },
  {
    key: 'server',
    header: 'Server',
    width: 150,
    cell: (row) => <ServerLink server={row.server} />,
    csv: (row) => row.server.name,
  },
  {
    key: 'recipients',
    header: 'Recipients',
    align: 'right',
    width: 92,
    sortable: true,
    cell: (row) => count(row.recipients),
    csv: (row) => row.recipients,
  },
  {
    key: 'expected_x',
    header: 'x expected',
    align: 'right',
    width: 88,
    cell: (row) => <Over row={row} />,
    csv: (row) => overExpected(row),
  },
  {
    key: 'detected_at',
    header: 'Detected',
    width: 96,
    sortable: true,
    cell: (row) => <TimeAgo at={row.detected_at} />,
    csv: (row) => row.detected_at,
  },
  {
    key: 'status',
    header: 'Review',
    width: 140,
    cell: (row) => <AbuseBadge status={row.status} />,
    csv: (row) => ABUSE_STATUS[row.status],
  },
];

/** Beside an opened case there is room for whom and how much; the CSV file holds all of them all the same. */
const NARROW = ['severity', 'sender', 'expected_x', 'detected_at'];
const narrowColumns = columns.map((column) =>
  column.key === 'sender'
    ? { ...column, cell: (row: AbuseCase) => <Brief row={row} /> }
    : { ...column, hidden: !NARROW.includes(column.key) },
);

const Brief = ({ row }: { row: AbuseCase }) => (
  <span className={css.brief}>
    <CaseLink row={row} />
    <span className={css.facts}>
      {row.server.name}
      {row.status !== 'detected' && <AbuseBadge status={row.status} />}
    </span>
  </span>
);

function Cases({ values, change }: { values: Values<typeof params>; change: Change }) {
  const query = useQuery({ ...mailAbuseQuery(ask(values)), refetchInterval: HOSTING_POLL_MS });
  const shown = values.case;
  const filtered = values.q !== '' || values.server !== null;
  const name =
    query.data?.data.find((row) => row.server.id === values.server)?.server.name ?? `server ${values.server}`;
  return (
    <div className={css.grid} data-detail={shown !== null || undefined}>
      <div className={css.cases}>
        <ResourceTable<AbuseCase>
          label="Mail Abuse"
          columns={shown === null ? columns : narrowColumns}
          card={(row) => <Card row={row} />}
          query={query}
          everything={() =>
            everyPage((page) =>
              queryClient.fetchQuery(mailAbuseQuery({ ...ask(values), cursor: '', ...page })),
            )
          }
          sort={values.sort}
          ownSort={{ value: 'urgency', label: 'Oldest not reviewed first' }}
          onSort={(sort) => change({ sort, cursor: '' })}
          cursor={values.cursor}
          onCursor={(cursor) => change({ cursor }, 'push')}
          onOpen={(row) => change({ case: row.id }, shown === null ? 'push' : 'replace')}
          onMove={(row) => shown !== null && change({ case: row.id })}
          shown={shown}
          tone={(row) => (row.status === 'detected' && row.severity === 'critical' ? 'critical' : undefined)}
          filters={
            <>
              <SearchFilter
                label="Login, account, script or domain"
                value={values.q}
                onChange={(q) => change({ q, cursor: '' })}
              />
              {values.server !== null && (
                <FilterChip onRemove={() => change({ server: null, cursor: '' })}>{name}</FilterChip>
              )}
            </>
          }
          empty={<NoCase view={values.view} filtered={filtered} />}
        />
      </div>
      {shown !== null && <Detail id={shown} onBack={() => change({ case: null })} />}
    </div>
  );
}

function NoCase({ view, filtered }: { view: AbuseView; filtered: boolean }) {
  if (filtered)
    return (
      <Empty title="No case matches these filters">
        <Link to={`/hosting/mail-abuse?view=${view}`}>Show all of this view</Link>
      </Empty>
    );
  if (view === 'closed' || view === 'all') return <Empty title="There was no case yet" />;
  return (
    <Empty title="Nothing waits for review">
      A case opens while the hour is still running, as soon as a mailbox, a script or a domain mails far more
      than it does at this hour.
    </Empty>
  );
}

function Detail({ id, onBack }: { id: number; onBack: () => void }) {
  const query = useQuery({ ...abuseCaseQuery(id), refetchInterval: HOSTING_POLL_MS });
  const gone = isApiError(query.error) && query.error.status === 404;
  return (
    <div className={css.detail}>
      {query.data ? (
        <AbuseDetail row={query.data} onBack={onBack} />
      ) : (
        <Panel label={`Case ${id}`}>
          {gone ? (
            <Empty title={`Case ${id} is not there`}>
              <Link to="/hosting/mail-abuse">All cases</Link>
            </Empty>
          ) : query.error ? (
            <Failed error={query.error} onRetry={query.refetch} />
          ) : (
            <LoadingRows rows={8} />
          )}
        </Panel>
      )}
    </div>
  );
}

function Card({ row }: { row: AbuseCase }) {
  return (
    <div className={css.card}>
      <span className={css.head}>
        <SeverityBadge severity={row.severity} />
        <AbuseBadge status={row.status} />
      </span>
      <CaseLink row={row} />
      <span className={css.facts}>
        <ServerLink server={row.server} />
        <span>
          <b>{count(row.recipients)}</b> recipients
        </span>
        <span>
          <Over row={row} /> {overExpected(row) === null ? 'sender' : 'expected'}
        </span>
        <span>
          detected <TimeAgo at={row.detected_at} />
        </span>
      </span>
    </div>
  );
}

const allowanceColumns = (revoke: (row: MailAllowance) => React.ReactNode): Column<MailAllowance>[] => [
  {
    key: 'sender',
    header: 'Sender',
    cell: (row) => <span className={css.sender}>{senderTitle(row)}</span>,
    csv: (row) => `${row.sender} ${row.name}`,
  },
  {
    key: 'server',
    header: 'Server',
    width: 180,
    cell: (row) => <ServerLink server={row.server} />,
    csv: (row) => row.server.name,
  },
  {
    key: 'ceiling',
    header: 'May mail an hour',
    align: 'right',
    width: 130,
    cell: (row) => count(row.ceiling),
    csv: (row) => row.ceiling,
  },
  {
    key: 'granted_at',
    header: 'Granted',
    width: 190,
    cell: (row) => <Granted row={row} />,
    csv: (row) => row.granted_at,
  },
  {
    key: 'until',
    header: 'Until',
    width: 190,
    cell: (row) => <Moment at={row.until} />,
    csv: (row) => row.until,
  },
  { key: 'revoke', header: '', width: 96, cell: revoke, csv: () => '' },
];

const Granted = ({ row }: { row: MailAllowance }) => (
  <span>
    <TimeAgo at={row.granted_at} /> by {row.granted_by?.name ?? 'a deleted account'}
  </span>
);

function Allowances({ values, change }: { values: Values<typeof params>; change: Change }) {
  const query = useQuery({ ...mailAllowancesQuery(askAllowances(values)), refetchInterval: HOSTING_POLL_MS });
  const blocked = useBlocked('rules.manage');
  const [asking, setAsking] = useState<MailAllowance | null>(null);
  const revoke = useAction({
    run: (row: MailAllowance) =>
      body(client.DELETE('/api/hosting/mail-allowances/{id}', { params: { path: { id: row.id } } })),
    done: (_, row) => `${senderTitle(row)} is judged as before`,
    refresh: [['hosting', 'mail-allowances']],
    onDone: () => setAsking(null),
  });
  const button = (row: MailAllowance) => (
    <ActionButton
      size="xs"
      variant="default"
      blocked={blocked}
      onClick={() => setAsking(row)}
      aria-label={`Revoke the allowance of ${senderTitle(row)}`}
    >
      Revoke
    </ActionButton>
  );
  return (
    <>
      <ResourceTable<MailAllowance>
        label="Mail allowances"
        columns={allowanceColumns(button)}
        card={(row) => (
          <div className={css.card}>
            <b className={css.sender}>{senderTitle(row)}</b>
            <span className={css.facts}>
              <ServerLink server={row.server} />
              <span>
                up to <b>{count(row.ceiling)}</b> recipients an hour
              </span>
              <Granted row={row} />
              <span>
                until <Moment at={row.until} />
              </span>
            </span>
            {button(row)}
          </div>
        )}
        query={query}
        everything={() =>
          everyPage((page) =>
            queryClient.fetchQuery(mailAllowancesQuery({ ...askAllowances(values), cursor: '', ...page })),
          )
        }
        cursor={values.cursor}
        onCursor={(cursor) => change({ cursor }, 'push')}
        empty={
          <Empty title="Nobody has an allowance">
            A case that is closed as “no abuse” lets its sender mail as much, and a fifth more.
          </Empty>
        }
      />
      <ConfirmDialog
        opened={asking !== null}
        onClose={() => setAsking(null)}
        onConfirm={() => asking && revoke.mutate(asking)}
        busy={revoke.isPending}
        title={asking ? `Revoke the allowance of ${senderTitle(asking)}?` : ''}
        confirm="Revoke"
      >
        From now on this sender is judged as any other: the next mailing of this size opens a case.
      </ConfirmDialog>
    </>
  );
}
