import { percent } from '@/domain/units';
import { cx } from './cx';
import css from './Meter.module.css';

interface Props {
  /** Percent, or null when it cannot be known. */
  value: number | null;
  label: string;
  /** Above these the bar takes the colour of medium and critical. */
  warn?: number;
  danger?: number;
  /** Number beside the bar; on by default. */
  showValue?: boolean;
}

/** A share of a whole as a bar. Unknown is dashed and empty, which is not what zero looks like. */
export function Meter({ value, label, warn = 80, danger = 92, showValue = true }: Props) {
  const level = value === null ? null : value >= danger ? css.danger : value >= warn ? css.warn : css.fine;
  return (
    <span className={css.meter}>
      {/* No <meter>: it cannot be styled alike in all browsers, nor be unknown. */}
      <span
        className={cx(css.track, value === null && css.unknown)}
        {...(value === null
          ? { role: 'img', 'aria-label': `${label}: unknown` }
          : {
              role: 'meter',
              'aria-label': label,
              'aria-valuemin': 0,
              'aria-valuemax': 100,
              'aria-valuenow': value,
              'aria-valuetext': percent(value),
            })}
      >
        {value !== null && (
          <span className={cx(css.fill, level)} style={{ width: `${Math.min(100, Math.max(0, value))}%` }} />
        )}
      </span>
      {showValue && <span className={css.value}>{percent(value)}</span>}
    </span>
  );
}
