import { ActionIcon, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Trash2 } from 'lucide-react';
import { body, client } from '@/api/client';
import type { OnCallOverride, OnCallSchedule } from '@/api/types';
import { isGranted, useMe } from '@/components/session';
import { useAction } from '@/components/useAction';
import { momentText } from '@/domain/on-call';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import css from './OnCall.module.css';
import { PersonChip } from './PersonChip';

/** Who stands in, now and later; nothing while nobody does. */
export function OverrideList({ schedule }: { schedule: OnCallSchedule }) {
  if (schedule.overrides.length === 0) return null;
  return (
    <div>
      <h3 className={css.heading}>Standing in</h3>
      <ul className={css.overrides}>
        {schedule.overrides.map((override) => (
          <Override key={override.id} scheduleId={schedule.id} override={override} />
        ))}
      </ul>
    </div>
  );
}

function Override({ scheduleId, override }: { scheduleId: number; override: OnCallOverride }) {
  const me = useMe();
  const [asking, question] = useDisclosure(false);
  const mine = override.user.id === me.id || override.created_by === me.id;
  const may = isGranted(me, 'on_call.manage') || (mine && isGranted(me, 'on_call.cover'));
  const remove = useAction({
    run: () =>
      body(
        client.DELETE('/api/on-call/schedules/{id}/overrides/{inner_id}', {
          params: { path: { id: scheduleId, inner_id: override.id } },
        }),
      ),
    done: 'Back to the rotation',
    refresh: [['on-call']],
    onDone: question.close,
  });
  const label = `Delete: ${override.user.name} stands in`;
  return (
    <li>
      <PersonChip person={override.user} />
      <span>for {override.replaces?.name ?? 'whoever’s turn it is'}</span>
      <span className={css.when}>
        {momentText(override.starts_at)} – {momentText(override.ends_at)}
      </span>
      <Tooltip label={may ? label : 'Only who stands in, who made it and operators may delete it'}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={label}
          data-disabled={!may || undefined}
          aria-disabled={!may || undefined}
          onClick={may ? question.open : undefined}
        >
          <Trash2 size={14} />
        </ActionIcon>
      </Tooltip>
      <ConfirmDialog
        opened={asking}
        onClose={question.close}
        title={`${override.user.name} no longer stands in?`}
        confirm="Delete"
        onConfirm={() => remove.mutate(undefined)}
        busy={remove.isPending}
      >
        Whose turn it is by rotation is on duty again, and told so if that is now.
      </ConfirmDialog>
    </li>
  );
}
