import type { MessageKind, MessageTemplateInput } from '@/api/types';

/** What a message says: the templates of its subject and its text. */
export interface Words {
  subject: string;
  text: string;
}

/** In the place of a channel: every channel that has no words of its own. */
export const EVERY_CHANNEL = '';

const ownOf = (kind: MessageKind, channel: string) =>
  kind.own.find((own) => (own.channel ?? EVERY_CHANNEL) === channel);

/** What is said on a channel without words of its own: those for every channel, or the product's. */
export function baseWords(kind: MessageKind, channel: string): Words {
  const general = channel === EVERY_CHANNEL ? undefined : ownOf(kind, EVERY_CHANNEL);
  return { subject: general?.subject ?? kind.subject, text: general?.text ?? kind.text };
}

/** What is said on a channel now. */
export function wordsNow(kind: MessageKind, channel: string): Words {
  const base = baseWords(kind, channel);
  const own = ownOf(kind, channel);
  return { subject: own?.subject ?? base.subject, text: own?.text ?? base.text };
}

export const hasOwnWords = (kind: MessageKind, channel: string): boolean =>
  ownOf(kind, channel) !== undefined;

/** What is sent to be kept: only the parts that differ; nothing of a part that was emptied either. */
export function wordsToSend(kind: MessageKind, channel: string, draft: Words): MessageTemplateInput {
  const base = baseWords(kind, channel);
  const differs = (part: keyof Words) =>
    draft[part].trim() === '' || draft[part].trim() === base[part].trim() ? null : draft[part];
  return {
    channel: channel === EVERY_CHANNEL ? null : channel,
    subject: differs('subject'),
    text: differs('text'),
  };
}

/** Whether anything is left to be kept. */
export const saysSomething = (input: MessageTemplateInput): boolean =>
  (input.subject ?? input.text ?? null) !== null;
