import { TriangleAlert } from 'lucide-react';
import type { Unreadable } from '@/api/types';
import { PROBE_TEXT } from '@/domain/probe';
import { ProbeInline } from './ProbeNote';
import { ServerLink } from './ServerLink';
import css from './UnreadableNote.module.css';

/** So many are named at once; of more only the number, until somebody asks. */
const NAMED = 3;

/** Says of which hosts a list can say nothing, so that a short list never looks like a quiet fleet. */
export function UnreadableNote({ unreadable, tab }: { unreadable: Unreadable | undefined; tab: string }) {
  if (!unreadable || unreadable.total === 0) return null;
  const { total, servers } = unreadable;
  const more = total - servers.length;
  const first = servers
    .slice(0, NAMED)
    .map(({ server, probe }) => `${server.name} (${PROBE_TEXT[probe.state]})`)
    .join(', ');
  const others = total - Math.min(NAMED, servers.length);
  return (
    <details className={css.note}>
      <summary>
        <TriangleAlert size={15} aria-hidden />
        <span>
          <b>
            {total === 1 ? 'One host cannot tell' : `${total.toLocaleString('en-US')} hosts cannot tell`}:
          </b>{' '}
          {first}
          {others > 0 && ` and ${others.toLocaleString('en-US')} more`}
        </span>
      </summary>
      <ul aria-label="Hosts that cannot tell">
        {servers.map(({ server, probe }) => (
          <li key={server.id}>
            <ServerLink server={server} tab={tab} />
            <ProbeInline probe={probe} />
          </li>
        ))}
        {more > 0 && <li>and {more.toLocaleString('en-US')} more</li>}
      </ul>
    </details>
  );
}
