import { describe, expect, it } from 'vitest';
import { coverOf, groupPlace, groupStanding } from './group';

describe('a group of incidents', () => {
  it('says where it is', () => {
    expect(groupPlace({ kind: 'server', label: 'web-09.hostseba' })).toBe('on web-09.hostseba');
    expect(groupPlace({ kind: 'rack', label: 'rack:b2' })).toBe('in rack b2');
    expect(groupPlace({ kind: 'dc', label: 'dc:dhaka' })).toBe('in data centre dhaka');
    expect(groupPlace({ kind: 'fleet', label: 'fleet' })).toBe('across the fleet');
  });

  it('says how its members stand', () => {
    expect(groupStanding({ size: 7, open: 2, acknowledged: 1 })).toBe('2 open, 1 acknowledged, 4 over');
    expect(groupStanding({ size: 3, open: 3, acknowledged: 0 })).toBe('3 open');
  });

  it('names who stands for it as long as they do', () => {
    const group = { covered_by: { id: 1, name: 'Ada' }, covered_until: '2026-05-01T12:30:00Z' };
    const until = Date.parse(group.covered_until);
    expect(coverOf(group, until - 1)).toEqual({ name: 'Ada', until: group.covered_until });
    expect(coverOf(group, until)).toBeNull();
    expect(coverOf({ covered_by: null, covered_until: null }, until)).toBeNull();
  });
});
