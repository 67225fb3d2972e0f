import { Button } from '@mantine/core';
import { CheckCheck } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { IncidentDetail } from '@/api/types';
import { coverOf, groupPlace, groupStanding } from '@/domain/group';
import { capitalised } from '@/domain/words';
import { useNow } from '@/live/clock';
import { ActionButton } from '@/ui/ActionButton';
import { Panel } from '@/ui/Panel';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { ToneBadge } from '@/ui/StatusBadge';
import { Moment } from '@/ui/TimeAgo';
import { useCatalogueWords } from './catalogue-words';
import css from './IncidentGroup.module.css';
import { useIncidentAction } from './incident-actions';
import { useBlocked } from './session';

/** Members that are shown before somebody asks for more. */
const FIRST = 6;

/** What is one trouble with an incident, and the way to take all of it on; nothing while it stands alone. */
export function IncidentGroup({ incident }: { incident: IncidentDetail }) {
  const now = useNow();
  const words = useCatalogueWords();
  const blocked = useBlocked('incidents.act');
  const action = useIncidentAction();
  const [all, showAll] = useState(false);
  const { group } = incident;
  if (!group || group.size < 2) return null;
  const cover = coverOf(group, now);
  const others = group.members.filter(({ id }) => id !== incident.id);
  const shown = all ? others : others.slice(0, FIRST);
  const unnamed = group.size - group.members.length;
  const what = group.detector === null ? 'incidents' : words.detector(group.detector);
  return (
    <Panel
      flush
      title={`${group.size} together: ${what} ${groupPlace(group)}`}
      label="Group"
      aside={groupStanding(group)}
    >
      {group.open > 0 && (
        <div className={css.act}>
          <ActionButton
            fullWidth
            size="md"
            blocked={blocked}
            loading={action.isPending}
            leftSection={<CheckCheck size={18} />}
            onClick={() => action.mutate({ incident, verb: 'acknowledge-group' })}
          >
            Acknowledge all {group.open}
          </ActionButton>
          <p>And who joins within 30 min, unless it is worse or they become twice as many.</p>
        </div>
      )}
      {cover && (
        <p className={css.cover}>
          {cover.name} has the whole of it: who joins until <Moment at={cover.until} /> is acknowledged as
          well.
        </p>
      )}
      <ul className={css.list} aria-label="Others of its group">
        {shown.map((member) => (
          <li key={member.id}>
            <SeverityBadge severity={member.severity} />
            <Link to={`/incidents/${member.id}`}>{member.title}</Link>
            <ToneBadge tone={TONE[member.status]}>{member.status}</ToneBadge>
          </li>
        ))}
      </ul>
      {(others.length > shown.length || unnamed > 0) && (
        <div className={css.more}>
          {others.length > shown.length && (
            <Button variant="subtle" onClick={() => showAll(true)}>
              {capitalised(`show ${others.length - shown.length} more`)}
            </Button>
          )}
          {all && unnamed > 0 && <p>and {unnamed} more that are less urgent</p>}
        </div>
      )}
    </Panel>
  );
}

const TONE = { open: 'bad', acknowledged: 'busy', resolved: 'good' } as const;
