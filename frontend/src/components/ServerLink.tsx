import { Link } from 'react-router';
import type { ServerRef } from '@/api/types';
import { StatusBadge } from '@/ui/StatusBadge';
import css from './ServerLink.module.css';

/** A host by name, with its state where that is not the usual one. */
export function ServerLink({ server, tab }: { server: ServerRef; tab?: string }) {
  return (
    <span className={css.server}>
      <Link to={`/servers/${server.id}${tab ? `/${tab}` : ''}`}>{server.name}</Link>
      {server.status !== 'up' && <StatusBadge status={server.status} />}
    </span>
  );
}
