/** Short messages about what an action did. The store knows nothing of React; `Toaster` shows it. */
export interface Toast {
  id: number;
  kind: 'success' | 'error' | 'info';
  text: string;
  /** Lines below the text, such as each item that failed. */
  details?: string[];
}

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function publish(next: readonly Toast[]): void {
  toasts = next;
  listeners.forEach((listener) => {
    listener();
  });
}

export const toastStore = {
  read: () => toasts,
  subscribe: (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  dismiss: (id: number) => publish(toasts.filter((t) => t.id !== id)),
};

/** Errors stay until they are dismissed; the rest leaves after four seconds. */
function show(kind: Toast['kind'], text: string, details?: string[]): void {
  const id = nextId++;
  publish([...toasts.slice(-3), { id, kind, text, details }]);
  if (kind !== 'error') setTimeout(() => toastStore.dismiss(id), 4000);
}

export const toast = {
  success: (text: string) => show('success', text),
  info: (text: string) => show('info', text),
  error: (text: string, details?: string[]) => show('error', text, details),
};
