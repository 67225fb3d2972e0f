import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';
import css from './SlideOver.module.css';

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** Stays in reach at the bottom: the save button of a long form. */
  footer?: ReactNode;
  /** Something is being typed: only Escape and its buttons close it. */
  keepOnOutsideClick?: boolean;
}

/** An editor beside the list it edits; the whole screen on a phone. */
export function SlideOver({ opened, onClose, title, children, footer, keepOnOutsideClick }: Props) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      closeOnClickOutside={!keepOnOutsideClick}
      title={title}
      position="right"
      size={560}
      padding={0}
      classNames={{ header: css.header, title: css.title, body: css.body, content: css.content }}
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 120 }}
    >
      <div className={css.scroll}>{children}</div>
      {footer && <div className={css.footer}>{footer}</div>}
    </Drawer>
  );
}
