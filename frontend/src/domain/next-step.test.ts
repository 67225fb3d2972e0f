import { expect, it } from 'vitest';
import { toldSentence, toldText, whoText } from './next-step';

const nobody = { people: [], roles: [], external: 0 };

it('says whom the next step tells', () => {
  expect(whoText(nobody, [])).toBe('the channels’ own recipients');
  expect(whoText({ ...nobody, roles: ['oncall'] }, ['Night duty'])).toBe(
    'whoever is on call (now Night duty)',
  );
  expect(whoText({ ...nobody, roles: ['oncall'] }, [])).toBe('whoever is on call (now nobody)');
  const all = { people: [{ id: 1, name: 'Admin' }], roles: ['admin'], external: 2 };
  expect(whoText(all, [])).toBe('Admin, every admin, 2 outside addresses');
  expect(whoText({ ...nobody, external: 1 }, [])).toBe('one outside address');
});

it('counts what was accepted of what was told', () => {
  const told = (accepted: number, messages: number) => ({ told: { accepted, messages } });
  expect(toldText(told(0, 0))).toBeNull();
  expect(toldText(told(2, 3))).toBe('2/3');
  expect(toldSentence(told(0, 0))).toBe('Nobody was told');
  expect(toldSentence(told(1, 1))).toBe('1 of 1 message accepted by their channels');
});
