import { expect, test } from 'vitest';
import { reasonText, skewText, spoolText } from './agents';

test('a clock is in step, behind or ahead', () => {
  expect([null, 0, -1_400, 3_000, -90_000, 600_000, -7_200_000].map(skewText)).toEqual([
    '–',
    'in step',
    'in step',
    '3 s behind',
    '90 s ahead',
    '10 min behind',
    '2 h ahead',
  ]);
});

test('what waits on a host is said, and what was lost', () => {
  expect(spoolText({ files: null, lost_total: null })).toBe('–');
  expect(spoolText({ files: 0, lost_total: 0 })).toBe('empty');
  expect(spoolText({ files: 1, lost_total: 0 })).toBe('1 tick waits');
  expect(spoolText({ files: 1440, lost_total: 1204 })).toBe('1,440 ticks wait, 1,204 lost');
});

test('a kind goes by the name of its page where the server says its key', () => {
  expect(reasonText('mail-queue may not be read')).toBe('Mail queue: may not be read');
  expect(reasonText('mysql answers nonsense')).toBe('MySQL: answers nonsense');
  expect(reasonText('crons does not answer in time')).toBe('Cron jobs: does not answer in time');
  expect(reasonText('its clock is 301 s ahead of ours')).toBe('its clock is 301 s ahead of ours');
});
