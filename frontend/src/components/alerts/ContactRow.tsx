import { Button, TextInput } from '@mantine/core';
import { Send } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors, isApiError } from '@/api/error';
import type { Contact } from '@/api/types';
import { useAction } from '@/components/useAction';
import { spokenSeconds } from '@/domain/duration';
import { testStanding } from '@/domain/my-alerts';
import { useNowInSteps } from '@/live/clock';
import { ActionButton } from '@/ui/ActionButton';
import { type Tone, ToneBadge } from '@/ui/StatusBadge';
import css from './MyAlerts.module.css';

interface Props {
  contact: Contact;
  /** Whether anything is sent over its channel. */
  available: boolean;
  onVerified: (contact: Contact) => void;
  onDeleted: (contact: Contact) => void;
}

const ON_ITS_WAY = ['queued', 'sending', 'retrying'];

/** One address: what is still to be done before it counts, and the way to be rid of it. */
export function ContactRow({ contact, available, onVerified, onDeleted }: Props) {
  const params = { path: { id: contact.id } };
  const remove = useAction({
    run: () => body(client.DELETE('/api/me/contacts/{id}', { params })),
    done: 'Address deleted',
    refresh: [['my-alerts']],
    onDone: () => onDeleted(contact),
  });
  const [tone, word]: [Tone, string] = contact.verified ? ['good', 'verified'] : ['medium', 'not verified'];
  return (
    <li className={css.contact}>
      <div className={css.line}>
        <span className={css.address}>{contact.address}</span>
        <ToneBadge tone={tone}>{word}</ToneBadge>
        {contact.verified && <SendTest contact={contact} available={available} />}
        <Button
          variant="subtle"
          color="red"
          aria-label={`Delete ${contact.address}`}
          loading={remove.isPending}
          onClick={() => remove.mutate(undefined)}
        >
          Delete
        </Button>
      </div>
      {contact.test && (
        <p className={css.note} role="status" data-failed={testStanding(contact.test).failed || undefined}>
          {testStanding(contact.test).words}
        </p>
      )}
      {!contact.verified && <CodeEntry contact={contact} onVerified={onVerified} />}
    </li>
  );
}

/** A page that is none: by the way that pages take, to this very address. */
function SendTest({ contact, available }: Pick<Props, 'contact' | 'available'>) {
  const now = useNowInSteps(1000);
  const send = useAction({
    run: () =>
      body(client.POST('/api/me/contacts/{id}/test', { params: { path: { id: contact.id } }, body: {} })),
    refresh: [['my-alerts', 'contacts']],
  });
  const wait = contact.test ? Math.ceil((Date.parse(contact.test.again_at) - now) / 1000) : 0;
  return (
    <ActionButton
      variant="default"
      aria-label={`Send me a test at ${contact.address}`}
      blocked={
        available
          ? wait > 0
            ? `One a minute: again in ${wait} s.`
            : null
          : 'An administrator has switched this channel off.'
      }
      loading={send.isPending}
      leftSection={<Send size={13} />}
      onClick={() => send.mutate(undefined)}
    >
      Send me a test
    </ActionButton>
  );
}

function CodeEntry({ contact, onVerified }: Pick<Props, 'contact' | 'onVerified'>) {
  const [code, setCode] = useState('');
  const now = useNowInSteps(1000);
  const params = { path: { id: contact.id } };
  const verify = useAction({
    run: () => body(client.POST('/api/me/contacts/{id}/verify', { params, body: { code } })),
    done: `${contact.address} is verified`,
    refresh: [['my-alerts']],
    quiet: true,
    onDone: onVerified,
  });
  const resend = useAction({
    run: () => body(client.POST('/api/me/contacts/{id}/resend', { params, body: {} })),
    done: 'Another code is on its way',
    refresh: [['my-alerts']],
    onDone: () => {
      setCode('');
      verify.reset();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    verify.mutate(undefined);
  };
  const refused = verify.error;
  const error = fieldErrors(refused).code ?? (isApiError(refused) ? refused.message : undefined);
  const wait = contact.code ? Math.ceil((Date.parse(contact.code.again_at) - now) / 1000) : 0;
  return (
    <>
      <p className={css.note} role="status">
        {standing(contact, now)}
      </p>
      <form className={css.code} onSubmit={submit}>
        <TextInput
          aria-label={`Code for ${contact.address}`}
          placeholder="6 digits"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={7}
          required
          value={code}
          error={error}
          onChange={(e) => setCode(e.currentTarget.value.replace(/[^\d ]/g, ''))}
        />
        <Button type="submit" loading={verify.isPending} disabled={code.replace(/\s/g, '').length !== 6}>
          Verify
        </Button>
        <Button
          variant="default"
          loading={resend.isPending}
          disabled={wait > 0}
          onClick={() => resend.mutate(undefined)}
        >
          {wait > 0 ? `Send again in ${wait} s` : 'Send another code'}
        </Button>
      </form>
    </>
  );
}

/** Where the code is. */
function standing({ code }: Contact, now: number): string {
  if (!code) return 'No code was sent.';
  if (ON_ITS_WAY.includes(code.status))
    return code.reason ? `The code has not left yet: ${code.reason}` : 'The code is on its way.';
  if (code.status !== 'sent' && code.status !== 'delivered')
    return `The code was not sent: ${code.reason ?? 'it was given up'}.`;
  const left = code.expires_at ? Math.ceil((Date.parse(code.expires_at) - now) / 1000) : 0;
  if (left <= 0) return 'The code is too old: send another one.';
  if (code.tries_left <= 0) return 'The code was entered wrongly too often: send another one.';
  const tries = code.tries_left === 1 ? 'one try' : `${code.tries_left} tries`;
  return `A code was sent there: enter it within ${spokenSeconds(left)}, ${tries} left.`;
}
