import { ArrowDownRight, ArrowUpRight, Minus } from 'lucide-react';
import { slopeOf, slopeText } from '@/domain/trend';
import css from './Slope.module.css';

const ICON = { rising: ArrowUpRight, falling: ArrowDownRight, steady: Minus };

/** By how much something that should be small grows in an hour. */
export function Slope({ perHour }: { perHour: number | null }) {
  const slope = slopeOf(perHour);
  const Icon = slope === 'unknown' ? null : ICON[slope];
  return (
    <span className={css.slope} data-slope={slope}>
      {Icon && <Icon size={13} aria-hidden />}
      {slopeText(perHour)}
    </span>
  );
}
