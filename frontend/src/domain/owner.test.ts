import { describe, expect, it } from 'vitest';
import { chosenBy, isAnothers, ownerChoices, ownerInUrl } from './owner';

const ME = 1;
const open = { id: 1, status: 'open', acknowledged_by: null } as const;
const mine = { id: 2, status: 'acknowledged', acknowledged_by: { id: ME, name: 'Me' } } as const;
const adas = { id: 3, status: 'acknowledged', acknowledged_by: { id: 7, name: 'Ada' } } as const;
const byLink = { id: 4, status: 'acknowledged', acknowledged_by: null } as const;
const over = { id: 5, status: 'resolved', acknowledged_by: { id: 7, name: 'Ada' } } as const;

describe('whose an incident is', () => {
  it('is another’s where somebody else is on it, with an account or without', () => {
    const all = [open, mine, adas, byLink, over];
    expect(all.filter((incident) => isAnothers(incident, ME))).toEqual([adas, byLink]);
  });

  it('parts what is chosen into what nobody has and what others have', () => {
    const chosen = new Set(['1', '2', '3', '5']);
    expect(chosenBy([open, mine, adas, byLink, over], chosen, ME)).toEqual({
      all: [open, mine, adas],
      open: [open],
      others: [adas],
    });
  });

  it('stands in the address of a list by name or number', () => {
    const read = ['me', 'nobody', '7', 'ada', '-1', ''].map((text) => ownerInUrl.parse(text));
    expect(read).toEqual(['me', 'nobody', '7', null, null, null]);
  });

  it('is chosen among people that can be known, or whoever the list names', () => {
    const labels = (...ask: Parameters<typeof ownerChoices>) => ownerChoices(...ask).map((c) => c.label);
    const people = [
      { id: 9, name: 'Zoe' },
      { id: 7, name: 'Ada' },
      { id: ME, name: 'Me' },
    ];
    expect(labels([adas], people, '', ME)).toEqual(['Mine', 'Nobody’s', 'Ada', 'Zoe']);
    expect(labels([open, mine, adas, byLink], undefined, '', ME)).toEqual(['Mine', 'Nobody’s', 'Ada']);
    expect(labels([], undefined, '12', ME)).toEqual(['Mine', 'Nobody’s', 'account 12']);
    expect(labels([], people, '1', ME)).toContain('Me');
  });
});
