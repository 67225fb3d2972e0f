import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors, isApiError } from '@/api/error';
import { myChannelsQuery, myContactsQuery, myPreferencesQuery, queryClient } from '@/api/queries';
import type { Contact, PersonalChannel, Preferences } from '@/api/types';
import { ChannelPart } from '@/components/alerts/ChannelPart';
import css from '@/components/alerts/MyAlerts.module.css';
import { DigestPart, QuietPart, SeverityPart } from '@/components/alerts/TimesParts';
import { useMe } from '@/components/session';
import { useAction } from '@/components/useAction';
import { inWords, isDeaf, type PersonalKey, toForm, toInput, without } from '@/domain/my-alerts';
import { cx } from '@/ui/cx';
import { PageHeader } from '@/ui/PageHeader';
import { Panel } from '@/ui/Panel';
import { Failed, LoadingRows } from '@/ui/states';

export function loader() {
  for (const query of [myPreferencesQuery, myContactsQuery, myChannelsQuery])
    void queryClient.prefetchQuery(query as never);
  return null;
}

export function Component() {
  const preferences = useQuery(myPreferencesQuery);
  const contacts = useQuery(myContactsQuery);
  const channels = useQuery(myChannelsQuery);
  const failed = [preferences, contacts, channels].find((query) => query.error && !query.data);
  const ready = preferences.data && contacts.data && channels.data;
  return (
    <>
      <PageHeader title="My alerts" sub="what you are told of, where and when" />
      {ready ? (
        <Editor
          // What was saved begins anew; what somebody types stays while contacts are asked again.
          key={preferences.data.updated_at ?? 'unsaved'}
          preferences={preferences.data}
          contacts={contacts.data.data}
          channels={channels.data.data}
        />
      ) : failed ? (
        <Failed
          error={failed.error}
          onRetry={() => void queryClient.invalidateQueries({ queryKey: ['my-alerts'] })}
        />
      ) : (
        <LoadingRows rows={8} />
      )}
    </>
  );
}

interface Props {
  preferences: Preferences;
  contacts: Contact[];
  channels: PersonalChannel[];
}

function Editor({ preferences, contacts, channels }: Props) {
  const me = useMe();
  const [form, setForm] = useState(() => toForm(preferences));
  const change = (part: Partial<typeof form>) => setForm((old) => ({ ...old, ...part }));
  const save = useAction({
    run: () => body(client.PUT('/api/me/notification-preferences', { body: toInput(form) })),
    done: 'Saved',
    refresh: [['my-alerts']],
    quiet: true,
    onDone: (saved) => queryClient.setQueryData(myPreferencesQuery.queryKey, saved),
  });
  const errors = fieldErrors(save.error);
  const never = preferences.updated_at === null;
  const dirty = JSON.stringify(toInput(form)) !== JSON.stringify(toInput(toForm(preferences)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined);
  };
  const refused = isApiError(save.error) && Object.keys(errors).length === 0 ? save.error.message : null;
  return (
    <div className={css.page}>
      <Panel title="What will happen">
        <div className={cx(css.words, isDeaf(form) && css.deaf)} role="status" aria-label="In words">
          {inWords(form).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
          {never && (
            <p>
              Until you save this once, rules that go to lists of channels tell only those whom the channels
              name themselves.
            </p>
          )}
        </div>
      </Panel>
      <Panel flush title="Where">
        {channels.map((channel) => {
          const key = channel.channel as PersonalKey;
          return (
            <ChannelPart
              key={key}
              channel={channel}
              choice={form.channels[key]}
              contacts={contacts.filter((contact) => contact.channel === key)}
              own={key === 'email' ? me.email : null}
              error={errors[`channels.${key}.address`]}
              onChange={(choice) =>
                setForm((old) => ({ ...old, channels: { ...old.channels, [key]: choice } }))
              }
              onDeleted={({ address }) => setForm((old) => without(old, key, address, me.email))}
            />
          );
        })}
      </Panel>
      <form className={css.page} onSubmit={submit}>
        <SeverityPart form={form} errors={errors} change={change} />
        <QuietPart form={form} errors={errors} change={change} />
        <DigestPart form={form} errors={errors} change={change} />
        <div className={css.save}>
          <Button type="submit" size="sm" loading={save.isPending} disabled={!dirty && !never}>
            Save
          </Button>
          {save.error ? (
            <span role="alert" className={css.refused}>
              Not saved. {refused ?? 'Look at what is marked red.'}
            </span>
          ) : (
            dirty && <span className={css.unsaved}>Not saved yet</span>
          )}
        </div>
      </form>
    </div>
  );
}
