import { CloseButton } from '@mantine/core';
import { CircleCheck, CircleX, Info } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import css from './Toaster.module.css';
import { toastStore } from './toast';

const ICON = {
  success: <CircleCheck size={16} color="var(--up)" />,
  error: <CircleX size={16} color="var(--critical)" />,
  info: <Info size={16} color="var(--low)" />,
};

export function Toaster() {
  const toasts = useSyncExternalStore(toastStore.subscribe, toastStore.read);
  return (
    <section className={css.stack} aria-label="Messages" aria-live="polite">
      {toasts.map((t) => (
        <div key={t.id} className={css.toast} role={t.kind === 'error' ? 'alert' : 'status'}>
          {ICON[t.kind]}
          <div className={css.text}>
            {t.text}
            {t.details && (
              <ul>
                {t.details.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            )}
          </div>
          <CloseButton size="xs" aria-label="Dismiss" onClick={() => toastStore.dismiss(t.id)} />
        </div>
      ))}
    </section>
  );
}
