import { ActionIcon, Button, Menu, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { AlarmClock, BellOff } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { fieldErrors } from '@/api/error';
import type { Incident } from '@/api/types';
import { LONGEST_SNOOZE_MS, snoozeChoices, snoozeRefusal } from '@/domain/snooze';
import { capitalised } from '@/domain/words';
import { fromWallText, shortMoment, toWallText, viewersZone } from '@/domain/zone-time';
import { now as serverNow } from '@/live/clock';
import { ActionButton } from '@/ui/ActionButton';
import { useSnooze } from './incident-actions';
import css from './SnoozeMenu.module.css';
import { useBlocked } from './session';

interface Props {
  incident: Pick<Incident, 'id' | 'title' | 'status' | 'snoozed_until'>;
  /** In a list: the icon alone. */
  small?: boolean;
}

/** Puts an incident off for a while; nothing for one that is over. */
export function SnoozeMenu({ incident, small }: Props) {
  const blocked = useBlocked('incidents.act');
  const snooze = useSnooze();
  const [opened, menu] = useDisclosure(false);
  const [asking, dialog] = useDisclosure(false);
  const { id, status, title, snoozed_until } = incident;
  if (status === 'resolved') return null;
  const name = `Snooze ${title}`;
  if (blocked)
    return small ? null : (
      <ActionButton size="sm" variant="default" blocked={blocked} leftSection={<BellOff size={15} />}>
        Snooze
      </ActionButton>
    );
  const now = serverNow();
  const zone = viewersZone();
  return (
    <>
      <Menu opened={opened} onChange={menu.toggle} position="bottom-end" shadow="md" width={240}>
        <Menu.Target>
          {small ? (
            <ActionIcon
              variant="subtle"
              color="gray"
              className={css.small}
              aria-label={name}
              title="Snooze"
              loading={snooze.isPending}
            >
              <BellOff size={15} />
            </ActionIcon>
          ) : (
            <Button
              size="sm"
              variant="default"
              loading={snooze.isPending}
              leftSection={<BellOff size={15} />}
            >
              Snooze
            </Button>
          )}
        </Menu.Target>
        {opened && (
          <Menu.Dropdown>
            {snoozed_until !== null && (
              <>
                <Menu.Item
                  leftSection={<AlarmClock size={14} />}
                  onClick={() => snooze.mutate({ id, until: null })}
                >
                  Wake
                </Menu.Item>
                <Menu.Divider />
              </>
            )}
            <Menu.Label>Tell nobody, unless it gets worse</Menu.Label>
            {snoozeChoices(now, zone).map(({ label, until }) => (
              <Menu.Item
                key={label}
                rightSection={
                  !label.includes(':') && <span className={css.until}>{shortMoment(until, zone, now)}</span>
                }
                onClick={() => snooze.mutate({ id, until })}
              >
                {label}
              </Menu.Item>
            ))}
            <Menu.Item onClick={dialog.open}>Until a time of my choice…</Menu.Item>
          </Menu.Dropdown>
        )}
      </Menu>
      {asking && <SnoozeUntil incident={incident} onClose={dialog.close} />}
    </>
  );
}

/** Asks until when, in the viewer's zone. */
function SnoozeUntil({ incident, onClose }: { incident: Props['incident']; onClose: () => void }) {
  const zone = viewersZone();
  const [text, setText] = useState(() =>
    toWallText(Math.ceil(serverNow() / 3_600_000 + 1) * 3_600_000, zone),
  );
  const [tried, setTried] = useState(false);
  const snooze = useSnooze();
  const until = fromWallText(text, zone);
  const refusal = snoozeRefusal(until, serverNow());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (refusal === null && until !== null) snooze.mutate({ id: incident.id, until }, { onSuccess: onClose });
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title="Snooze until"
      size="sm"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form onSubmit={submit} noValidate>
        <p className={css.what}>{incident.title}</p>
        <TextInput
          type="datetime-local"
          label="Until"
          description={`In ${zone}, at most 7 days from now`}
          data-autofocus
          min={toWallText(serverNow(), zone).slice(0, 16)}
          max={toWallText(serverNow() + LONGEST_SNOOZE_MS, zone).slice(0, 16)}
          value={text}
          error={(tried && refusal && capitalised(refusal)) || fieldErrors(snooze.error).until}
          onChange={(e) => setText(e.currentTarget.value)}
        />
        <div className={css.buttons}>
          <Button variant="subtle" color="gray" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={snooze.isPending}>
            Snooze
          </Button>
        </div>
      </form>
    </Modal>
  );
}
