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
  const put = (until: number | null) => snooze.mutate({ id, until }, { onSuccess: dialog.close });
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
                <Menu.Item leftSection={<AlarmClock size={14} />} onClick={() => put(null)}>
                  Wake
                </Menu.Item>
                <Menu.Divider />
              </>
            )}
            <SnoozeItems onChoose={put} onOther={dialog.open} />
          </Menu.Dropdown>
        )}
      </Menu>
      {asking && (
        <SnoozeUntil
          what={title}
          busy={snooze.isPending}
          refused={fieldErrors(snooze.error).until}
          onSubmit={put}
          onClose={dialog.close}
        />
      )}
    </>
  );
}

interface ManyProps {
  blocked: string | null;
  busy: boolean;
  /** What is put off, in words. */
  what: string;
  onSnooze: (until: number) => void;
}

/** Puts several off until the same time. */
export function SnoozeMany({ blocked, busy, what, onSnooze }: ManyProps) {
  const [opened, menu] = useDisclosure(false);
  const [asking, dialog] = useDisclosure(false);
  const look = { variant: 'default', leftSection: <BellOff size={14} />, loading: busy } as const;
  if (blocked)
    return (
      <ActionButton {...look} blocked={blocked}>
        Snooze selected
      </ActionButton>
    );
  return (
    <>
      <Menu opened={opened} onChange={menu.toggle} position="bottom-start" shadow="md" width={240}>
        <Menu.Target>
          <Button {...look}>Snooze selected</Button>
        </Menu.Target>
        {opened && (
          <Menu.Dropdown>
            <SnoozeItems onChoose={onSnooze} onOther={dialog.open} />
          </Menu.Dropdown>
        )}
      </Menu>
      {asking && (
        <SnoozeUntil
          what={what}
          busy={busy}
          onSubmit={(until) => {
            dialog.close();
            onSnooze(until);
          }}
          onClose={dialog.close}
        />
      )}
    </>
  );
}

function SnoozeItems({ onChoose, onOther }: { onChoose: (until: number) => void; onOther: () => void }) {
  const now = serverNow();
  const zone = viewersZone();
  return (
    <>
      <Menu.Label>Tell nobody, unless it gets worse</Menu.Label>
      {snoozeChoices(now, zone).map(({ label, until }) => (
        <Menu.Item
          key={label}
          rightSection={
            !label.includes(':') && <span className={css.until}>{shortMoment(until, zone, now)}</span>
          }
          onClick={() => onChoose(until)}
        >
          {label}
        </Menu.Item>
      ))}
      <Menu.Item onClick={onOther}>Until a time of my choice…</Menu.Item>
    </>
  );
}

interface UntilProps {
  what: string;
  busy: boolean;
  /** What the server has against the time. */
  refused?: string;
  onSubmit: (until: number) => void;
  onClose: () => void;
}

/** Asks until when, in the viewer's zone. */
function SnoozeUntil({ what, busy, refused, onSubmit, onClose }: UntilProps) {
  const zone = viewersZone();
  const [text, setText] = useState(() =>
    toWallText(Math.ceil(serverNow() / 3_600_000 + 1) * 3_600_000, zone),
  );
  const [tried, setTried] = useState(false);
  const until = fromWallText(text, zone);
  const refusal = snoozeRefusal(until, serverNow());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (refusal === null && until !== null) onSubmit(until);
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
        <p className={css.what}>{what}</p>
        <TextInput
          type="datetime-local"
          label="Until"
          description={`In ${zone}, at most 7 days from now`}
          data-autofocus
          min={toWallText(serverNow(), zone).slice(0, 16)}
          max={toWallText(serverNow() + LONGEST_SNOOZE_MS, zone).slice(0, 16)}
          value={text}
          error={(tried && refusal && capitalised(refusal)) || refused}
          onChange={(e) => setText(e.currentTarget.value)}
        />
        <div className={css.buttons}>
          <Button variant="subtle" color="gray" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Snooze
          </Button>
        </div>
      </form>
    </Modal>
  );
}
