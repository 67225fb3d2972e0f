import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { Link, useNavigate } from 'react-router';
import { everyPage, queryClient, serversQuery } from '@/api/queries';
import type { Server } from '@/api/types';
import { ChoiceFilter, SearchFilter, TagFilter } from '@/components/FilterBar';
import { ResourceTable } from '@/components/ResourceTable';
import { ServerCard, serverColumns } from '@/components/ServerTable';
import { useBlocked } from '@/components/session';
import { useUrlState } from '@/components/useUrlState';
import { choices, readParams, text } from '@/domain/url-state';
import { usePollEvery } from '@/live/connection';
import { ActionButton } from '@/ui/ActionButton';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/states';

const STATUSES = ['down', 'stale', 'unknown', 'registering', 'up', 'disabled'] as const;

const params = { q: text(), status: choices(STATUSES), tag: text(), sort: text('trouble'), cursor: text() };

const ask = (v: { q: string; status: string[]; tag: string; sort: string; cursor: string }) => ({
  ...v,
  status: v.status.join(','),
  limit: 100,
});

export function loader({ request }: { request: Request }) {
  void queryClient.prefetchQuery(serversQuery(ask(readParams(params, new URL(request.url).searchParams))));
  return null;
}

export function Component() {
  const [values, change] = useUrlState(params);
  const navigate = useNavigate();
  const blocked = useBlocked('servers.manage');
  const query = useQuery({ ...serversQuery(ask(values)), refetchInterval: usePollEvery() });
  const filtered = values.q !== '' || values.status.length > 0 || values.tag !== '';
  const addHost = (
    <ActionButton
      blocked={blocked}
      leftSection={<Plus size={14} />}
      onClick={() => navigate('/servers/new')}
      style={{ flex: 'none' }}
    >
      Add host
    </ActionButton>
  );
  return (
    <>
      <PageHeader
        title="Servers"
        sub="Worst first. Values of silent servers are their last known ones."
        actions={addHost}
      />
      <ResourceTable<Server>
        label="Servers"
        columns={serverColumns}
        card={(server) => <ServerCard server={server} />}
        query={query}
        everything={() =>
          everyPage((page) => queryClient.fetchQuery(serversQuery({ ...ask(values), cursor: '', ...page })))
        }
        sort={values.sort}
        ownSort={{ value: 'trouble', label: 'Worst first' }}
        onSort={(sort) => change({ sort, cursor: '' })}
        cursor={values.cursor}
        onCursor={(cursor) => change({ cursor }, 'push')}
        onOpen={(server) => navigate(`/servers/${server.id}`)}
        tone={(server) => (server.status === 'down' ? 'critical' : undefined)}
        filters={
          <>
            <SearchFilter
              label="Name, host or tag"
              value={values.q}
              onChange={(q) => change({ q, cursor: '' })}
            />
            <ChoiceFilter
              label="Any state"
              options={STATUSES}
              value={values.status}
              onChange={(status) => change({ status, cursor: '' })}
            />
            <TagFilter value={values.tag} onChange={(tag) => change({ tag, cursor: '' })} />
          </>
        }
        empty={
          filtered ? (
            <Empty title="No server matches these filters">
              <Link to="/servers">Show all servers</Link>
            </Empty>
          ) : (
            <Empty title="No servers yet">
              <p>Add a host: you get one command to paste into its terminal.</p>
              {addHost}
            </Empty>
          )
        }
      />
    </>
  );
}
