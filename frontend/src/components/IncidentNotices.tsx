import { AlarmClock, BellOff, Construction, MessageCircleQuestionMark } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Incident } from '@/api/types';
import { minutesSeconds, shortDuration, utcClock, zoneName } from '@/domain/duration';
import { openAgainAt, snoozedText } from '@/domain/snooze';
import { viewersZone } from '@/domain/zone-time';
import { useNow } from '@/live/clock';
import { ActionButton } from '@/ui/ActionButton';
import css from './IncidentNotices.module.css';
import { useIncidentAction, useSnooze } from './incident-actions';
import { useBlocked, useMe } from './session';

/** Why an incident is quieter than it looks, or is about to be louder, each with the way out. */
export function IncidentNotices({ incident }: { incident: Incident }) {
  return (
    <>
      <Asked incident={incident} />
      <Snoozed incident={incident} />
      <Maintenance incident={incident} />
    </>
  );
}

interface NoticeProps {
  tone: 'loud' | 'quiet';
  icon: ReactNode;
  children: ReactNode;
  action?: ReactNode;
}

const Notice = ({ tone, icon, children, action }: NoticeProps) => (
  <div className={css.notice} data-tone={tone} role="note">
    {icon}
    <span className={css.words}>{children}</span>
    {action}
  </div>
);

/** What somebody says who is asked, and what others say: it is theirs then. */
export const useStillOnIt = (incident: Incident): string =>
  useMe().id === incident.acknowledged_by?.id ? 'Still on it' : 'Take it on';

function Asked({ incident }: { incident: Incident }) {
  const blocked = useBlocked('incidents.act');
  const action = useIncidentAction();
  const label = useStillOnIt(incident);
  const now = useNow();
  const again = openAgainAt(incident);
  if (again === null || incident.asked_at === null) return null;
  return (
    <Notice
      tone="loud"
      icon={<MessageCircleQuestionMark size={17} />}
      action={
        <ActionButton
          size="sm"
          blocked={blocked}
          loading={action.isPending}
          onClick={() => action.mutate({ incident, verb: 'acknowledge' })}
        >
          {label}
        </ActionButton>
      }
    >
      {incident.acknowledged_by?.name ?? 'Its owner'} was asked{' '}
      {shortDuration(now - Date.parse(incident.asked_at))} ago whether they are still on it. Without an answer
      it is open again {now < again ? `in ${minutesSeconds(again - now)}` : 'any moment'}.
    </Notice>
  );
}

function Snoozed({ incident }: { incident: Incident }) {
  const blocked = useBlocked('incidents.act');
  const snooze = useSnooze();
  const text = snoozedText(incident, useNow(), viewersZone());
  if (text === null || incident.status === 'resolved' || incident.snoozed_until === null) return null;
  return (
    <Notice
      tone="quiet"
      icon={<BellOff size={17} />}
      action={
        <ActionButton
          size="sm"
          variant="default"
          blocked={blocked}
          loading={snooze.isPending}
          leftSection={<AlarmClock size={15} />}
          onClick={() => snooze.mutate({ id: incident.id, until: null })}
        >
          Wake
        </ActionButton>
      }
    >
      It is{' '}
      <time dateTime={incident.snoozed_until} title={utcClock(incident.snoozed_until)}>
        {text} {zoneName(incident.snoozed_until)}
      </time>
      : nobody is told before, unless it gets worse.
    </Notice>
  );
}

function Maintenance({ incident }: { incident: Incident }) {
  if (incident.escalation?.held_for !== 'maintenance') return null;
  return (
    <Notice
      tone="quiet"
      icon={<Construction size={17} />}
      action={<Link to="/maintenance">Maintenance</Link>}
    >
      Held back for maintenance: nobody is told while it lasts. What is still wrong at its end is told once.
    </Notice>
  );
}
