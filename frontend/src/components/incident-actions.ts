import { body, client } from '@/api/client';
import { isApiError } from '@/api/error';
import { queryClient } from '@/api/queries';
import type { Incident, IncidentDetail, Page } from '@/api/types';
import { NOT_ESCALATED } from '@/domain/snooze';
import { shortMoment, viewersZone } from '@/domain/zone-time';
import { now as serverNow } from '@/live/clock';
import { toast } from '@/ui/toast';
import { useAction } from './useAction';

/** What people do to incidents, from the list, the phone and the incident's own page alike. */
type Verb = 'acknowledge' | 'acknowledge-group' | 'unacknowledge' | 'resolve';

const PAST: Record<Verb, string> = {
  acknowledge: 'Acknowledged',
  'acknowledge-group': 'Acknowledged, with all of its group',
  unacknowledge: 'Given back: the policy begins anew',
  resolve: 'Resolved',
};

const act = (id: number, verb: Verb): Promise<IncidentDetail> => {
  const params = { params: { path: { id } } };
  switch (verb) {
    case 'acknowledge':
    case 'acknowledge-group':
      return body(
        client.POST('/api/incidents/{id}/acknowledge', {
          ...params,
          body: { group: verb === 'acknowledge-group' },
        }),
      );
    case 'unacknowledge':
      return body(client.POST('/api/incidents/{id}/unacknowledge', params));
    case 'resolve':
      return body(client.POST('/api/incidents/{id}/resolve', params));
  }
};

/** The answer is the incident itself: shown at once, in its page and in every list. */
function remember(incident: IncidentDetail): void {
  queryClient.setQueryData(['incidents', incident.id], incident);
  queryClient.setQueriesData<Page<Incident>>(
    { queryKey: ['incidents', 'list'] },
    (page) =>
      page && {
        ...page,
        data: page.data.map((row) => (row.id === incident.id ? { ...row, ...incident } : row)),
      },
  );
}

export function useIncidentAction() {
  return useAction({
    run: ({ id, verb }: { id: number; verb: Verb }) => act(id, verb),
    done: (_incident, { verb }) => PAST[verb],
    onDone: (incident, { verb }) => {
      remember(incident);
      if (verb !== 'acknowledge-group') return;
      // Pages of the others, if they were looked at, show what was done to them as well.
      for (const { id } of incident.group?.members ?? [])
        if (id !== incident.id) void queryClient.invalidateQueries({ queryKey: ['incidents', id] });
    },
    refresh: [['incidents', 'list']],
  });
}

/** Puts an incident off until a moment; `null` ends that. */
export function useSnooze() {
  return useAction({
    run: ({ id, until }: { id: number; until: number | null }) =>
      body(
        client.POST('/api/incidents/{id}/snooze', {
          params: { path: { id } },
          body: { until: until === null ? null : new Date(until).toISOString() },
        }),
      ),
    done: (_incident, { until }) =>
      until === null
        ? 'Awake: its policy goes on'
        : `Snoozed until ${shortMoment(until, viewersZone(), serverNow())}, unless it gets worse`,
    onDone: remember,
    refresh: [['incidents', 'list']],
    quietFields: true,
  });
}

/** Fires the next step now. Refused, it says why, and the incident is asked for again: it is not what was shown. */
export function useEscalate() {
  return useAction({
    run: async ({ id, as_of }: { id: number; as_of: string }) => {
      try {
        return await body(
          client.POST('/api/incidents/{id}/escalate', { params: { path: { id } }, body: { as_of } }),
        );
      } catch (error) {
        void queryClient.invalidateQueries({ queryKey: ['incidents', id] });
        const why = isApiError(error) && error.status === 409 ? NOT_ESCALATED[error.code] : undefined;
        throw why ? new Error(`Not escalated. ${why}`) : error;
      }
    },
    done: 'Escalated: the next step fires now',
    onDone: remember,
    refresh: [['incidents', 'list']],
  });
}

/** Acknowledges several, four at a time, and names each one that could not be. */
export async function acknowledgeMany(incidents: Pick<Incident, 'id' | 'title'>[]): Promise<void> {
  const failures: string[] = [];
  const queue = [...incidents];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      try {
        remember(await act(next.id, 'acknowledge'));
      } catch (error) {
        failures.push(`#${next.id} ${next.title}: ${error instanceof Error ? error.message : error}`);
      }
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  void queryClient.invalidateQueries({ queryKey: ['incidents', 'list'] });
  const done = incidents.length - failures.length;
  if (failures.length === 0) toast.success(`${done} acknowledged`);
  else toast.error(`${done} acknowledged, ${failures.length} not:`, failures);
}
