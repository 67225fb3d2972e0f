import { Link } from 'react-router';
import type { Server } from '@/api/types';
import { loadPerCore, percent } from '@/domain/units';
import type { Column } from '@/ui/DataTable';
import { Faded } from '@/ui/Faded';
import { Level, levelOf } from '@/ui/Level';
import { Meter } from '@/ui/Meter';
import { StatusBadge, Tags } from '@/ui/StatusBadge';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './ServerTable.module.css';

/** Load of a core as text; above 1 the run queue is longer than the cores can serve. */
export function LoadText({ server }: { server: Server }) {
  const load = loadPerCore(server.load1, server.cores);
  const title = `load ${server.load1 ?? '–'} on ${server.cores ?? 'unknown'} cores`;
  return (
    <Level level={levelOf(load, 1, 4)} title={title}>
      {load === null ? '–' : load.toFixed(2)}
    </Level>
  );
}

/** From where a share takes the colour of medium and critical, in percent. */
const LIMITS = {
  cpu: { warn: 85, danger: 97 },
  ram: { warn: 88, danger: 96 },
  disk: { warn: 90, danger: 95 },
};

/** A share as text, for a card that has no room for its bar. */
function Share(props: { label: string; value: number | null | undefined; warn: number; danger: number }) {
  const { label, value, warn, danger } = props;
  return (
    <span>
      {label} <Level level={levelOf(value, warn, danger)}>{percent(value)}</Level>
    </span>
  );
}

/** Values of a silent server are its last ones. */
const Last = ({ server, children }: { server: Server; children: React.ReactNode }) => (
  <Faded old={server.status !== 'up'}>{children}</Faded>
);

export const serverColumns: Column<Server>[] = [
  {
    key: 'status',
    header: 'State',
    width: 104,
    sortable: true,
    cell: (s) => <StatusBadge status={s.status} />,
    csv: (s) => s.status,
  },
  {
    key: 'name',
    header: 'Name',
    sortable: true,
    cell: (s) => (
      <span className={css.name}>
        <Link to={`/servers/${s.id}`}>{s.name}</Link>
        {s.open_incidents > 0 && <span className={css.open}>{s.open_incidents} open</span>}
      </span>
    ),
    csv: (s) => s.name,
  },
  { key: 'tags', header: 'Tags', wide: true, cell: (s) => <Tags tags={s.tags} />, csv: (s) => s.tags },
  {
    key: 'load1',
    header: 'Load/core',
    align: 'right',
    width: 92,
    sortable: true,
    cell: (s) => (
      <Last server={s}>
        <LoadText server={s} />
      </Last>
    ),
    csv: (s) => loadPerCore(s.load1, s.cores)?.toFixed(3),
  },
  {
    key: 'cpu_pct',
    header: 'CPU',
    width: 128,
    sortable: true,
    cell: (s) => (
      <Last server={s}>
        <Meter value={s.cpu_pct ?? null} label={`CPU of ${s.name}`} {...LIMITS.cpu} />
      </Last>
    ),
    csv: (s) => s.cpu_pct,
  },
  {
    key: 'ram_pct',
    header: 'RAM',
    width: 128,
    sortable: true,
    cell: (s) => (
      <Last server={s}>
        <Meter value={s.ram_pct ?? null} label={`RAM of ${s.name}`} {...LIMITS.ram} />
      </Last>
    ),
    csv: (s) => s.ram_pct,
  },
  {
    key: 'worst_disk_pct',
    header: 'Worst disk',
    width: 128,
    cell: (s) => (
      <Last server={s}>
        <Meter value={s.worst_disk_pct ?? null} label={`Fullest disk of ${s.name}`} {...LIMITS.disk} />
      </Last>
    ),
    csv: (s) => s.worst_disk_pct,
  },
  {
    key: 'last_seen_at',
    header: 'Last seen',
    width: 104,
    sortable: true,
    cell: (s) => <TimeAgo at={s.last_seen_at} />,
    csv: (s) => s.last_seen_at,
  },
  {
    key: 'agent_version',
    header: 'Agent',
    width: 84,
    wide: true,
    cell: (s) => s.agent_version ?? '–',
    csv: (s) => s.agent_version,
  },
];

/** The same on a phone. */
export function ServerCard({ server }: { server: Server }) {
  return (
    <Link to={`/servers/${server.id}`} className={css.card}>
      <span className={css.cardHead}>
        <b>{server.name}</b>
        <StatusBadge status={server.status} />
      </span>
      <Last server={server}>
        <span className={css.cardFacts}>
          <Share label="CPU" value={server.cpu_pct} {...LIMITS.cpu} />
          <Share label="RAM" value={server.ram_pct} {...LIMITS.ram} />
          <Share label="Disk" value={server.worst_disk_pct} {...LIMITS.disk} />
          <span>
            Load/core <LoadText server={server} />
          </span>
        </span>
      </Last>
      <span className={css.cardFacts}>
        <span>
          seen <TimeAgo at={server.last_seen_at} />
        </span>
        {server.open_incidents > 0 && <span className={css.open}>{server.open_incidents} open</span>}
        <Tags tags={server.tags} />
      </span>
    </Link>
  );
}
