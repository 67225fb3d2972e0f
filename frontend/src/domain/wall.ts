import type { WallBoard, WallServer } from '@/api/types';
import { shortDuration } from './duration';

/** What a server looks like on the wall: each has a shape of its own beside its colour. */
export const SHAPES = ['down', 'critical', 'unknown', 'high', 'stale', 'new', 'up', 'off'] as const;
export type Shape = (typeof SHAPES)[number];

export const SHAPE_NAME: Record<Shape, string> = {
  down: 'down',
  critical: 'critical incident',
  unknown: 'unknown',
  high: 'high incident',
  stale: 'late',
  new: 'registering',
  up: 'up',
  off: 'switched off',
};

/** What matters most about a server, as seen from across the room. */
export function shapeOf({ status, severity }: Pick<WallServer, 'status' | 'severity'>): Shape {
  if (status === 'disabled') return 'off';
  if (status === 'down') return 'down';
  if (severity === 'critical') return 'critical';
  if (status === 'unknown') return 'unknown';
  if (severity === 'high') return 'high';
  if (status === 'stale') return 'stale';
  return status === 'registering' ? 'new' : 'up';
}

export const serversOf = ({ places }: Pick<WallBoard, 'places'>): WallServer[] =>
  places.flatMap((place) => place.racks.flatMap((rack) => rack.servers));

/** How many servers have each shape. */
export function shapeCounts(board: Pick<WallBoard, 'places'>): [Shape, number][] {
  const all = serversOf(board).map(shapeOf);
  return SHAPES.map((shape) => [shape, all.filter((one) => one === shape).length]);
}

/** Data that is older says nothing about now. */
export const LATE_MS = 90_000;

/** How old what is shown is, and whether that is too old. */
export function freshness(
  board: Pick<WallBoard, 'newest_report_at' | 'places'>,
  now: number,
): { late: boolean; words: string } {
  if (board.newest_report_at === null) {
    const none = board.places.length === 0;
    return { late: !none, words: none ? 'no servers yet' : 'no server ever reported' };
  }
  const age = now - Date.parse(board.newest_report_at);
  const late = age > LATE_MS;
  return {
    late,
    words: `${late ? 'data is ' : 'newest report '}${shortDuration(age)} ${late ? 'old' : 'ago'}`,
  };
}

/** How many cells stand in a row of a rack: wider than high, so that racks stand side by side. */
export const columnsOf = (servers: number): number =>
  Math.min(servers, Math.max(4, Math.ceil(Math.sqrt(2.4 * servers))));

/** The room there is, and the height of a letter in it, in pixels. */
export interface Room {
  width: number;
  height: number;
  letter: number;
}

const LARGEST = 64;
const SMALLEST = 8;
/** Between cells, in pixels. */
export const CELL_GAP = 3;

/** The side of a cell with which every rack is in sight; the smallest where none is. */
export function cellSize(places: WallBoard['places'], room: Room): number {
  for (let side = LARGEST; side > SMALLEST; side -= 1)
    if (heightOf(places, side, room) <= room.height) return side;
  return SMALLEST;
}

/** How high all places are with cells of this side, as the page lays them out. */
function heightOf(places: WallBoard['places'], side: number, { width, letter }: Room): number {
  const cell = side + CELL_GAP;
  return places.reduce((sum, { racks }) => {
    let [used, line, height] = [0, 0, 0];
    for (const { rack, servers } of racks) {
      const heading = rack !== null || racks.length > 1 ? 2.2 : 0.6;
      const columns = columnsOf(servers.length);
      const wide = Math.max(columns * cell, 4 * letter) + 1.4 * letter;
      const high = Math.ceil(servers.length / columns) * cell + heading * letter;
      if (used > 0 && used + wide > width + 1.4 * letter) {
        height += line;
        [used, line] = [0, 0];
      }
      used += wide;
      line = Math.max(line, high);
    }
    return sum + height + line + 2.3 * letter;
  }, 0);
}

/** The token of a wall's address, which stands behind `#` so that no server and no log ever sees it. */
export const tokenOf = (hash: string): string | null => {
  const token = decodeURIComponent(hash.replace(/^#/, '')).trim();
  return token === '' ? null : token;
};
