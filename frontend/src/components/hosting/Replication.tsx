import type { MysqlReplication } from '@/api/types';
import { shortSeconds } from '@/domain/duration';
import { DataBadge, type Tone, ToneBadge } from '@/ui/StatusBadge';
import css from './Replication.module.css';

type Known = Exclude<MysqlReplication['status'], 'none' | 'unknown'>;

const LOOK: Record<Known, [tone: Tone, text: string]> = {
  running: ['good', 'in step'],
  lagging: ['medium', 'behind'],
  broken: ['bad', 'broken'],
};

export const isBroken = ({ status }: MysqlReplication): boolean => status === 'broken';

/** What stands still, for a broken one. */
function threads({ io_running, sql_running, lag_s }: MysqlReplication): string {
  const stopped = [io_running === false && 'fetching', sql_running === false && 'applying'].filter(Boolean);
  if (stopped.length > 0) return `${stopped.join(' and ')} stopped`;
  return lag_s === null ? 'cannot say how far it is behind' : '';
}

/** How a database server stands in its replication. No lag is not the same as a lag of 0. */
export function Replication({ replication }: { replication: MysqlReplication }) {
  const { status, role, lag_s } = replication;
  if (status === 'none') return <span className={css.none}>{role === 'primary' ? 'primary' : 'none'}</span>;
  if (status === 'unknown') return <DataBadge state="unknown" hint="Whether it replicates is not known." />;
  const [tone, text] = LOOK[status];
  const why = status === 'broken' ? threads(replication) : undefined;
  return (
    <ToneBadge tone={tone} title={why}>
      {status === 'lagging' ? `${shortSeconds(lag_s)} ${text}` : text}
    </ToneBadge>
  );
}

/** The same in a sentence, where there is room for why. */
export function ReplicationText({ replication }: { replication: MysqlReplication }) {
  const why = isBroken(replication) ? threads(replication) : '';
  return (
    <>
      <Replication replication={replication} /> {why}
    </>
  );
}
