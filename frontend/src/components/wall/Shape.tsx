import type { Shape } from '@/domain/wall';
import css from './Shape.module.css';

/** Drawn in a square of 24: told apart without colour, and from a distance. */
const DRAWN: Record<Shape, React.ReactNode> = {
  down: (
    <>
      <rect x="1" y="1" width="22" height="22" rx="2" />
      <path d="M7 7l10 10M17 7L7 17" className={css.cut} />
    </>
  ),
  critical: (
    <>
      <path d="M12 1l11.5 21H.5z" />
      <path d="M12 9v6M12 18.4v.2" className={css.cut} />
    </>
  ),
  high: <path d="M12 .8L23.2 12 12 23.2.8 12z" />,
  unknown: (
    <>
      <circle cx="12" cy="12" r="10" className={css.line} />
      <path d="M9 9.2a3 3 0 1 1 4.2 2.9c-.8.4-1.2 1-1.2 1.9M12 17.6v.2" className={css.line} />
    </>
  ),
  stale: (
    <>
      <circle cx="12" cy="12" r="11" />
      <path d="M12 5.5V12l4.4 3" className={css.cut} />
    </>
  ),
  new: <circle cx="12" cy="12" r="8.5" className={css.dotted} />,
  up: <rect x="3" y="3" width="18" height="18" rx="4" />,
  off: <path d="M4 12h16" className={css.line} />,
};

interface Props {
  shape: Shape;
  /** Somebody is on it: the shape is an outline. */
  taken?: boolean;
  size: number | string;
  label?: string;
}

/** How a server is, by shape and colour. */
export function ShapeIcon({ shape, taken, size, label }: Props) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      className={css.shape}
      data-shape={shape}
      data-taken={taken || undefined}
      role={label ? 'img' : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
    >
      {DRAWN[shape]}
    </svg>
  );
}
