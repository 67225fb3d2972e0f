import { useQuery } from '@tanstack/react-query';
import { CircleCheckBig } from 'lucide-react';
import { Link } from 'react-router';
import { unreviewedAbuseQuery } from '@/api/hosting';
import { incidentsQuery, onCallNowQuery, queryClient, serversQuery } from '@/api/queries';
import type { Server } from '@/api/types';
import { useCatalogueWords } from '@/components/catalogue-words';
import { HeldBack, heldBackQueries } from '@/components/HeldBack';
import { AcknowledgeButton } from '@/components/IncidentTable';
import { NextStepText } from '@/components/NextStepText';
import { PersonChip } from '@/components/oncall/PersonChip';
import { senderTitle } from '@/domain/abuse';
import { shortDuration } from '@/domain/duration';
import { momentText } from '@/domain/on-call';
import { byUrgency } from '@/domain/severity';
import { useNow } from '@/live/clock';
import { usePollEvery } from '@/live/connection';
import { cx } from '@/ui/cx';
import { PageHeader } from '@/ui/PageHeader';
import { Panel } from '@/ui/Panel';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { StatusBadge, Tags } from '@/ui/StatusBadge';
import { Empty, Failed, LoadingRows } from '@/ui/states';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './Overview.module.css';

const openQuery = incidentsQuery({ status: 'open', sort: 'urgency', limit: 20 });
const takenQuery = incidentsQuery({ status: 'acknowledged', sort: 'urgency', limit: 20 });
const silentQuery = serversQuery({ status: 'down,stale,unknown', sort: 'status', limit: 50 });
const newestQuery = serversQuery({ sort: '-last_seen_at', limit: 1 });
const countQuery = (status: string) => serversQuery({ status, limit: 1 });

const COUNTS = ['up', 'stale', 'down', 'unknown', 'registering', 'disabled'] as const;

export function loader() {
  for (const query of [openQuery, takenQuery]) void queryClient.prefetchQuery(query);
  void queryClient.prefetchQuery(unreviewedAbuseQuery);
  void queryClient.prefetchQuery(onCallNowQuery);
  for (const query of heldBackQueries) void queryClient.prefetchQuery(query as never);
  for (const query of [silentQuery, newestQuery, ...COUNTS.map(countQuery)])
    void queryClient.prefetchQuery(query);
  return null;
}

export function Component() {
  const newest = useQuery(newestQuery);
  return (
    <>
      <PageHeader title="Overview" sub={<Freshness />} />
      <Counts />
      {newest.data?.meta.total === 0 ? (
        <Panel>
          <Empty title="No servers yet">
            Nothing is watched so far. <Link to="/servers/new">Add the first host</Link>: you get one command
            to paste into its terminal.
          </Empty>
        </Panel>
      ) : (
        <div className={css.grid}>
          <Unacknowledged />
          <div className={css.side}>
            <Abuse />
            <OnCall />
            <HeldBack />
            <Silent />
            <Taken />
          </div>
        </div>
      )}
    </>
  );
}

/** How old the newest report is: when this grows, it is we who are blind, not the fleet that is quiet. */
function Freshness() {
  const now = useNow();
  const { data } = useQuery({ ...newestQuery, refetchInterval: usePollEvery() });
  const newest = data?.data[0]?.last_seen_at;
  if (!data || !newest) return <>What needs somebody, worst first</>;
  const age = now - Date.parse(newest);
  return (
    <span className={cx(age > 90_000 && css.late)}>
      newest report {shortDuration(age)} ago
      {age > 90_000 && ': data is late, the quiet below may not be real'}
    </span>
  );
}

