import { Select, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import type { Channel, MessageKind } from '@/api/types';
import {
  EVERY_CHANNEL,
  hasOwnWords,
  saysSomething,
  type Words,
  wordsNow,
  wordsToSend,
} from '@/domain/message-words';
import { EditorDrawer } from './EditorDrawer';
import css from './MessageEditor.module.css';
import { MessagePreviewPart, useMessagePreview } from './MessagePreviewPart';
import { useBlocked } from './session';
import { useAction } from './useAction';

interface Props {
  kind: MessageKind;
  channels: Channel[];
  onClose: () => void;
}

/** Every channel, as the select has it. */
const ALL = 'all';

/** Somebody types: the preview follows when they pause. */
const PAUSE_MS = 400;

/** The words of one kind of message, on every channel or on one, with what comes of them beside. */
export function MessageEditor({ kind, channels, onClose }: Props) {
  const blocked = useBlocked('channels.manage');
  const [channel, setChannel] = useState(EVERY_CHANNEL);
  const [draft, setDraft] = useState<Words>(() => wordsNow(kind, EVERY_CHANNEL));
  const [shown] = useDebouncedValue(draft, PAUSE_MS);
  const preview = useMessagePreview(kind, channel, shown);
  const input = wordsToSend(kind, channel, draft);
  const keeps = saysSomething(input);
  const path = { kind: kind.kind };
  const reset = useAction({
    run: () =>
      body(
        client.DELETE('/api/message-templates/{kind}', {
          params: { path, query: channel === EVERY_CHANNEL ? {} : { channel } },
        }),
      ),
    done: 'Back to the words before',
    refresh: [['message-templates']],
    onDone: onClose,
  });
  const save = useAction({
    run: () => body(client.PUT('/api/message-templates/{kind}', { params: { path }, body: input })),
    done: `${kind.label} saved`,
    refresh: [['message-templates']],
    quietFields: true,
  });
  const change = (part: Partial<Words>) => {
    save.reset();
    setDraft({ ...draft, ...part });
  };
  const turnTo = (next: string) => {
    save.reset();
    setChannel(next);
    setDraft(wordsNow(kind, next));
  };
  const submit = () => {
    if (keeps) save.mutate(undefined);
    else if (hasOwnWords(kind, channel)) reset.mutate(undefined);
    else onClose();
  };
  const refused = fieldErrors(save.error);
  // What is wrong while it is typed stands at its field; above the buttons stands what was not saved.
  const wrong = { ...fieldErrors(preview.error), ...refused };
  const label = channels.find((c) => c.channel === channel)?.label ?? 'every channel';
  return (
    <EditorDrawer
      title={kind.label}
      onClose={onClose}
      blocked={blocked}
      submit="Save"
      cancel="Close"
      onSubmit={submit}
      busy={save.isPending || reset.isPending}
      errors={refused}
      remove={{
        question: `Reset “${kind.label}” on ${label}?`,
        children:
          channel === EVERY_CHANNEL
            ? 'It is said in the built-in words again, but for channels with words of their own.'
            : 'It is said there as on every other channel again.',
        confirm: 'Reset words',
        label: 'Reset',
        blocked: hasOwnWords(kind, channel) ? null : 'There are no words of your own here',
        busy: reset.isPending,
        run: () => reset.mutate(undefined),
      }}
      after={
        <>
          <Variables kind={kind} />
          <MessagePreviewPart preview={preview} only={channel} />
        </>
      }
    >
      <p className={css.sent}>Sent {kind.sent}.</p>
      <Select
        label="On"
        allowDeselect={false}
        data={[
          { value: ALL, label: 'Every channel' },
          ...channels.map((c) => ({
            value: c.channel,
            label: hasOwnWords(kind, c.channel) ? `${c.label} (words of its own)` : `${c.label} alone`,
          })),
        ]}
        value={channel === EVERY_CHANNEL ? ALL : channel}
        onChange={(next) => turnTo(next === null || next === ALL ? EVERY_CHANNEL : next)}
      />
      <TextInput
        label="Subject"
        description="One line; the headline of a chat message"
        className={css.code}
        spellCheck={false}
        value={draft.subject}
        error={wrong.subject}
        onChange={(e) => change({ subject: e.currentTarget.value })}
      />
      <Textarea
        label="Text"
        description="The link and the delivery’s number are added to it"
        className={css.code}
        spellCheck={false}
        rows={12}
        value={draft.text}
        error={wrong.text}
        onChange={(e) => change({ text: e.currentTarget.value })}
      />
    </EditorDrawer>
  );
}

/** What templates may name, and how they are written. */
function Variables({ kind }: { kind: MessageKind }) {
  return (
    <details className={css.variables}>
      <summary>What may stand in there</summary>
      <p className={css.hint}>
        <code>{'{{ title }}'}</code>, <code>{'{% if command %} … {% else %} … {% endif %}'}</code>,{' '}
        <code>{'{% for fact in facts %} {{ fact.name }}: {{ fact.value }} {% endfor %}'}</code>; behind a name{' '}
        <code>|upper</code>, <code>|lower</code>, <code>|capitalize</code>, <code>|title</code>,{' '}
        <code>|trim</code>, <code>|truncate(40)</code>, <code>|length</code>, <code>|first</code>,{' '}
        <code>|last</code>, <code>{"|default('none', true)"}</code>. It is plain text: each channel adds its
        own mark-up.
      </p>
      <dl className={css.names}>
        {kind.variables.map((variable) => (
          <div key={variable.name}>
            <dt>
              <code>{variable.name}</code>
            </dt>
            <dd>
              {variable.holds}
              {variable.example !== '' && <small>{variable.example}</small>}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
