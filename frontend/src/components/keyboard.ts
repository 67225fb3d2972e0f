import { useEffect, useRef } from 'react';

/** The keys an operator has everywhere; `Shortcuts` lists them. */
export type Keys = Record<string, (event: KeyboardEvent) => void>;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
  !(target instanceof HTMLInputElement && target.type === 'checkbox');

/** What Enter presses by itself. */
const isPressed = (event: KeyboardEvent): boolean =>
  event.key === 'Enter' &&
  event.target instanceof Element &&
  event.target.closest('button, a[href], summary, [role="menu"], [role="listbox"]') !== null;

/** Takes the keyboard from what was pressed last, so that Enter is the list's. */
export function leaveFocus(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

/** Single keys, never while typing, in a dialog, together with a modifier, or Enter on what it presses. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (
        isPressed(event) ||
        isTyping(event.target) ||
        document.querySelector('[role="dialog"][aria-modal="true"]')
      )
        return;
      const handler = latest.current[event.key];
      if (!handler) return;
      event.preventDefault();
      handler(event);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
