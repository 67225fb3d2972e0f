import { useQuery } from '@tanstack/react-query';
import { channelsQuery } from '@/api/queries';
import { useBlocked } from './session';

/** Channels to choose from. Who may not see the channels' settings still keeps those already chosen. */
export function useChannelKeys(chosen: string[]): { value: string; label: string }[] {
  const allowed = useBlocked('channels.view') === null;
  const { data } = useQuery({ ...channelsQuery, enabled: allowed });
  const known = (data?.data ?? []).map((c) => ({
    value: c.channel,
    label: c.configured && c.enabled ? c.label : `${c.label} (${c.configured ? 'off' : 'not set up'})`,
  }));
  const unknown = chosen.filter((key) => !known.some((k) => k.value === key));
  return [...known, ...unknown.map((key) => ({ value: key, label: key }))];
}
