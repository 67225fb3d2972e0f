import type { IncidentGroup } from '@/api/types';

/** Where the incidents of a group stand: `on web-09`, `in rack b2`, `across the fleet`. */
export function groupPlace({ kind, label }: Pick<IncidentGroup, 'kind' | 'label'>): string {
  if (kind === 'server') return `on ${label}`;
  if (kind === 'fleet') return 'across the fleet';
  const name = label.startsWith(`${kind}:`) ? label.slice(kind.length + 1) : label;
  return `in ${kind === 'dc' ? 'data centre' : kind} ${name}`;
}

/** `2 open, 1 acknowledged, 4 over`; what is none is left out. */
export function groupStanding({
  size,
  open,
  acknowledged,
}: Pick<IncidentGroup, 'size' | 'open' | 'acknowledged'>): string {
  const parts = [
    [open, 'open'],
    [acknowledged, 'acknowledged'],
    [size - open - acknowledged, 'over'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, how]) => `${count} ${how}`)
    .join(', ');
}

/** Who stands for whoever joins the group, while they do. */
export function coverOf(
  { covered_by, covered_until }: Pick<IncidentGroup, 'covered_by' | 'covered_until'>,
  now: number,
): { name: string; until: string } | null {
  if (!covered_by || !covered_until || Date.parse(covered_until) <= now) return null;
  return { name: covered_by.name, until: covered_until };
}
