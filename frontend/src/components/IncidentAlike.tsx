import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { incidentQuery, incidentsQuery } from '@/api/queries';
import type { IncidentDetail } from '@/api/types';
import { alike, ended, notesOf } from '@/domain/alike';
import { Panel } from '@/ui/Panel';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './IncidentAlike.module.css';

/** What is over does not change but by a late note. */
const STALE_MS = 5 * 60_000;

/** The same trouble before, with what people wrote then: how it was mended last time. Nothing while it is the first. */
export function IncidentAlike({ incident }: { incident: IncidentDetail }) {
  const { detector, server_id: server } = incident;
  const older = useQuery({
    ...incidentsQuery({ detector, server_id: server ?? undefined, status: 'resolved', limit: 50 }),
    staleTime: STALE_MS,
  }).data?.data;
  const rows = alike(incident, older ?? []);
  const details = useQueries({
    queries: rows.map((row) => ({ ...incidentQuery(row.id), staleTime: STALE_MS })),
  });
  if (rows.length === 0) return null;
  return (
    <Panel flush title="The same before" aside={<Link to={allOf(incident)}>All resolved</Link>}>
      <ul className={css.list} aria-label="The same before">
        {rows.map((row, i) => {
          const detail = details[i]?.data;
          return (
            <li key={row.id}>
              <span className={css.head}>
                <Link to={`/incidents/${row.id}`}>#{row.id}</Link>
                <span>
                  <TimeAgo at={row.opened_at} />, {ended(row)}
                </span>
              </span>
              {detail &&
                notesOf(detail).map((note) => (
                  <p key={note.id}>
                    <b>{note.by}:</b> {note.text}
                  </p>
                ))}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

const allOf = ({ detector, server_id: server }: IncidentDetail): string =>
  `/incidents?status=resolved&detector=${detector}${server === null ? '' : `&server_id=${server}`}`;
