import { expect, test } from 'vitest';
import { grounds, movedOf } from './decision';

test('a filter asks for what moved, what did not, or both', () => {
  expect(['all', 'moved', 'nothing'].map((came) => movedOf(came as 'all'))).toEqual([undefined, true, false]);
});

test('a judgement names its limit and its samples, as far as it has them', () => {
  expect(grounds({ threshold: 93, samples: 251 })).toBe('limit 93, 251 samples');
  expect(grounds({ threshold: null, samples: 1 })).toBe('1 sample');
  expect(grounds({ threshold: 0, samples: null })).toBe('limit 0');
  expect(grounds({ threshold: null, samples: null })).toBe('');
});
