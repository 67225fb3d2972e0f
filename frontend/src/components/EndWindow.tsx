import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { body, client } from '@/api/client';
import type { MaintenanceSpan, MaintenanceWindow } from '@/api/types';
import { afterThisTime, endedNow, spansFrom, spanText } from '@/domain/maintenance';
import { now as serverNow } from '@/live/clock';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { useAction } from './useAction';
import { WINDOW_REFRESH } from './WindowEditor';

interface Props {
  window: MaintenanceWindow;
  /** The one that is under way. */
  span: MaintenanceSpan;
  onClose: () => void;
}

/** Asks before a window is ended early; of one that returns, whether it is to return. */
export function EndWindow({ window, span, onClose }: Props) {
  const thisTime = afterThisTime(window, span);
  const [how, setHow] = useState(thisTime ? 'once' : 'good');
  const end = useAction({
    run: () =>
      body(
        client.PATCH('/api/maintenance-windows/{id}', {
          params: { path: { id: window.id } },
          body: how === 'once' && thisTime ? thisTime : { ends_at: endedNow(window.starts_at, serverNow()) },
        }),
      ),
    done: 'Ended: what is still wrong in two minutes is told then',
    refresh: WINDOW_REFRESH,
    onDone: onClose,
  });
  const next = thisTime && spansFrom({ ...window, ...thisTime }, serverNow(), 1)[0];
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`End “${window.name}” now?`}
      confirm={how === 'once' ? 'End it this time' : window.recurrence ? 'End it for good' : 'End it now'}
      onConfirm={() => end.mutate(undefined)}
      busy={end.isPending}
    >
      {thisTime && (
        <SegmentedControl
          fullWidth
          mb="sm"
          aria-label="What ends"
          data={[
            { value: 'once', label: 'This time' },
            { value: 'good', label: 'For good' },
          ]}
          value={how}
          onChange={setHow}
        />
      )}
      What it holds back goes on: escalations take up where they stood, in two minutes at the earliest.{' '}
      {window.recurrence &&
        (how === 'once' && next
          ? `It returns ${spanText(next, window.timezone, serverNow())} (${window.timezone}).`
          : 'It does not return after that.')}
    </ConfirmDialog>
  );
}
