import { SegmentedControl, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { messagePreviewQuery } from '@/api/queries';
import type { ChannelPreview, MessageKind } from '@/api/types';
import { EVERY_CHANNEL, type Words, wordsToSend } from '@/domain/message-words';
import { ToneBadge } from '@/ui/StatusBadge';
import { LoadingRows } from '@/ui/states';
import css from './MessagePreviewPart.module.css';

/** A sample message in these words. */
export function useMessagePreview(kind: MessageKind, channel: string, words: Words) {
  return useQuery(messagePreviewQuery({ kind: kind.kind, ...wordsToSend(kind, channel, words) }));
}

interface Props {
  preview: ReturnType<typeof useMessagePreview>;
  /** The channel whose words are edited; of every channel one is chosen to look at. */
  only: string;
}

/** How the sample looks where it arrives. What is wrong is said at the fields: until then the last that was right. */
export function MessagePreviewPart({ preview, only }: Props) {
  const [chosen, choose] = useState('email');
  const channels = preview.data?.channels ?? [];
  const seen = channels.find((c) => c.channel === chosen) ?? channels[0];
  return (
    <section className={css.part} aria-label="Preview">
      <div className={css.head}>
        <h3>Preview</h3>
        {preview.isError && <ToneBadge tone="bad">does not work as it stands</ToneBadge>}
        {only === EVERY_CHANNEL && channels.length > 1 && (
          <Select
            size="xs"
            aria-label="Shown as on"
            allowDeselect={false}
            data={channels.map((c) => ({ value: c.channel, label: c.label }))}
            value={seen?.channel ?? null}
            onChange={(next) => choose(next ?? 'email')}
          />
        )}
      </div>
      {preview.isPending ? (
        <LoadingRows rows={2} height={80} />
      ) : (
        seen && <Sample sample={seen} faded={preview.isError} />
      )}
    </section>
  );
}

function Sample({ sample, faded }: { sample: ChannelPreview; faded: boolean }) {
  const [form, setForm] = useState('html');
  const html = sample.html !== null && form === 'html' ? sample.html : null;
  return (
    <div className={css.sample} data-faded={faded || undefined}>
      <div className={css.subject}>{sample.subject}</div>
      {sample.html !== null && (
        <SegmentedControl
          size="xs"
          aria-label="Part of the mail"
          data={[
            { value: 'html', label: 'HTML' },
            { value: 'text', label: 'Text' },
          ]}
          value={form}
          onChange={setForm}
        />
      )}
      {html === null ? (
        <pre className={css.text}>{sample.text}</pre>
      ) : (
        // Nothing runs in there, and nothing of it reaches this page.
        <iframe className={css.mail} title={`${sample.label} preview`} sandbox="" srcDoc={html} />
      )}
      {sample.measures.length > 0 && (
        <ul className={css.measures}>
          {sample.measures.map((measure) => (
            <li key={measure.of} data-over={measure.length > measure.limit || undefined}>
              {measure.of}: {measure.length} of {measure.limit}
              {measure.length > measure.limit && ', the rest is cut'}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
