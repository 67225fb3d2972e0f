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
type Verb = 'acknowledge' | 'acknowledge-group' | 'take-over' | 'unacknowledge' | 'resolve';

const PAST: Record<Verb, string> = {
  acknowledge: 'Acknowledged',
  'acknowledge-group': 'Acknowledged, with all of its group',
  'take-over': 'Taken over: it is yours now',
  unacknowledge: 'Given back: the policy begins anew',
  resolve: 'Resolved',
};

/** What is acted on, as it was seen: who takes over says from whom. */
type Seen = Pick<Incident, 'id' | 'acknowledged_by'>;

const act = ({ id, acknowledged_by: owner }: Seen, verb: Verb): Promise<IncidentDetail> => {
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
    case 'take-over':
      return body(
        client.POST('/api/incidents/{id}/acknowledge', {
          ...params,
          body: { take_over: true, from: owner?.id ?? null },
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
    run: async ({ incident, verb }: { incident: Seen; verb: Verb }) => {
      try {
        return await act(incident, verb);
      } catch (error) {
        // Refused, it is not what was shown: it is asked for again.
        if (isApiError(error) && error.status === 409)
          void queryClient.invalidateQueries({ queryKey: ['incidents', incident.id] });
        throw error;
      }
    },
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

const putOff = (id: number, until: number | null): Promise<IncidentDetail> =>
  body(
    client.POST('/api/incidents/{id}/snooze', {
      params: { path: { id } },
      body: { until: until === null ? null : new Date(until).toISOString() },
    }),
  );

/** Puts an incident off until a moment; `null` ends that. */
export function useSnooze() {
  return useAction({
    run: ({ id, until }: { id: number; until: number | null }) => putOff(id, until),
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

/** What is done to several: past, for what is said of it. */
const MANY = {
  acknowledge: 'acknowledged',
  'take-over': 'taken over',
  resolve: 'resolved',
  snooze: 'snoozed',
};

export type ManyVerb = keyof typeof MANY;

/**
 * Does one thing to several, four at a time, and names each one that could not be; `until` is that of a snooze. The ids of
 * those, so that they stay chosen.
 */
export async function actOnMany(
  incidents: (Seen & Pick<Incident, 'title'>)[],
  verb: ManyVerb,
  until: number | null = null,
): Promise<number[]> {
  const failures: { id: number; said: string }[] = [];
  const queue = [...incidents];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      try {
        remember(await (verb === 'snooze' ? putOff(next.id, until) : act(next, verb)));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        failures.push({ id: next.id, said: `#${next.id} ${next.title}: ${why}` });
      }
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  void queryClient.invalidateQueries({ queryKey: ['incidents', 'list'] });
  const done = `${incidents.length - failures.length} ${MANY[verb]}`;
  if (failures.length === 0) toast.success(done);
  else
    toast.error(
      `${done}, ${failures.length} not:`,
      failures.map(({ said }) => said),
    );
  return failures.map(({ id }) => id);
}
