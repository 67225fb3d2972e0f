import { describe, expect, it } from 'vitest';
import { checkText } from './channel-check';

const CHECK = {
  at: '2026-05-07T06:00:00Z',
  status: 'sent',
  messages: 1,
  accepted: 1,
  reason: null,
  provider_id: 'a1',
} as const;

describe('the daily check of a channel', () => {
  it('says what came of it, and counts where there were several', () => {
    expect(checkText(CHECK)).toEqual({ failed: false, words: 'sent' });
    expect(checkText({ ...CHECK, status: 'delivered', messages: 2, accepted: 2 }).words).toBe(
      'delivered, 2 of 2 accepted',
    );
  });

  it('says why it failed, and that it is not lost while it is tried again', () => {
    const failed = { ...CHECK, status: 'failed', accepted: 0, reason: '550 no such mailbox' } as const;
    expect(checkText(failed)).toEqual({ failed: true, words: 'failed: 550 no such mailbox' });
    expect(checkText({ ...failed, status: 'retrying', reason: '451 later' })).toEqual({
      failed: false,
      words: 'retrying: 451 later',
    });
    expect(checkText({ ...failed, status: 'queued', reason: null }).words).toBe('on its way');
  });
});
