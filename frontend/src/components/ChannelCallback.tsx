import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { body, client } from '@/api/client';
import type { Channel } from '@/api/types';
import { ActionButton } from '@/ui/ActionButton';
import { CommandBox } from '@/ui/CommandBox';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './ChannelCallback.module.css';
import { useAction } from './useAction';

interface Props {
  channel: Channel;
  callback: NonNullable<Channel['callback']>;
  blocked: string | null;
}

/** Where the provider tells what became of messages: the address to enter there, made once and replaced at will. */
export function ChannelCallback({ channel, callback, blocked }: Props) {
  const [asking, setAsking] = useState(false);
  const make = useAction({
    run: () =>
      body(
        client.POST('/api/notification-channels/{key}/callback', {
          params: { path: { key: channel.channel } },
        }),
      ),
    done: 'New address made',
    refresh: [['channels']],
    onDone: () => setAsking(false),
  });
  return (
    <section className={css.callback} aria-label="Delivery receipts">
      <h3 className={css.title}>Delivery receipts</h3>
      <p className={css.note}>
        Enter this address at the provider, and it tells which messages arrived. A critical one that is not
        said to have arrived within 3 minutes brings the next step forward.
      </p>
      {callback.url && <CommandBox command={callback.url} label="Copy address" />}
      {callback.verify_token && (
        <>
          <p className={css.note}>Verify token</p>
          <CommandBox command={callback.verify_token} label="Copy token" />
        </>
      )}
      {callback.is_set && (
        <p className={css.note}>
          {callback.last_receipt_at ? (
            <>
              last receipt <TimeAgo at={callback.last_receipt_at} />
            </>
          ) : (
            'no receipt yet: nothing is waited for until the first one comes'
          )}
        </p>
      )}
      <ActionButton
        size="sm"
        variant="default"
        blocked={blocked ?? (channel.configured ? null : 'Save the settings first')}
        loading={make.isPending}
        leftSection={<RefreshCw size={14} />}
        onClick={() => (callback.is_set ? setAsking(true) : make.mutate(undefined))}
      >
        {callback.is_set ? 'Make a new address' : 'Make an address'}
      </ActionButton>
      <ConfirmDialog
        opened={asking}
        title="Make a new address?"
        confirm="Replace it"
        onConfirm={() => make.mutate(undefined)}
        onClose={() => setAsking(false)}
        busy={make.isPending}
      >
        The address before is not heard any more: enter the new one at the provider.
      </ConfirmDialog>
    </section>
  );
}
