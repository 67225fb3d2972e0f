import type { IncidentDetail, IncidentGroup } from '@/api/types';

/** Two servers of one rack are silent; everything else stands alone. */
const RACK = { key: 'server_down@rack:b2', kind: 'rack', detector: 'server_down', label: 'rack:b2' };
const MEMBERS = [41, 46];

/** Puts incidents into their groups, as they stand now. */
export function groupUp(incidents: IncidentDetail[], cover: Partial<IncidentGroup> = {}): void {
  const members = incidents.filter((i) => MEMBERS.includes(i.id));
  const standing = (status: IncidentDetail['status']) => members.filter((i) => i.status === status).length;
  const before = members[0]?.group;
  const group: IncidentGroup = {
    id: 5,
    ...RACK,
    size: members.length,
    open: standing('open'),
    acknowledged: standing('acknowledged'),
    covered_until: before?.covered_until ?? null,
    covered_by: before?.covered_by ?? null,
    ...cover,
    members: members.map(({ id, title, severity, status, server_name }) => ({
      id,
      title,
      severity,
      status,
      server_name,
    })),
  };
  for (const incident of members) Object.assign(incident, { group, group_size: group.size });
}
