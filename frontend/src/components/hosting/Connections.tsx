import { count, percent } from '@/domain/units';
import { Level, levelOf } from '@/ui/Level';
import { Meter } from '@/ui/Meter';
import css from './Connections.module.css';

/** From where on connections run out, in percent. */
const LIMITS = { warn: 80, danger: 95 };

interface Props {
  used: number | null;
  most: number | null;
  pct: number | null;
  label: string;
}

/** Clients connected, of those that may be. */
export function Connections({ used, most, pct, label }: Props) {
  return (
    <span className={css.cell}>
      <Meter value={pct} label={label} {...LIMITS} />
      {used !== null && (
        <small>
          {count(used)} of {most === null ? 'an unknown number' : count(most)}
        </small>
      )}
    </span>
  );
}

/** The same in a line of text. */
export const ConnectionsShare = ({ pct }: { pct: number | null }) => (
  <span>
    connections <Level level={levelOf(pct, LIMITS.warn, LIMITS.danger)}>{percent(pct)}</Level>
  </span>
);

export const runsOut = (pct: number | null): boolean => (pct ?? 0) >= LIMITS.danger;
