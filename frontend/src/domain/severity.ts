/** Severities from worst to mildest: the order of every list and of every select. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;

export type Severity = (typeof SEVERITIES)[number];

export const severityRank = (severity: string): number => {
  const at = SEVERITIES.indexOf(severity as Severity);
  return at === -1 ? SEVERITIES.length : at;
};

export interface Triage {
  status: string;
  severity: string;
  opened_at: string;
}

const statusRank: Record<string, number> = { open: 0, acknowledged: 1, resolved: 2 };

/** Unacknowledged first, then the worst, then the oldest: what an operator has to look at next stands on top. */
export function byUrgency(a: Triage, b: Triage): number {
  return (
    (statusRank[a.status] ?? 3) - (statusRank[b.status] ?? 3) ||
    severityRank(a.severity) - severityRank(b.severity) ||
    a.opened_at.localeCompare(b.opened_at)
  );
}
