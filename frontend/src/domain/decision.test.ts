import { expect, test } from 'vitest';
import { grounds, learnt, movedOf } from './decision';

test('a filter asks for what moved, what did not, or both', () => {
  expect(['all', 'moved', 'nothing'].map((came) => movedOf(came as 'all'))).toEqual([undefined, true, false]);
});

test('a judgement names its limit and its samples, as far as it has them', () => {
  expect(grounds({ threshold: 93, samples: 251 })).toBe('limit 93, 251 samples');
  expect(grounds({ threshold: null, samples: 1 })).toBe('1 sample');
  expect(grounds({ threshold: 0, samples: null })).toBe('limit 0');
  expect(grounds({ threshold: null, samples: null })).toBe('');
});

test('tells how long a threshold was passed, and how many samples others have', () => {
  expect(learnt({ detector: 'threshold', observed: '120 of 900' })).toBe('beyond it for 2 min of 15 min');
  expect(learnt({ detector: 'clock_skew', observed: '1 of 3' })).toBe('1 of 3');
  expect(learnt({ detector: 'threshold', observed: null })).toBeNull();
});
