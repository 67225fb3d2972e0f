import { expect, test } from 'vitest';
import type { MessageKind } from '@/api/types';
import { baseWords, EVERY_CHANNEL, hasOwnWords, saysSomething, wordsNow, wordsToSend } from './message-words';

const own = (channel: string | null, subject: string | null, text: string | null) => ({
  channel,
  subject,
  text,
  updated_by: null,
  updated_at: '2026-05-07T12:00:00Z',
  failed_at: null,
  failure: null,
});

const kind = (...rows: ReturnType<typeof own>[]): MessageKind => ({
  kind: 'problem',
  label: 'Problem',
  sent: '',
  variables: [],
  subject: 'built-in subject',
  text: 'built-in text\n',
  own: rows,
});

test('a channel says its own words, then those for every channel, then the built-in ones', () => {
  const worded = kind(own(null, 'general', null), own('slack', null, 'slack text'));
  expect(wordsNow(worded, 'slack')).toEqual({ subject: 'general', text: 'slack text' });
  expect(wordsNow(worded, 'email')).toEqual({ subject: 'general', text: 'built-in text\n' });
  expect(baseWords(worded, EVERY_CHANNEL).subject).toBe('built-in subject');
  expect(hasOwnWords(worded, 'slack')).toBe(true);
  expect(hasOwnWords(worded, 'email')).toBe(false);
});

test('only what differs is kept', () => {
  const worded = kind(own(null, 'general', null));
  const draft = { subject: 'general', text: 'short' };
  expect(wordsToSend(worded, 'email', draft)).toEqual({ channel: 'email', subject: null, text: 'short' });
  expect(wordsToSend(worded, EVERY_CHANNEL, draft)).toEqual({
    channel: null,
    subject: 'general',
    text: 'short',
  });
  const same = wordsToSend(worded, EVERY_CHANNEL, { subject: ' ', text: 'built-in text' });
  expect(same).toEqual({ channel: null, subject: null, text: null });
  expect(saysSomething(same)).toBe(false);
});
