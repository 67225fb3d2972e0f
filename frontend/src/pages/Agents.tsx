import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { HOSTING_POLL_MS } from '@/api/hosting';
import { everyPage, queryClient } from '@/api/queries';
import { agentsQuery } from '@/api/server-tabs';
import type { Agent, Agents } from '@/api/types';
import { ChoiceFilter, FilterChip, SearchFilter, TagFilter } from '@/components/FilterBar';
import { GrantMatrix, grantsText } from '@/components/GrantMatrix';
import { ResourceTable } from '@/components/ResourceTable';
import { ServerLink } from '@/components/ServerLink';
import { useUrlState } from '@/components/useUrlState';
import { AGENT_STATES, AGENT_TEXT, type AgentState, reasonText, skewText, spoolText } from '@/domain/agents';
import { bytes, count } from '@/domain/units';
import { choices, readParams, text, type Values } from '@/domain/url-state';
import type { Column } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { type Tone, ToneBadge } from '@/ui/StatusBadge';
import { Empty } from '@/ui/states';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './Agents.module.css';

const params = {
  q: text(),
  tag: text(),
  state: choices(AGENT_STATES),
  version: text(),
  sort: text('state'),
  cursor: text(),
};

const ask = (v: Values<typeof params>) => ({ ...v, state: v.state.join(','), limit: 100 });

export function loader({ request }: { request: Request }) {
  void queryClient.prefetchQuery(agentsQuery(ask(readParams(params, new URL(request.url).searchParams))));
  return null;
}

const TONE: Record<AgentState, Tone> = {
  silent: 'bad',
  never_reported: 'bad',
  degraded: 'medium',
  not_enrolled: 'quiet',
  healthy: 'good',
  disabled: 'quiet',
};

type Row = Agent & { id: number };
const withId = (agent: Agent): Row => ({ ...agent, id: agent.server.id });

function State({ agent }: { agent: Agent }) {
  return (
    <span className={css.state}>
      <ToneBadge tone={TONE[agent.state]}>{AGENT_TEXT[agent.state]}</ToneBadge>
      {agent.reasons.map((reason) => (
        <small key={reason}>{reasonText(reason)}</small>
      ))}
    </span>
  );
}

const Spool = ({ agent }: { agent: Agent }) => (
  <span data-bad={(agent.spool.lost_total ?? 0) > 0 || undefined} className={css.spool}>
    {spoolText(agent.spool)}
    {agent.spool.files !== null && agent.spool.files > 0 && <small>{bytes(agent.spool.bytes)}</small>}
  </span>
);

const Refused = ({ agent }: { agent: Agent }) =>
  agent.refused.total === 0 ? (
    <span className={css.none}>none</span>
  ) : (
    <span title={agent.refused.fields.join(', ')}>
      {count(agent.refused.total)} <small className={css.none}>{agent.refused.fields.join(', ')}</small>
    </span>
  );

const columns: Column<Row>[] = [
  {
    key: 'name',
    header: 'Server',
    width: 150,
    sortable: true,
    cell: (row) => <ServerLink server={row.server} />,
    csv: (row) => row.server.name,
  },
  {
    key: 'state',
    header: 'Agent',
    width: 170,
    cell: (row) => <State agent={row} />,
    csv: (row) => row.state,
  },
  { key: 'reasons', header: 'Why', hidden: true, cell: () => null, csv: (row) => row.reasons.join('; ') },
  {
    key: 'version',
    header: 'Version',
    width: 72,
    cell: (row) => row.version ?? '–',
    csv: (row) => row.version,
  },
  {
    key: 'grants',
    header: 'What it may read',
    width: 404,
    cell: (row) => <GrantMatrix grants={row.grants} />,
    csv: (row) => grantsText(row.grants),
  },
  {
    key: 'spool',
    header: 'Spool',
    width: 112,
    cell: (row) => <Spool agent={row} />,
    csv: (row) => row.spool.files,
  },
  {
    key: 'spool_bytes',
    header: 'Spool bytes',
    hidden: true,
    cell: () => null,
    csv: (row) => row.spool.bytes,
  },
  { key: 'lost', header: 'Lost', hidden: true, cell: () => null, csv: (row) => row.spool.lost_total },
  {
    key: 'skew',
    header: 'Clock',
    width: 84,
    wide: true,
    cell: (row) => skewText(row.skew_ms),
    csv: (row) => row.skew_ms,
  },
  {
    key: 'refused',
    header: 'Refused values',
    width: 112,
    wide: true,
    cell: (row) => <Refused agent={row} />,
    csv: (row) => row.refused.total,
  },
  {
    key: 'last_seen_at',
    header: 'Seen',
    width: 90,
    sortable: true,
    cell: (row) => <TimeAgo at={row.last_seen_at} />,
    csv: (row) => row.last_seen_at,
  },
];

