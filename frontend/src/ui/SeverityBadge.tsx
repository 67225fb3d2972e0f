import { CircleAlert, Info, OctagonAlert, TriangleAlert } from 'lucide-react';
import type { Severity } from '@/domain/severity';
import css from './badges.module.css';
import { cx } from './cx';

const ICON = { critical: OctagonAlert, high: TriangleAlert, medium: CircleAlert, low: Info, info: Info };

/** A severity by colour, shape and word, so that none of the three is needed alone. */
export function SeverityBadge({ severity, label }: { severity: Severity; label?: string }) {
  const Icon = ICON[severity];
  return (
    <span className={cx(css.badge, css[severity])}>
      <Icon size={13} strokeWidth={2.2} aria-hidden />
      {label ?? severity}
    </span>
  );
}
