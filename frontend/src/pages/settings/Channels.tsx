import { Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ChevronRight, Send } from 'lucide-react';
import { useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { channelsQuery, queryClient } from '@/api/queries';
import type { Channel } from '@/api/types';
import { ChannelCallback } from '@/components/ChannelCallback';
import { EditorDrawer } from '@/components/EditorDrawer';
import { FormFromDescription } from '@/components/FormFromDescription';
import { useBlocked } from '@/components/session';
import { useAction } from '@/components/useAction';
import { useUrlState } from '@/components/useUrlState';
import { checkText } from '@/domain/channel-check';
import { type FormValues, initialValues, settingsToSend } from '@/domain/described-form';
import { wallClock, zoneName } from '@/domain/duration';
import { text } from '@/domain/url-state';
import { ActionButton } from '@/ui/ActionButton';
import { PageHeader } from '@/ui/PageHeader';
import { ToneBadge } from '@/ui/StatusBadge';
import { Failed, LoadingRows } from '@/ui/states';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './Settings.module.css';

const params = { channel: text() };

export function loader() {
  void queryClient.prefetchQuery(channelsQuery);
  return null;
}

function ChannelState({ channel }: { channel: Channel }) {
  if (!channel.configured) return <ToneBadge tone="quiet">not set up</ToneBadge>;
  if (!channel.enabled) return <ToneBadge tone="quiet">off</ToneBadge>;
  if (channel.paused_until) {
    return (
      <ToneBadge tone="medium" title="Its provider asked to be left alone: messages wait, and none is lost.">
        paused until {wallClock(channel.paused_until).slice(11)} {zoneName(channel.paused_until)}
      </ToneBadge>
    );
  }
  return channel.healthy ? (
    <ToneBadge tone="good">on</ToneBadge>
  ) : (
    <ToneBadge tone="bad" title={channel.last_error ?? undefined}>
      failing
    </ToneBadge>
  );
}

/** How the message of the day went; nothing where none is sent. */
function LastCheck({ channel }: { channel: Channel }) {
  const check = channel.last_check;
  if (!channel.canary || !channel.enabled) return null;
  if (!check) return <span className={css.note}>daily check: none was sent yet</span>;
  const { failed, words } = checkText(check);
  return (
    <span className={css.note} data-failed={failed || undefined}>
      daily check <TimeAgo at={check.at} />: {words}
    </span>
  );
}

export function Component() {
  const [{ channel: open }, change] = useUrlState(params);
  const query = useQuery(channelsQuery);
  const channels = query.data?.data ?? [];
  const edited = channels.find((c) => c.channel === open);
  return (
    <>
      <PageHeader title="Channels" sub="The ways out. Send a test before you rely on one." />
      {query.isPending ? (
        <LoadingRows rows={3} height={64} />
      ) : !query.data ? (
        <Failed error={query.error} onRetry={query.refetch} />
      ) : (
        <ul className={css.cards}>
          {channels.map((channel) => (
            <li key={channel.channel}>
              <button
                type="button"
                className={css.cardButton}
                onClick={() => change({ channel: channel.channel }, 'push')}
              >
                <span className={css.cardMain}>
                  <b>{channel.label}</b> <ChannelState channel={channel} />
                  <span className={css.note}>
                    {channel.last_error && !channel.healthy ? (
                      channel.last_error
                    ) : channel.last_test_at ? (
                      <>
                        last test <TimeAgo at={channel.last_test_at} />: {channel.last_test_result}
                      </>
                    ) : (
                      'never tested'
                    )}
                  </span>
                  <LastCheck channel={channel} />
                </span>
                <ChevronRight size={16} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      {edited && (
        <ChannelEditor key={edited.channel} channel={edited} onClose={() => change({ channel: '' })} />
      )}
    </>
  );
}

function ChannelEditor({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const blocked = useBlocked('channels.manage');
  const stored = channel.settings as FormValues;
  const [enabled, setEnabled] = useState(channel.configured ? channel.enabled : true);
  const [canary, setCanary] = useState(channel.canary);
  const [values, setValues] = useState(() => initialValues(channel.fields, stored));
  const save = useAction({
    run: () =>
      body(
        client.PUT('/api/notification-channels/{key}', {
          params: { path: { key: channel.channel } },
          body: { enabled, canary, settings: settingsToSend(channel.fields, values) },
        }),
      ),
    done: `${channel.label} saved`,
    refresh: [['channels']],
    quietFields: true,
    onDone: (saved) => setValues(initialValues(saved.fields, saved.settings as FormValues)),
  });
  // The server names a setting `settings.host` or plainly `host`; the form knows it by its name.
  const errors = Object.fromEntries(
    Object.entries(fieldErrors(save.error)).map(([path, message]) => [
      path.replace(/^settings\./, ''),
      message,
    ]),
  );
  return (
    <EditorDrawer
      title={channel.label}
      onClose={onClose}
      blocked={blocked}
      submit="Save"
      cancel="Close"
      onSubmit={() => save.mutate(undefined)}
      busy={save.isPending}
      errors={errors}
      after={
        <>
          {channel.callback && (
            <ChannelCallback channel={channel} callback={channel.callback} blocked={blocked} />
          )}
          <SendTest channel={channel} blocked={blocked} />
        </>
      }
    >
      <Switch
        label="Use this channel"
        checked={enabled}
        onChange={(e) => setEnabled(e.currentTarget.checked)}
      />
      <Switch
        label="Check it every day"
        description="Sends one message a day to its own recipients. When that fails, another channel says so."
        checked={canary}
        onChange={(e) => setCanary(e.currentTarget.checked)}
      />
      <FormFromDescription
        fields={channel.fields}
        values={values}
        stored={stored}
        onChange={setValues}
        errors={errors}
      />
    </EditorDrawer>
  );
}

function SendTest({ channel, blocked }: { channel: Channel; blocked: string | null }) {
  const [recipient, setRecipient] = useState('');
  const test = useAction({
    run: () =>
      body(
        client.POST('/api/notification-channels/{key}/test', {
          params: { path: { key: channel.channel } },
          body: recipient.trim() ? { recipient: recipient.trim() } : {},
        }),
      ),
    refresh: [['channels'], ['deliveries']],
    quietFields: true,
  });
  const outcome = test.data;
  return (
    <section className={css.test} aria-label="Send test">
      <TextInput
        label="Send a test to"
        placeholder="the channel’s own recipients"
        value={recipient}
        error={fieldErrors(test.error).recipient}
        onChange={(e) => setRecipient(e.currentTarget.value)}
      />
      <ActionButton
        size="sm"
        variant="default"
        blocked={blocked ?? (channel.configured ? null : 'Save the settings first')}
        loading={test.isPending}
        leftSection={<Send size={14} />}
        onClick={() => test.mutate(undefined)}
      >
        Send test
      </ActionButton>
      {outcome && (
        <div className={css.outcome} data-ok={outcome.ok || undefined} role="status">
          {outcome.ok ? 'Accepted: ' : 'Not sent: '}
          {outcome.result}
          {outcome.provider_id && <code> {outcome.provider_id}</code>}
        </div>
      )}
    </section>
  );
}
