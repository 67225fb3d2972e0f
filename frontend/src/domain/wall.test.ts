import { describe, expect, it } from 'vitest';
import type { WallBoard, WallServer } from '@/api/types';
import { cellSize, columnsOf, freshness, SHAPE_NAME, SHAPES, shapeCounts, shapeOf, tokenOf } from './wall';

const server = (more: Partial<WallServer>): WallServer => ({
  name: 'web-01',
  status: 'up',
  severity: null,
  acknowledged: false,
  ...more,
});

const board = (servers: WallServer[], newest_report_at: string | null): WallBoard => ({
  at: '2026-05-07T06:00:00Z',
  newest_report_at,
  open: { critical: 0, high: 0, medium: 0, low: 0, info: 0 },
  unacknowledged_criticals: 0,
  criticals: [],
  places: servers.length === 0 ? [] : [{ dc: 'dhk1', racks: [{ rack: 'r1', servers }] }],
});

describe('the wall', () => {
  it('shows what matters most about a server', () => {
    expect(shapeOf(server({}))).toBe('up');
    expect(shapeOf(server({ severity: 'low' }))).toBe('up');
    expect(shapeOf(server({ severity: 'high' }))).toBe('high');
    expect(shapeOf(server({ severity: 'critical', status: 'stale' }))).toBe('critical');
    expect(shapeOf(server({ severity: 'critical', status: 'down' }))).toBe('down');
    expect(shapeOf(server({ severity: 'critical', status: 'disabled' }))).toBe('off');
    expect(shapeOf(server({ severity: 'high', status: 'unknown' }))).toBe('unknown');
    expect(shapeOf(server({ status: 'registering' }))).toBe('new');
  });

  it('counts every server once', () => {
    const counts = shapeCounts(board([server({}), server({}), server({ status: 'down' })], null));
    expect(Object.fromEntries(counts)).toMatchObject({ up: 2, down: 1, critical: 0 });
    expect(Object.keys(SHAPE_NAME)).toHaveLength(SHAPES.length);
  });

  it('says when its data is older than 90 s', () => {
    const at = Date.parse('2026-05-07T06:00:00Z');
    const seen = board([server({})], '2026-05-07T06:00:00Z');
    expect(freshness(seen, at + 90_000)).toEqual({ late: false, words: 'newest report 1 min ago' });
    expect(freshness(seen, at + 90_001)).toEqual({ late: true, words: 'data is 1 min old' });
    expect(freshness(board([server({})], null), at).late).toBe(true);
    expect(freshness(board([], null), at)).toEqual({ late: false, words: 'no servers yet' });
  });

  it('has cells as large as all racks leave room for', () => {
    const places = (racks: number, each: number): WallBoard['places'] => [
      {
        dc: 'dhk1',
        racks: Array.from({ length: racks }, (_, n) => ({
          rack: `r${n}`,
          servers: Array.from({ length: each }, () => server({})),
        })),
      },
    ];
    const room = { width: 600, height: 700, letter: 16 };
    expect(cellSize(places(1, 5), room)).toBe(64);
    const sides = [4, 12, 20].map((racks) => cellSize(places(racks, 25), room));
    expect(sides).toEqual(sides.toSorted((a, b) => b - a));
    expect(sides.at(-1)).toBeGreaterThan(8);
    for (const [n, racks] of [4, 12, 20].entries()) {
      const side = sides[n] ?? 0;
      expect(racks * 25 * side * side).toBeLessThan(room.width * room.height);
    }
    expect(cellSize(places(400, 25), room)).toBe(8);
    expect(columnsOf(25)).toBe(8);
    expect(columnsOf(2)).toBe(2);
  });

  it('takes its token from behind the #', () => {
    expect(tokenOf('')).toBeNull();
    expect(tokenOf('#')).toBeNull();
    expect(tokenOf('#abc')).toBe('abc');
  });
});
