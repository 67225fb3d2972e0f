import { expect, test } from 'vitest';
import { idOf } from './route-id';

test('an id is a whole number from 1', () => {
  expect(idOf({ id: '7' })).toBe(7);
});

test.each(['abc', '', '0', '07', '-1', '1.5', '1e3', 'NaN', '99999999999999999999'])('%s is no id', (id) => {
  expect(() => idOf({ id })).toThrow(expect.objectContaining({ init: { status: 404 } }));
});
