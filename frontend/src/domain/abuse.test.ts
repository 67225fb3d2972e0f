import { describe, expect, it } from 'vitest';
import type { AbuseCase } from '@/api/types';
import { DECISIONS, expectation, failedShare, overExpected, senderTitle, volume } from './abuse';

const row = (more: Partial<AbuseCase>): AbuseCase =>
  ({
    sender: 'login',
    name: 'info@shop.example',
    recipients: 2400,
    expected: 12,
    learned_from: 'hour_of_day',
    samples: 7,
    failures: null,
    ...more,
  }) as AbuseCase;

describe('a case of mail abuse', () => {
  it('says how much it is, against what is usual', () => {
    expect(volume(row({}))).toBe('2,400 recipients, 200x as many as expected');
    expect(expectation(row({}))).toBe('12 recipients: usual in this hour of the day, by the last 7 days');
    expect(senderTitle(row({ sender: 'script', name: '/home/a/mail.php' }))).toBe('Script /home/a/mail.php');
  });

  it('makes up no factor where nothing was expected', () => {
    const fresh = row({ expected: 0, learned_from: 'nothing', samples: 0 });
    expect(overExpected(fresh)).toBeNull();
    expect(volume(fresh)).toBe('2,400 recipients');
    expect(expectation(fresh)).toBe('nothing is known of it yet: it never sent mail before');
  });

  it('knows no share of failures that nobody counted', () => {
    expect(failedShare(row({}))).toBeNull();
    expect(failedShare(row({ failures: 600 }))).toBe(25);
    expect(failedShare(row({ failures: 9600 }))).toBe(100);
  });

  it('has a key for each decision', () => {
    expect(DECISIONS.map((decision) => decision.key)).toEqual(['1', '2', '3', '4']);
  });
});
