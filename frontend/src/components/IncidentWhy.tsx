import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { mailAbuseQuery } from '@/api/hosting';
import { catalogueQuery, decisionsQuery } from '@/api/queries';
import type { IncidentDetail } from '@/api/types';
import { usePollEvery } from '@/live/connection';
import { Panel } from '@/ui/Panel';
import { Failed, LoadingRows } from '@/ui/states';
import { DecisionCard, decisionRows } from './DecisionTable';
import { DetectorDocs } from './DetectorPage';
import { IncidentChart } from './IncidentChart';
import css from './IncidentWhy.module.css';

/** So many decisions stand here; all of them are a link away. */
const NEWEST = 4;

/** Why there is an incident: what was measured, what was decided about the same thing, the case it belongs to, how its detector works. */
export function IncidentWhy({ incident }: { incident: IncidentDetail }) {
  const { server_id: server, detector, subject } = incident;
  const docs = useQuery(catalogueQuery).data?.detectors.find(({ key }) => key === detector);
  const search = new URLSearchParams({ detector, ...(subject ? { subject } : {}) });
  return (
    <Panel
      title="Why"
      aside={server !== null && <Link to={`/servers/${server}/why?${search}`}>All decisions</Link>}
    >
      <div className={css.why}>
        <IncidentChart incident={incident} />
        {detector === 'outgoing_mail_abuse' && server !== null && (
          <CaseLink server={server} incident={incident.id} />
        )}
        {server !== null && <Decisions server={server} detector={detector} subject={subject} />}
        {docs && (
          <details className={css.docs}>
            <summary>What this detector looks for</summary>
            <DetectorDocs detector={docs} />
          </details>
        )}
      </div>
    </Panel>
  );
}

function Decisions({ server, detector, subject }: { server: number; detector: string; subject: string }) {
  const query = useQuery({
    ...decisionsQuery(server, { detector, subject, limit: NEWEST }),
    refetchInterval: usePollEvery(),
  });
  if (query.isPending) return <LoadingRows rows={2} height={44} />;
  if (!query.data) return <Failed error={query.error} onRetry={query.refetch} />;
  const rows = decisionRows(query.data.data);
  if (rows.length === 0)
    return (
      <p className={css.quiet}>No decision about this is kept: it was decided too long ago, or by hand.</p>
    );
  return (
    <ul className={css.decisions} aria-label="Decisions about this">
      {rows.map((row) => (
        <li key={row.id}>
          <DecisionCard row={row} />
        </li>
      ))}
    </ul>
  );
}

/** The case of mail abuse that the incident was opened for: its evidence and its review stand there. */
function CaseLink({ server, incident }: { server: number; incident: number }) {
  const cases = useQuery(mailAbuseQuery({ server, limit: 200 })).data?.data;
  const own = cases?.find((row) => row.incident_id === incident);
  return (
    <p className={css.case}>
      {own ? (
        <Link to={`/hosting/mail-abuse?view=all&case=${own.id}`}>
          Case {own.id}: who mails, from where, and the decision about it
        </Link>
      ) : (
        <Link to={`/hosting/mail-abuse?view=all&server=${server}`}>Cases of mail abuse of this server</Link>
      )}
    </p>
  );
}
