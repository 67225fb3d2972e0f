import { count } from '@/domain/units';
import { Meter } from '@/ui/Meter';
import css from './Connections.module.css';

interface Props {
  used: number | null;
  most: number | null;
  pct: number | null;
  label: string;
  warn: number;
  danger: number;
}

/** Clients connected, of those that may be. */
export function Connections({ used, most, pct, ...meter }: Props) {
  return (
    <span className={css.cell}>
      <Meter value={pct} {...meter} />
      {used !== null && (
        <small>
          {count(used)} of {most === null ? 'an unknown number' : count(most)}
        </small>
      )}
    </span>
  );
}