const NUMBERS = [
  ['expected', 'expected', ''],
  ['enrolled', 'enrolled', ''],
  ['healthy', 'healthy', 'healthy'],
  ['degraded', 'degraded', 'degraded'],
  ['silent', 'silent', 'silent,never_reported'],
] as const;

/** The fleet in numbers; a number leads to the agents that it counts. */
function Summary({ summary }: { summary: Agents['summary'] }) {
  return (
    <section className={css.summary} aria-label="The fleet in numbers">
      {NUMBERS.map(([key, label, state]) => (
        <Link
          key={key}
          to={state ? `/agents?state=${state}` : '/agents'}
          data-key={key}
          data-zero={summary[key] === 0 || undefined}
        >
          <b>{count(summary[key])}</b> {label}
        </Link>
      ))}
      {summary.versions.map(({ version, agents }) => (
        <Link key={version ?? ''} to={version ? `/agents?version=${encodeURIComponent(version)}` : '/agents'}>
          <b>{count(agents)}</b> {version ? `on ${version}` : 'of unknown version'}
        </Link>
      ))}
    </section>
  );
}

export function Component() {
  const [values, change] = useUrlState(params);
  const navigate = useNavigate();
  const query = useQuery({ ...agentsQuery(ask(values)), refetchInterval: HOSTING_POLL_MS });
  const filtered = values.q !== '' || values.tag !== '' || values.version !== '' || values.state.length > 0;
  return (
    <>
      <PageHeader
        title="Agents"
        sub="Who should report, who does, and what each may read. A dashed cell is unknown, never healthy: its hint names the missing grant."
      />
      {query.data && <Summary summary={query.data.summary} />}
      <ResourceTable<Row>
        label="Agents"
        columns={columns}
        card={(row) => (
          <div className={css.card}>
            <span className={css.head}>
              <ServerLink server={row.server} />
              <small className={css.none}>
                <TimeAgo at={row.last_seen_at} />
              </small>
            </span>
            <State agent={row} />
            <GrantMatrix grants={row.grants} />
            <span className={css.facts}>
              <span>version {row.version ?? 'unknown'}</span>
              <span>
                spool <Spool agent={row} />
              </span>
              <span>clock {skewText(row.skew_ms)}</span>
              {row.refused.total > 0 && (
                <span>
                  refused <Refused agent={row} />
                </span>
              )}
            </span>
          </div>
        )}
        query={{ ...query, data: query.data && { ...query.data, data: query.data.data.map(withId) } }}
        everything={async () =>
          (
            await everyPage((page) =>
              queryClient.fetchQuery(agentsQuery({ ...ask(values), cursor: '', ...page })),
            )
          ).map(withId)
        }
        sort={values.sort}
        ownSort={{ value: 'state', label: 'Worst first' }}
        onSort={(sort) => change({ sort, cursor: '' })}
        cursor={values.cursor}
        onCursor={(cursor) => change({ cursor }, 'push')}
        onOpen={(row) => navigate(`/servers/${row.id}`)}
        tone={(row) => (row.state === 'silent' || row.state === 'never_reported' ? 'critical' : undefined)}
        filters={
          <>
            <SearchFilter
              label="Name, host or tag"
              value={values.q}
              onChange={(q) => change({ q, cursor: '' })}
            />
            <ChoiceFilter
              label="Any state"
              options={AGENT_STATES}
              words={AGENT_TEXT}
              value={values.state}
              onChange={(state) => change({ state, cursor: '' })}
            />
            <TagFilter value={values.tag} onChange={(tag) => change({ tag, cursor: '' })} />
            {values.version !== '' && (
              <FilterChip
                onRemove={() => change({ version: '', cursor: '' })}
              >{`version ${values.version}`}</FilterChip>
            )}
          </>
        }
        empty={
          filtered ? (
            <Empty title="No agent matches these filters">
              <Link to="/agents">Show all agents</Link>
            </Empty>
          ) : (
            <Empty title="No host is known yet">
              <Link to="/servers/new">Add a host</Link>
            </Empty>
          )
        }
      />
    </>
  );
}
