import type { ReactNode } from 'react';
import css from './Faded.module.css';

interface Props {
  old: boolean;
  /** Around a whole table rather than around what stands in a line. */
  block?: boolean;
  children: ReactNode;
}

/** Values that are no longer current are shown, but step back: their colours would speak of now. */
export function Faded({ old, block, children }: Props) {
  const Box = block ? 'div' : 'span';
  return (
    <Box className={css.value} data-old={old || undefined}>
      {children}
    </Box>
  );
}
