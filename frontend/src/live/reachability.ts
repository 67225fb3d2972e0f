import { useSyncExternalStore } from 'react';

/** Whether the last call reached the server, and since when not. Drives the offline banner. */
let unreachableSince: number | null = null;
const listeners = new Set<() => void>();

export function reportReachable(reached: boolean): void {
  const next = reached ? null : (unreachableSince ?? Date.now());
  if (next === unreachableSince) return;
  unreachableSince = next;
  listeners.forEach((listener) => {
    listener();
  });
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** `null` while the server answers, else the moment of the first failure. */
export const useUnreachableSince = (): number | null =>
  useSyncExternalStore(subscribe, () => unreachableSince);
