import { Button, Select, Switch, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors, isApiError } from '@/api/error';
import type { Contact, PersonalChannel } from '@/api/types';
import { useAction } from '@/components/useAction';
import type { AlertsForm, PersonalKey } from '@/domain/my-alerts';
import { ContactRow } from './ContactRow';
import css from './MyAlerts.module.css';

const ASKS: Record<PersonalKey, { label: string; placeholder: string; help: string }> = {
  email: { label: 'Another e-mail address', placeholder: 'you@example.com', help: '' },
  whatsapp: {
    label: 'Telephone number',
    placeholder: '01712 345678',
    help: 'Of WhatsApp. Numbers of other countries begin with + and the country’s code.',
  },
  telegram: {
    label: 'Chat id',
    placeholder: '123456789',
    help: 'Write to the organisation’s bot first, or it may not write to you.',
  },
  discord: {
    label: 'Webhook URL',
    placeholder: 'https://discord.com/api/webhooks/…',
    help: 'Of a room of your own. It is kept encrypted and never shown again.',
  },
};

interface Props {
  channel: PersonalChannel;
  choice: AlertsForm['channels'][PersonalKey];
  contacts: Contact[];
  /** The account's own address, with e-mail. */
  own: string | null;
  error: string | undefined;
  onChange: (choice: Props['choice']) => void;
  onDeleted: (contact: Contact) => void;
}

/** One channel: whether it is used, where, and the addresses that could be. */
export function ChannelPart({ channel, choice, contacts, own, error, onChange, onDeleted }: Props) {
  const [adding, setAdding] = useState(false);
  const verified = contacts.filter((contact) => contact.verified).map((contact) => contact.address);
  const addresses = own === null ? verified : [own, ...verified];
  const address = choice.address !== null && addresses.includes(choice.address) ? choice.address : null;
  const why =
    addresses.length === 0
      ? channel.available
        ? 'Add and verify an address first.'
        : 'An administrator has not set this channel up.'
      : !channel.available
        ? 'Nothing is sent here now: an administrator has switched this channel off.'
        : null;
  return (
    <div className={css.channel}>
      <div className={css.head}>
        <Switch
          label={channel.label}
          checked={choice.enabled}
          disabled={addresses.length === 0 && !choice.enabled}
          onChange={(e) =>
            onChange({ enabled: e.currentTarget.checked, address: address ?? addresses[0] ?? null })
          }
        />
        {addresses.length > 0 ? (
          <Select
            aria-label={`Address for ${channel.label}`}
            data={addresses}
            value={address}
            allowDeselect={false}
            disabled={!choice.enabled}
            error={error}
            onChange={(next) => onChange({ ...choice, address: next })}
          />
        ) : (
          <p className={css.note}>{why}</p>
        )}
        <Button
          variant="default"
          aria-label={`Add an address for ${channel.label}`}
          aria-expanded={adding}
          disabled={!channel.available}
          onClick={() => setAdding(!adding)}
        >
          Add
        </Button>
      </div>
      {addresses.length > 0 && why && <p className={css.note}>{why}</p>}
      {adding && <AddContact channel={channel.channel as PersonalKey} onDone={() => setAdding(false)} />}
      {contacts.length > 0 && (
        <ul className={css.contacts} aria-label={`Your addresses for ${channel.label}`}>
          {contacts.map((contact) => (
            <ContactRow
              key={contact.id}
              contact={contact}
              available={channel.available}
              onVerified={(done) => onChange({ enabled: true, address: done.address })}
              onDeleted={onDeleted}
            />
          ))}
        </ul>
      )}
    </div>
  );
}

function AddContact({ channel, onDone }: { channel: PersonalKey; onDone: () => void }) {
  const [address, setAddress] = useState('');
  const { label, placeholder, help } = ASKS[channel];
  const add = useAction({
    run: () => body(client.POST('/api/me/contacts', { body: { channel, address } })),
    done: 'A code is on its way',
    refresh: [['my-alerts']],
    quiet: true,
    onDone,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(undefined);
  };
  const refused = add.error;
  const error = fieldErrors(refused).address ?? (isApiError(refused) ? refused.message : undefined);
  return (
    <form className={css.add} onSubmit={submit}>
      <TextInput
        label={label}
        description={help}
        placeholder={placeholder}
        inputMode={channel === 'whatsapp' ? 'tel' : channel === 'telegram' ? 'numeric' : undefined}
        required
        value={address}
        error={error}
        onChange={(e) => setAddress(e.currentTarget.value)}
      />
      <Button type="submit" mt={22} loading={add.isPending}>
        Send code
      </Button>
    </form>
  );
}
