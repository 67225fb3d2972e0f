import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import { Lock } from 'lucide-react';
import type { ComponentPropsWithoutRef } from 'react';
import css from './ActionButton.module.css';

type Props = ButtonProps &
  Omit<ComponentPropsWithoutRef<'button'>, keyof ButtonProps> & {
    /** Why it cannot be pressed now. The button stays visible and focusable, and says this. */
    blocked?: string | null;
  };

/** Disabled with a reason rather than hidden. */
export function ActionButton({ blocked, onClick, ...button }: Props) {
  if (!blocked) return <Button onClick={onClick} {...button} />;
  return (
    <Tooltip label={blocked} events={{ hover: true, focus: true, touch: true }}>
      <Button
        {...button}
        data-disabled
        aria-disabled
        aria-description={blocked}
        onClick={(event) => event.preventDefault()}
      />
    </Tooltip>
  );
}

/** The same reason in sight, at the head of a form that is locked. It can be focused, so that a locked form scrolls by keyboard. */
export function BlockedNote({ reason }: { reason: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the only stop of a locked form
    <p className={css.note} role="note" tabIndex={0}>
      <Lock size={14} aria-hidden /> {reason}
    </p>
  );
}
