import { useSyncExternalStore } from 'react';

/**
 * One ticking clock for the whole page. It follows the server's clock, because ages and countdowns of a page on a
 * laptop that is five minutes off would otherwise lie; a difference under two seconds is left alone.
 */
let offsetMs = 0;
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

export const now = (): number => Date.now() + offsetMs;

export function setServerTime(dateHeader: string | null): void {
  const at = dateHeader ? Date.parse(dateHeader) : Number.NaN;
  if (!Number.isFinite(at)) return;
  const difference = at + 500 - Date.now();
  offsetMs = Math.abs(difference) > 2000 ? difference : 0;
}

function tick(): void {
  if (document.hidden) return;
  nowMs = now();
  listeners.forEach((listener) => {
    listener();
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    nowMs = now();
    timer = setInterval(tick, 1000);
    document.addEventListener('visibilitychange', tick);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
      document.removeEventListener('visibilitychange', tick);
    }
  };
}

/** The time, once a second, in milliseconds. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => nowMs);

/** The time in steps of `stepMs`, rounded up: what draws with it draws only when a step begins. */
export const useNowInSteps = (stepMs: number): number =>
  useSyncExternalStore(subscribe, () => Math.ceil(nowMs / stepMs) * stepMs);
