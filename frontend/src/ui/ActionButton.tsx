import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import type { ComponentPropsWithoutRef } from 'react';

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
