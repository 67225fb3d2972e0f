import { Check } from 'lucide-react';
import { Link } from 'react-router';
import type { Incident } from '@/api/types';
import { ActionButton } from '@/ui/ActionButton';
import type { Column } from '@/ui/DataTable';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { ToneBadge } from '@/ui/StatusBadge';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './IncidentTable.module.css';
import { useIncidentAction } from './incident-actions';
import { NextStepText } from './NextStepText';
import { useBlocked } from './session';

/** Acknowledges in place: a thumb's width on a phone. */
export function AcknowledgeButton({ incident, large }: { incident: Incident; large?: boolean }) {
  const blocked = useBlocked('incidents.act');
  const action = useIncidentAction();
  if (incident.status !== 'open') return null;
  return (
    <ActionButton
      size={large ? 'md' : 'compact-xs'}
      variant="light"
      blocked={blocked}
      loading={action.isPending}
      leftSection={<Check size={large ? 18 : 13} />}
      onClick={() => action.mutate({ id: incident.id, verb: 'acknowledge' })}
      fullWidth={large}
      aria-label={`Acknowledge ${incident.title}`}
    >
      Acknowledge
    </ActionButton>
  );
}

export function IncidentState({ incident }: { incident: Incident }) {
  if (incident.status === 'resolved') {
    return (
      <ToneBadge tone="good" title={incident.resolved_by ? `by ${incident.resolved_by.name}` : 'by itself'}>
        resolved
      </ToneBadge>
    );
  }
  return incident.status === 'acknowledged' ? (
    <ToneBadge tone="busy">acknowledged</ToneBadge>
  ) : (
    <ToneBadge tone="bad">open</ToneBadge>
  );
}

export const incidentColumns: Column<Incident>[] = [
  {
    key: 'severity',
    header: 'Severity',
    width: 104,
    sortable: true,
    cell: (i) => <SeverityBadge severity={i.severity} />,
    csv: (i) => i.severity,
  },
  {
    key: 'status',
    header: 'State',
    width: 118,
    cell: (i) => <IncidentState incident={i} />,
    csv: (i) => i.status,
  },
  {
    key: 'opened_at',
    header: 'Age',
    width: 76,
    sortable: true,
    cell: (i) => <TimeAgo at={i.opened_at} suffix="" />,
    csv: (i) => i.opened_at,
  },
  {
    key: 'title',
    header: 'Incident',
    cell: (i) => (
      <Link className={css.title} to={`/incidents/${i.id}`}>
        {i.title}
      </Link>
    ),
    csv: (i) => i.title,
  },
  {
    key: 'server_name',
    header: 'Server',
    wide: true,
    cell: (i) =>
      i.server_id === null ? (
        i.server_name
      ) : (
        <Link className={css.plain} to={`/servers/${i.server_id}`}>
          {i.server_name}
        </Link>
      ),
    csv: (i) => i.server_name,
  },
  {
    key: 'owner',
    header: 'Owner',
    width: 110,
    cell: (i) => i.acknowledged_by?.name ?? <span className={css.nobody}>nobody</span>,
    csv: (i) => i.acknowledged_by?.name,
  },
  {
    key: 'next_step',
    header: 'Next step',
    align: 'right',
    width: 84,
    cell: (i) => <NextStepText next={i.escalation} />,
    csv: (i) => i.escalation?.due_at,
  },
  {
    key: 'acknowledge',
    header: '',
    align: 'right',
    width: 124,
    cell: (i) => <AcknowledgeButton incident={i} />,
    csv: (i) => i.acknowledged_at,
  },
];

export function IncidentCard({ incident }: { incident: Incident }) {
  return (
    <div className={css.card}>
      <Link to={`/incidents/${incident.id}`} className={css.cardLink}>
        <span className={css.cardHead}>
          <SeverityBadge severity={incident.severity} />
          <IncidentState incident={incident} />
          <span className={css.age}>
            <TimeAgo at={incident.opened_at} suffix="" />
          </span>
        </span>
        <b className={css.cardTitle}>{incident.title}</b>
        <span className={css.cardFacts}>
          <span>{incident.server_name}</span>
          <span>{incident.acknowledged_by?.name ?? 'nobody is on it'}</span>
          {incident.escalation && (
            <span>
              next step <NextStepText next={incident.escalation} />
            </span>
          )}
        </span>
      </Link>
      <AcknowledgeButton incident={incident} large />
    </div>
  );
}
