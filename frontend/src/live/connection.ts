import type Pusher from 'pusher-js';
import { useEffect, useSyncExternalStore } from 'react';
import { body, client } from '@/api/client';
import { queryClient } from '@/api/queries';
import { liveSettings } from '@/runtime';
import { type LiveEvents, liveUpdates } from './events';

/**
 * The live socket: one connection per page, private channels by need. `connected` means that events arrive; while it
 * is not, queries poll faster (`usePollEvery`). pusher-js is loaded after the first paint, it is not needed for it.
 */
export type LiveState = 'connected' | 'offline';

const EVENTS = [
  'server.updated',
  'metrics.received',
  'incident.opened',
  'incident.updated',
  'delivery.updated',
  'abuse.detected',
  'abuse.updated',
] as const;

let state: LiveState = 'offline';
let socket: Pusher | null = null;
let updates: ReturnType<typeof liveUpdates> | null = null;
const wanted = new Map<string, number>();
const listeners = new Set<() => void>();

function setState(next: LiveState): void {
  if (next === state) return;
  state = next;
  listeners.forEach((listener) => {
    listener();
  });
}

function join(name: string): void {
  const channel = socket?.subscribe(name);
  for (const event of EVENTS) {
    channel?.bind(event, (data: LiveEvents[typeof event]) => updates?.apply(event, data));
  }
}

/** Opens the socket after login; harmless when it is open already or the server offers none. */
export async function connectLive(): Promise<void> {
  const settings = liveSettings();
  if (socket || !settings) return;
  const { default: PusherClient } = await import('pusher-js');
  if (socket) return;
  updates = liveUpdates(queryClient);
  socket = new PusherClient(settings.key, {
    cluster: '',
    wsHost: settings.host,
    wsPort: settings.port,
    wssPort: settings.port,
    forceTLS: settings.tls,
    enabledTransports: ['ws'],
    channelAuthorization: {
      transport: 'ajax',
      endpoint: '/broadcasting/auth',
      customHandler: ({ socketId, channelName }, done) => {
        body(
          client.POST('/broadcasting/auth', { body: { socket_id: socketId, channel_name: channelName } }),
        ).then(
          (granted) => done(null, granted),
          (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), null),
        );
      },
    },
  });
  let wasConnected = false;
  socket.connection.bind('state_change', ({ current }: { current: string }) => {
    setState(current === 'connected' ? 'connected' : 'offline');
    if (current === 'connected' && wasConnected) updates?.caughtUp();
    wasConnected ||= current === 'connected';
  });
  for (const name of wanted.keys()) join(name);
}

/** Closes it at logout. */
export function disconnectLive(): void {
  socket?.disconnect();
  updates?.stop();
  socket = null;
  updates = null;
  setState('offline');
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useLiveState = (): LiveState => useSyncExternalStore(subscribe, () => state);

/** Listens to a channel as long as the component is shown. */
export function useLiveChannel(name: string | null): void {
  useEffect(() => {
    if (!name) return;
    wanted.set(name, (wanted.get(name) ?? 0) + 1);
    if (wanted.get(name) === 1) join(name);
    return () => {
      const left = (wanted.get(name) ?? 1) - 1;
      if (left > 0) {
        wanted.set(name, left);
        return;
      }
      wanted.delete(name);
      socket?.unsubscribe(name);
    };
  }, [name]);
}

/** How often to ask again: slowly as a safety net while events arrive, fast without them. */
export const usePollEvery = (): number => (useLiveState() === 'connected' ? 60_000 : 10_000);
