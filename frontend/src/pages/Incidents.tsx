import { SegmentedControl, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CircleCheckBig } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { everyPage, incidentsQuery, queryClient, usersQuery } from '@/api/queries';
import type { Incident } from '@/api/types';
import { useCatalogueWords } from '@/components/catalogue-words';
import { ChoiceFilter, FilterChip, SearchFilter } from '@/components/FilterBar';
import { IncidentBulk } from '@/components/IncidentBulk';
import { IncidentCard, incidentColumns } from '@/components/IncidentTable';
import { useIncidentAction } from '@/components/incident-actions';
import { ResourceTable } from '@/components/ResourceTable';
import { useBlocked, useMe } from '@/components/session';
import { useUrlState } from '@/components/useUrlState';
import { chosenBy, ownerChoices, ownerInUrl } from '@/domain/owner';
import { SEVERITIES } from '@/domain/severity';
import { heldName } from '@/domain/snooze';
import { choice, choices, integer, readParams, text, type Values } from '@/domain/url-state';
import { usePollEvery } from '@/live/connection';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/states';
import { toast } from '@/ui/toast';

const STATUSES = ['current', 'open', 'acknowledged', 'resolved', 'all'] as const;

/** Why escalations stand still. */
const HELD = ['maintenance', 'snoozed', 'server_down'] as const;

const params = {
  status: choice(STATUSES, 'current'),
  severity: choices(SEVERITIES),
  q: text(),
  detector: text(),
  server_id: integer(),
  owner: ownerInUrl,
  held: choices(HELD),
  sort: text('urgency'),
  cursor: text(),
};

const WIRE_STATUS = {
  current: 'open,acknowledged',
  open: 'open',
  acknowledged: 'acknowledged',
  resolved: 'resolved',
  all: '',
};

const ask = (v: Values<typeof params>) => ({
  ...v,
  status: WIRE_STATUS[v.status],
  severity: v.severity.join(','),
  server_id: v.server_id ?? undefined,
  held: v.held.join(','),
  limit: 100,
});

export function loader({ request }: { request: Request }) {
  void queryClient.prefetchQuery(incidentsQuery(ask(readParams(params, new URL(request.url).searchParams))));
  return null;
}

export function Component() {
  const [values, change] = useUrlState(params);
  const navigate = useNavigate();
  const words = useCatalogueWords();
  const blocked = useBlocked('incidents.act');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const me = useMe().id;
  const action = useIncidentAction();
  const query = useQuery({ ...incidentsQuery(ask(values)), refetchInterval: usePollEvery() });
  const rows = query.data?.data ?? [];
  const open = rows.filter((row) => row.status === 'open');
  const chosen = chosenBy(rows, selected, me);
  const people = useQuery({ ...usersQuery, enabled: useBlocked('users.view') === null });
  const owners = ownerChoices(rows, people.data?.data, values.owner, me);

  const acknowledge = (incident: Incident) => {
    if (blocked) toast.info(blocked);
    else if (incident.status === 'open') action.mutate({ incident, verb: 'acknowledge' });
  };
  const narrowed =
    values.q ||
    values.severity.length > 0 ||
    values.detector ||
    values.server_id !== null ||
    values.owner ||
    values.held.length > 0;

  return (
    <>
      <PageHeader title="Incidents" sub="Unacknowledged first, then the worst, then the oldest." />
      <ResourceTable<Incident>
        label="Incidents"
        columns={incidentColumns}
        card={(incident) => <IncidentCard incident={incident} />}
        query={query}
        everything={() =>
          everyPage((page) => queryClient.fetchQuery(incidentsQuery({ ...ask(values), cursor: '', ...page })))
        }
        sort={values.sort}
        ownSort={{ value: 'urgency', label: 'Most urgent first' }}
        onSort={(sort) => change({ sort, cursor: '' })}
        cursor={values.cursor}
        onCursor={(cursor) => change({ cursor }, 'push')}
        onOpen={(incident) => navigate(`/incidents/${incident.id}`)}
        onAct={acknowledge}
        tone={(incident) =>
          incident.status === 'open' && incident.severity === 'critical' ? 'critical' : undefined
        }
        selection={{
          keys: new Set(chosen.all.map((incident) => String(incident.id))),
          set: setSelected,
          selectable: (incident) => incident.status !== 'resolved',
          name: (incident) => incident.title,
          bar: (
            <IncidentBulk
              chosen={chosen}
              open={open.length}
              onSelectOpen={() => setSelected(new Set(open.map((row) => String(row.id))))}
              onDone={(left) => setSelected(new Set(left.map(String)))}
            />
          ),
        }}
        filters={
          <>
            <SegmentedControl
              aria-label="State"
              data={[...STATUSES]}
              value={values.status}
              onChange={(status) => change({ status: status as typeof values.status, cursor: '' })}
            />
            <SearchFilter
              label="Title, server, subject"
              value={values.q}
              onChange={(q) => change({ q, cursor: '' })}
            />
            <ChoiceFilter
              label="Any severity"
              options={SEVERITIES}
              value={values.severity}
              onChange={(severity) => change({ severity, cursor: '' })}
            />
            <Select
              size="xs"
              style={{ flex: '0 1 150px' }}
              aria-label="Owner"
              placeholder="Anybody’s"
              data={owners}
              value={values.owner || null}
              onChange={(owner) => change({ owner: owner ?? '', cursor: '' })}
              searchable
              clearable
            />
            {values.held.length > 0 && (
              <FilterChip onRemove={() => change({ held: [], cursor: '' })}>
                {`held: ${values.held.map((why) => heldName(why)).join(', ')}`}
              </FilterChip>
            )}
            {(values.detector || values.server_id !== null) && (
              <FilterChip onRemove={() => change({ detector: '', server_id: null, cursor: '' })}>
                {values.detector ? words.detector(values.detector) : `server ${values.server_id}`}
              </FilterChip>
            )}
          </>
        }
        empty={
          narrowed || values.status !== 'current' ? (
            <Empty title="No incident matches these filters">
              <Link to="/incidents">Show what is current</Link>
            </Empty>
          ) : (
            <Empty
              title="Nothing is wrong right now"
              icon={<CircleCheckBig size={26} strokeWidth={1.5} color="var(--up)" />}
            >
              Resolved incidents are under “resolved”.
            </Empty>
          )
        }
      />
    </>
  );
}
