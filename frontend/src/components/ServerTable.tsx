import { Link } from 'react-router';
import type { Server } from '@/api/types';
import { count, loadPerCore, percent } from '@/domain/units';
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
  iowait: { warn: 20, danger: 40 },
  mysql: { warn: 80, danger: 95 },
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

/** One that a card names only where it is too high. */
const Trouble = (props: Parameters<typeof Share>[0]) =>
  (props.value ?? 0) >= props.warn ? <Share {...props} /> : null;

/** Values of a silent server are its last ones. */
const Last = ({ server, children }: { server: Server; children: React.ReactNode }) => (
  <Faded old={server.status !== 'up'}>{children}</Faded>
);

/** A share that has a column of its own, and no bar. */
const shareColumn = (
  key: 'iowait_pct' | 'worst_inodes_pct' | 'mysql_connections_pct',
  header: string,
  limits: { warn: number; danger: number },
): Column<Server> => ({
  key,
  header,
  align: 'right',
  width: 76,
  sortable: true,
  wide: true,
  cell: (s) => (
    <Last server={s}>
      <Level level={levelOf(s[key], limits.warn, limits.danger)}>{percent(s[key])}</Level>
    </Last>
  ),
  csv: (s) => s[key],
});

const barColumn = (
  key: 'cpu_pct' | 'ram_pct' | 'worst_disk_pct',
  header: string,
  of: string,
  limits: { warn: number; danger: number },
): Column<Server> => ({
  key,
  header,
  width: 112,
  sortable: true,
  cell: (s) => (
    <Last server={s}>
      <Meter value={s[key] ?? null} label={`${of} of ${s.name}`} {...limits} />
    </Last>
  ),
  csv: (s) => s[key],
});

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
      <span className={css.server}>
        <span className={css.name}>
          <Link to={`/servers/${s.id}`}>{s.name}</Link>
          {s.open_incidents > 0 && <span className={css.open}>{s.open_incidents} open</span>}
        </span>
        <Tags tags={s.tags} />
      </span>
    ),
    csv: (s) => s.name,
  },
  { key: 'tags', header: 'Tags', hidden: true, cell: () => null, csv: (s) => s.tags },
  {
    key: 'load_per_core',
    header: 'Load/core',
    align: 'right',
    width: 88,
    sortable: true,
    cell: (s) => (
      <Last server={s}>
        <LoadText server={s} />
      </Last>
    ),
    csv: (s) => loadPerCore(s.load1, s.cores)?.toFixed(3),
  },
  barColumn('cpu_pct', 'CPU', 'CPU', LIMITS.cpu),
  shareColumn('iowait_pct', 'I/O wait', LIMITS.iowait),
  barColumn('ram_pct', 'RAM', 'RAM', LIMITS.ram),
  barColumn('worst_disk_pct', 'Worst disk', 'Fullest disk', LIMITS.disk),
  shareColumn('worst_inodes_pct', 'Inodes', LIMITS.disk),
  {
    key: 'deferred_mail',
    header: 'Deferred',
    align: 'right',
    width: 80,
    sortable: true,
    wide: true,
    cell: (s) => <Last server={s}>{count(s.deferred_mail)}</Last>,
    csv: (s) => s.deferred_mail,
  },
  shareColumn('mysql_connections_pct', 'MySQL', LIMITS.mysql),
  {
    key: 'last_seen_at',
    header: 'Last seen',
    width: 96,
    sortable: true,
    cell: (s) => <TimeAgo at={s.last_seen_at} />,
    csv: (s) => s.last_seen_at,
  },
  {
    key: 'agent_version',
    header: 'Agent',
    width: 64,
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
          <Trouble label="I/O wait" value={server.iowait_pct} {...LIMITS.iowait} />
          <Trouble label="Inodes" value={server.worst_inodes_pct} {...LIMITS.disk} />
          <Trouble label="MySQL" value={server.mysql_connections_pct} {...LIMITS.mysql} />
          {(server.deferred_mail ?? 0) > 0 && <span>{count(server.deferred_mail)} deferred</span>}
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