/** Cases of mail abuse that nobody has looked at, those that wait longest; nothing while there are none. */
function Abuse() {
  const { data } = useQuery({ ...unreviewedAbuseQuery, refetchInterval: usePollEvery() });
  const waiting = data?.meta.detected ?? 0;
  if (waiting === 0) return null;
  return (
    <Panel
      flush
      title="Mail abuse"
      aside={
        <Link to="/hosting/mail-abuse?view=unreviewed">
          {waiting === 1 ? 'One case is' : `${waiting.toLocaleString('en-US')} cases are`} not reviewed
        </Link>
      }
    >
      <ul className={css.list}>
        {data?.data.map((row) => (
          <li key={row.id} className={css.row}>
            <SeverityBadge severity={row.severity} />
            <Link to={`/hosting/mail-abuse?view=unreviewed&case=${row.id}`}>{senderTitle(row)}</Link>
            <span className={css.age}>
              <TimeAgo at={row.detected_at} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** Who would be told first, and until when. */
function OnCall() {
  const { data } = useQuery({ ...onCallNowQuery, refetchInterval: usePollEvery() });
  if (!data) return null;
  return (
    <Panel flush title="On call" aside={<Link to="/on-call">Calendar</Link>}>
      {data.data.length === 0 ? (
        <p className={css.none}>No schedule yet: nobody is on call.</p>
      ) : (
        <ul className={css.list}>
          {data.data.map((duty) => (
            <li key={duty.schedule_id} className={css.duty}>
              <PersonChip person={duty.user} override={duty.override_id !== null} />
              <span>{duty.schedule_name}</span>
              <span className={css.age}>
                {duty.unreadable ? 'cannot be read' : duty.until ? `until ${momentText(duty.until)}` : ''}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Counts() {
  return (
    <nav className={css.counts} aria-label="Servers by state">
      {COUNTS.map((status) => (
        <Count key={status} status={status} />
      ))}
    </nav>
  );
}

function Count({ status }: { status: (typeof COUNTS)[number] }) {
  const { data } = useQuery({ ...countQuery(status), refetchInterval: usePollEvery() });
  const total = data?.meta.total;
  return (
    <Link to={`/servers?status=${status}`} className={css.count} data-none={total === 0 || undefined}>
      <b>{total ?? '–'}</b>
      <StatusBadge status={status} />
    </Link>
  );
}

function Unacknowledged() {
  const query = useQuery({ ...openQuery, refetchInterval: usePollEvery() });
  const words = useCatalogueWords();
  const rows = [...(query.data?.data ?? [])].sort(byUrgency);
  const criticals = rows.filter((i) => i.severity === 'critical').length;
  const total = query.data?.meta.total ?? 0;
  return (
    <Panel
      flush
      title="Nobody is on it yet"
      tone={criticals > 0 ? 'critical' : undefined}
      aside={
        total > 0 && (
          <Link to="/incidents?status=open">{total > rows.length ? `All ${total}` : 'Open list'}</Link>
        )
      }
    >
      {query.isPending ? (
        <LoadingRows rows={4} height={44} />
      ) : query.error && !query.data ? (
        <Failed error={query.error} onRetry={query.refetch} />
      ) : rows.length === 0 ? (
        <Empty
          title="No incident waits for an owner"
          icon={<CircleCheckBig size={26} strokeWidth={1.5} color="var(--up)" />}
        >
          New ones appear here by themselves.
        </Empty>
      ) : (
        <ul className={css.list}>
          {rows.map((incident) => (
            <li key={incident.id} className={css.incident} data-severity={incident.severity}>
              <SeverityBadge severity={incident.severity} />
              <div className={css.words}>
                <Link to={`/incidents/${incident.id}`}>{incident.title}</Link>
                <span>
                  {incident.observed ? words.observed(incident.observed) : incident.server_name}
                  {incident.escalation && (
                    <>
                      {' · next step '}
                      <NextStepText next={incident.escalation} />
                    </>
                  )}
                </span>
              </div>
              <span className={css.age}>
                <TimeAgo at={incident.opened_at} suffix="" />
              </span>
              <AcknowledgeButton incident={incident} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Servers by the data centre they stand in (`dc:` tag), because a silent rack looks different from a silent host. */
export function byDataCentre(servers: Server[]): [place: string, servers: Server[]][] {
  const groups = new Map<string, Server[]>();
  for (const server of servers) {
    const place = server.tags.find((t) => t.startsWith('dc:'))?.slice(3) ?? '';
    groups.set(place, [...(groups.get(place) ?? []), server]);
  }
  return [...groups].sort((a, b) => b[1].length - a[1].length || a[0].localeCompare(b[0]));
}

function Silent() {
  const query = useQuery({ ...silentQuery, refetchInterval: usePollEvery() });
  const groups = byDataCentre(query.data?.data ?? []);
  return (
    <Panel flush title="Silent servers" aside={query.data ? query.data.meta.total : undefined}>
      {query.isPending ? (
        <LoadingRows rows={3} />
      ) : query.error && !query.data ? (
        <Failed error={query.error} onRetry={query.refetch} />
      ) : groups.length === 0 ? (
        <p className={css.none}>All servers report.</p>
      ) : (
        groups.map(([place, servers]) => (
          <div key={place}>
            {(place !== '' || groups.length > 1) && (
              <div className={css.place}>
                {place || 'no dc tag'} <span>{servers.length}</span>
              </div>
            )}
            <ul className={css.list}>
              {servers.map((server) => (
                <li key={server.id} className={css.row}>
                  <StatusBadge status={server.status} />
                  <Link to={`/servers/${server.id}`}>{server.name}</Link>
                  <Tags tags={server.tags.filter((t) => !t.startsWith('dc:')).slice(0, 2)} />
                  <span className={css.age}>
                    <TimeAgo at={server.last_seen_at} />
                  </span>
                </li>
              ))}
            </ul>
          </div>
        ))
      )}
    </Panel>
  );
}

function Taken() {
  const query = useQuery({ ...takenQuery, refetchInterval: usePollEvery() });
  const rows = query.data?.data ?? [];
  return (
    <Panel flush title="Somebody is on it" aside={query.data ? query.data.meta.total : undefined}>
      {query.isPending ? (
        <LoadingRows rows={2} />
      ) : query.error && !query.data ? (
        <Failed error={query.error} onRetry={query.refetch} />
      ) : rows.length === 0 ? (
        <p className={css.none}>No acknowledged incidents.</p>
      ) : (
        <ul className={css.list}>
          {rows.map((incident) => (
            <li key={incident.id} className={css.row}>
              <SeverityBadge severity={incident.severity} />
              <Link to={`/incidents/${incident.id}`}>{incident.title}</Link>
              <span className={css.age}>
                {incident.acknowledged_by?.name ?? ''}
                {incident.asked_at !== null && ', asked'}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
