import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Check, CircleCheck, UserCheck } from 'lucide-react';
import { useState } from 'react';
import type { Incident } from '@/api/types';
import type { chosenBy } from '@/domain/owner';
import { ActionButton } from '@/ui/ActionButton';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { actOnMany, type ManyVerb } from './incident-actions';
import { SnoozeMany } from './SnoozeMenu';
import { useBlocked } from './session';

interface Props {
  chosen: ReturnType<typeof chosenBy<Incident>>;
  /** How many of the page nobody has, chosen or not. */
  open: number;
  onSelectOpen: () => void;
  /** What stays chosen: what could not be done. */
  onDone: (left: number[]) => void;
}

/** What can be done to all incidents that are chosen in a list. */
export function IncidentBulk({ chosen, open, onSelectOpen, onDone }: Props) {
  const blocked = useBlocked('incidents.act');
  const [busy, setBusy] = useState<ManyVerb | null>(null);
  const [asking, question] = useDisclosure(false);
  const { all } = chosen;
  const run = async (verb: ManyVerb, incidents: Incident[], until?: number) => {
    setBusy(verb);
    const left = await actOnMany(incidents, verb, until);
    setBusy(null);
    onDone(left);
  };
  const some = `${all.length} ${all.length === 1 ? 'incident' : 'incidents'}`;
  return (
    <>
      <b>{all.length} selected</b>
      {chosen.open.length > 0 && (
        <ActionButton
          blocked={blocked}
          loading={busy === 'acknowledge'}
          leftSection={<Check size={14} />}
          onClick={() => run('acknowledge', chosen.open)}
        >
          Acknowledge {chosen.open.length < all.length ? `the ${chosen.open.length} open` : 'selected'}
        </ActionButton>
      )}
      {chosen.others.length > 0 && (
        <ActionButton
          blocked={blocked}
          loading={busy === 'take-over'}
          variant={chosen.open.length > 0 ? 'default' : undefined}
          leftSection={<UserCheck size={14} />}
          onClick={() => run('take-over', chosen.others)}
        >
          Take over {chosen.others.length < all.length ? `${chosen.others.length} of others` : 'selected'}
        </ActionButton>
      )}
      <ActionButton
        blocked={blocked}
        loading={busy === 'resolve'}
        variant="default"
        leftSection={<CircleCheck size={14} />}
        onClick={question.open}
      >
        Resolve selected
      </ActionButton>
      <SnoozeMany
        blocked={blocked}
        busy={busy === 'snooze'}
        what={some}
        onSnooze={(until) => run('snooze', all, until)}
      />
      {chosen.open.length < open && (
        <Button variant="subtle" onClick={onSelectOpen}>
          Select all {open} open
        </Button>
      )}
      <Button variant="subtle" color="gray" onClick={() => onDone([])}>
        Clear
      </Button>
      <ConfirmDialog
        opened={asking}
        onClose={question.close}
        onConfirm={() => {
          question.close();
          void run('resolve', all);
        }}
        title={`Resolve ${some}?`}
        confirm={`Resolve ${some}`}
      >
        Nobody is told of what is still wrong until it was fine once, or for 30 minutes.
      </ConfirmDialog>
    </>
  );
}
