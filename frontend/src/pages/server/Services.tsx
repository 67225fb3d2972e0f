import { useQuery } from '@tanstack/react-query';
import { type LoaderFunctionArgs, useParams } from 'react-router';
import { queryClient, serverServicesQuery } from '@/api/queries';
import type { Service } from '@/api/types';
import { ProbeNote } from '@/components/ProbeNote';
import { ResourceTable } from '@/components/ResourceTable';
import { usePollEvery } from '@/live/connection';
import { CopyButton } from '@/ui/CopyButton';
import type { Column } from '@/ui/DataTable';
import { Faded } from '@/ui/Faded';
import { type Tone, ToneBadge } from '@/ui/StatusBadge';
import { Empty, Failed, LoadingRows } from '@/ui/states';
import css from './Disks.module.css';

export function loader({ params }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(serverServicesQuery(Number(params.id)));
  return null;
}

const LOOK: Record<Service['status'], [tone: Tone, text: string]> = {
  stopped: ['bad', 'stopped'],
  running: ['good', 'running'],
  idle: ['quiet', 'not started at boot'],
  not_installed: ['quiet', 'not installed'],
};

function State({ service }: { service: Service }) {
  const [tone, text] = LOOK[service.status];
  return service.status === 'not_installed' ? (
    <span className={css.none}>{text}</span>
  ) : (
    <ToneBadge tone={tone}>{text}</ToneBadge>
  );
}

/** For one's own terminal: the platform observes, it never restarts anything. */
const Restart = ({ service }: { service: Service }) =>
  service.restart_command ? (
    <CopyButton compact text={service.restart_command} label="Copy restart command" />
  ) : null;

const columns: Column<Service & { id: string }>[] = [
  { key: 'name', header: 'Service', cell: (s) => <b className={css.mount}>{s.name}</b>, csv: (s) => s.name },
  { key: 'status', header: 'State', cell: (s) => <State service={s} />, csv: (s) => s.status },
  { key: 'unit', header: 'Unit', cell: (s) => (s.unit ? <code>{s.unit}</code> : '–'), csv: (s) => s.unit },
  {
    key: 'pids',
    header: 'Processes',
    align: 'right',
    width: 100,
    cell: (s) => s.pids ?? '–',
    csv: (s) => s.pids,
  },
  {
    key: 'main_pid',
    header: 'Main PID',
    align: 'right',
    width: 100,
    cell: (s) => s.main_pid ?? '–',
    csv: (s) => s.main_pid,
  },
  {
    key: 'restart',
    header: '',
    align: 'right',
    width: 56,
    cell: (s) => <Restart service={s} />,
    csv: (s) => s.restart_command,
  },
];

export function Component() {
  const id = Number(useParams().id);
  const query = useQuery({ ...serverServicesQuery(id), refetchInterval: usePollEvery() });
  if (query.isPending) return <LoadingRows rows={6} />;
  if (!query.data) return <Failed error={query.error} onRetry={query.refetch} />;
  const { probe, services } = query.data;
  const rows = services.map((service) => ({ ...service, id: service.name }));
  return (
    <>
      <ProbeNote probe={probe} />
      {(rows.length > 0 || probe.state === 'ok') && (
        <Faded block old={probe.state === 'stale'}>
          <ResourceTable
            label="Services"
            columns={columns}
            card={(service) => (
              <div style={{ display: 'flex', alignItems: 'center', gap: 10, minHeight: 32 }}>
                <b className={css.mount} style={{ flex: 1 }}>
                  {service.name}
                </b>
                <State service={service} />
                <Restart service={service} />
              </div>
            )}
            query={{ ...query, data: { data: rows, meta: { next_cursor: null, total: rows.length } } }}
            tone={(service) => (service.status === 'stopped' ? 'critical' : undefined)}
            empty={<Empty title="No services reported" />}
          />
        </Faded>
      )}
    </>
  );
}
