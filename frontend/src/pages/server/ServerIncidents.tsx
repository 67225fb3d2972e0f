import { useQuery } from '@tanstack/react-query';
import { CircleCheckBig } from 'lucide-react';
import { type LoaderFunctionArgs, useNavigate, useParams } from 'react-router';
import { everyPage, incidentsQuery, queryClient } from '@/api/queries';
import type { Incident } from '@/api/types';
import { IncidentCard, incidentColumns } from '@/components/IncidentTable';
import { useIncidentAction } from '@/components/incident-actions';
import { ResourceTable } from '@/components/ResourceTable';
import { useBlocked } from '@/components/session';
import { useUrlState } from '@/components/useUrlState';
import { text } from '@/domain/url-state';
import { usePollEvery } from '@/live/connection';
import { Empty } from '@/ui/states';
import { toast } from '@/ui/toast';

const params = { sort: text('urgency'), cursor: text() };

const ask = (server_id: number, v: { sort: string; cursor: string }) => ({ ...v, server_id, limit: 100 });

export function loader({ params: path }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(incidentsQuery(ask(Number(path.id), { sort: 'urgency', cursor: '' })));
  return null;
}

export function Component() {
  const id = Number(useParams().id);
  const navigate = useNavigate();
  const action = useIncidentAction();
  const blocked = useBlocked('incidents.act');
  const [values, change] = useUrlState(params);
  const query = useQuery({ ...incidentsQuery(ask(id, values)), refetchInterval: usePollEvery() });
  return (
    <ResourceTable<Incident>
      label="Incidents of this server"
      columns={incidentColumns.filter((column) => column.key !== 'server_name')}
      card={(incident) => <IncidentCard incident={incident} />}
      query={query}
      everything={() =>
        everyPage((page) =>
          queryClient.fetchQuery(incidentsQuery({ ...ask(id, values), cursor: '', ...page })),
        )
      }
      sort={values.sort}
      ownSort={{ value: 'urgency', label: 'Most urgent first' }}
      onSort={(sort) => change({ sort, cursor: '' })}
      cursor={values.cursor}
      onCursor={(cursor) => change({ cursor }, 'push')}
      onOpen={(incident) => navigate(`/incidents/${incident.id}`)}
      onAct={(incident) => {
        if (blocked) toast.info(blocked);
        else if (incident.status === 'open') action.mutate({ incident, verb: 'acknowledge' });
      }}
      empty={
        <Empty
          title="This server never had an incident"
          icon={<CircleCheckBig size={26} strokeWidth={1.5} color="var(--up)" />}
        />
      }
    />
  );
}
