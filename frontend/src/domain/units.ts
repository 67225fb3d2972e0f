/** Numbers with their unit. `null` and `undefined` are not zero: they print as an en dash. */
const NONE = '–';

/** 1024-based: `0 B`, `812 KiB`, `3.4 GiB`. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** `42 %`, with one decimal under ten. */
export function percent(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  return `${value < 10 && value % 1 !== 0 ? value.toFixed(1) : Math.round(value)} %`;
}

/** `0.42`, `12.3`, `1,204`, `1.2 M`. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (Math.abs(value) >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en-US')
    : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}

export type Unit = 'pct' | 'bytes' | 'bytes_per_s' | 'count' | 'seconds';

export const UNIT_FORMAT: Record<Unit, (value: number | null | undefined) => string> = {
  pct: percent,
  bytes,
  bytes_per_s: (value) => (value === null || value === undefined ? NONE : `${bytes(value)}/s`),
  count,
  seconds: (value) => {
    if (value === null || value === undefined) return NONE;
    if (Math.abs(value) < 120) return `${count(value)} s`;
    if (Math.abs(value) < 7200) return `${count(value / 60)} min`;
    return Math.abs(value) < 172_800 ? `${count(value / 3600)} h` : `${count(value / 86_400)} d`;
  },
};

/** By how many times something is more than usual: `0.8x`, `3.4x`, `25x`. */
export function times(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US')}x`;
}

/** Load of one core, the only load that compares between machines; `null` when either part is unknown. */
export function loadPerCore(
  load1: number | null | undefined,
  cores: number | null | undefined,
): number | null {
  return load1 === null || load1 === undefined || !cores ? null : load1 / cores;
}

/** Share of a whole in percent; `null` when the whole is unknown or empty (a filesystem without inodes). */
export function share(used: number | null | undefined, total: number | null | undefined): number | null {
  return used === null || used === undefined || !total ? null : (used / total) * 100;
}
