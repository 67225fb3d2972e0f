import { useDisclosure } from '@mantine/hooks';
import { ChevronsUp } from 'lucide-react';
import type { IncidentDetail } from '@/api/types';
import { channelsText } from '@/domain/escalation';
import { escalateRefusal, seenUntil, stepText } from '@/domain/snooze';
import { now as serverNow } from '@/live/clock';
import { ActionButton } from '@/ui/ActionButton';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { useEscalate } from './incident-actions';
import { NextStepText } from './NextStepText';
import { useBlocked } from './session';

interface Props {
  incident: IncidentDetail;
  /** When what is shown was answered, by this machine's clock. */
  fetchedAt: number;
}

/** Fires the next step of an incident that nobody is on, after naming it. */
export function EscalateButton({ incident, fetchedAt }: Props) {
  const forbidden = useBlocked('incidents.act');
  const [asking, question] = useDisclosure(false);
  const escalate = useEscalate();
  if (incident.status !== 'open') return null;
  const next = incident.escalation;
  const run = () => {
    const seen = fetchedAt + (serverNow() - Date.now());
    escalate.mutate({ id: incident.id, as_of: seenUntil(incident, seen) }, { onSettled: question.close });
  };
  return (
    <>
      <ActionButton
        size="sm"
        variant="default"
        blocked={forbidden ?? escalateRefusal(incident)}
        leftSection={<ChevronsUp size={16} />}
        onClick={question.open}
      >
        Escalate now
      </ActionButton>
      {next && (
        <ConfirmDialog
          opened={asking}
          onClose={question.close}
          title="Fire the next step now?"
          confirm="Escalate now"
          onConfirm={run}
          busy={escalate.isPending}
        >
          {next.policy_name ? (
            <>
              The policy <b>{next.policy_name}</b> goes on with <b>{stepText(next)}</b>
            </>
          ) : (
            <>
              What follows is <b>{stepText(next)}</b>
            </>
          )}
          {next.pass > 1 && ` of pass ${next.pass}`}, by <b>{channelsText(next.channels)}</b>. By itself it
          would fire in <NextStepText next={next} />.
        </ConfirmDialog>
      )}
    </>
  );
}
