import { Check } from 'lucide-react';
import { Link } from 'react-router';
import type { Incident } from '@/api/types';
import { openAgainAt, snoozedText } from '@/domain/snooze';
import { viewersZone } from '@/domain/zone-time';
import { useNow } from '@/live/clock';
import { ActionButton } from '@/ui/ActionButton';
import type { Column } from '@/ui/DataTable';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { ToneBadge } from '@/ui/StatusBadge';
import { TimeAgo } from '@/ui/TimeAgo';
import { useStillOnIt } from './IncidentNotices';
import css from './IncidentTable.module.css';
import { ToldCount } from './IncidentTold';
import { useIncidentAction } from './incident-actions';
import { NextStepText } from './NextStepText';
import { SnoozeMenu } from './SnoozeMenu';
import { useBlocked } from './session';

/** Acknowledges in place, also again when its owner was asked: a thumb's width on a phone. */
export function AcknowledgeButton({ incident, large }: { incident: Incident; large?: boolean }) {
  const blocked = useBlocked('incidents.act');
  const action = useIncidentAction();
  const again = useStillOnIt(incident);
  const asked = openAgainAt(incident) !== null;
  if (incident.status !== 'open' && !asked) return null;
  const label = asked ? again : 'Acknowledge';
  return (
    <ActionButton
      size={large ? 'md' : 'compact-xs'}
      variant="light"
      blocked={blocked}
      loading={action.isPending}
      leftSection={<Check size={large ? 18 : 13} />}
      onClick={() => action.mutate({ incident, verb: 'acknowledge' })}
      fullWidth={large}
      aria-label={asked ? `${label}: ${incident.title}` : `Acknowledge ${incident.title}`}
    >
      {label}
    </ActionButton>
  );
}

/** What makes it quieter or louder than its state: snoozed, its owner asked. */
export function IncidentFlags({ incident }: { incident: Incident }) {
  const now = useNow();
  if (incident.status === 'resolved') return null;
  const snoozed = snoozedText(incident, now, viewersZone());
  const again = openAgainAt(incident);
  return (
    <>
      {again !== null && (
        <ToneBadge tone="medium" title="Its owner was asked whether they are still on it">
          still on it?
        </ToneBadge>
      )}
      {snoozed && <ToneBadge tone="quiet">{snoozed}</ToneBadge>}
    </>
  );
}

/** How many are one trouble with it; nothing while it stands alone. */
export function GroupBadge({ incident }: { incident: Incident }) {
  if (incident.group_size < 2) return null;
  return (
    <ToneBadge tone="quiet" title={`One of ${incident.group_size} incidents of its group`}>
      {incident.group_size} together
    </ToneBadge>
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
    width: 142,
    cell: (i) => (
      <span className={css.state}>
        <IncidentState incident={i} />
        <IncidentFlags incident={i} />
      </span>
    ),
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
      <span className={css.named}>
        <Link className={css.title} to={`/incidents/${i.id}`}>
          {i.title}
        </Link>
        <GroupBadge incident={i} />
      </span>
    ),
    csv: (i) => i.title,
  },
  {
    key: 'server_name',
    header: 'Server',
    width: 144,
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
    width: 96,
    cell: (i) => <NextStepText next={i.escalation} />,
    csv: (i) => i.escalation?.due_at,
  },
  {
    key: 'told',
    header: 'Accepted',
    align: 'right',
    width: 84,
    wide: true,
    cell: (i) => <ToldCount incident={i} />,
    csv: (i) => `${i.told.accepted}/${i.told.messages}`,
  },
  {
    key: 'acknowledge',
    header: '',
    align: 'right',
    width: 150,
    cell: (i) => (
      <span className={css.acts}>
        <AcknowledgeButton incident={i} />
        <SnoozeMenu incident={i} small />
      </span>
    ),
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
          <IncidentFlags incident={incident} />
          <GroupBadge incident={incident} />
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
          {incident.told.messages > 0 && (
            <span>
              accepted <ToldCount incident={incident} />
            </span>
          )}
        </span>
      </Link>
      {(incident.status === 'open' || openAgainAt(incident) !== null) && (
        <span className={css.cardActs}>
          <AcknowledgeButton incident={incident} large />
          <SnoozeMenu incident={incident} small />
        </span>
      )}
    </div>
  );
}
