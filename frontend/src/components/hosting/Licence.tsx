import type { HostCpanel } from '@/api/types';
import { dayName } from '@/domain/days';
import { daysLeftText } from '@/domain/trend';
import { DataBadge, type Tone, ToneBadge } from '@/ui/StatusBadge';
import css from './Licence.module.css';

type Cpanel = Pick<
  HostCpanel,
  'license_status' | 'license_valid' | 'license_expires_on' | 'license_days_left'
>;

/** Within these somebody has to renew it. */
const SOON_DAYS = 14;

/** Customers cannot get in, or will not for long. */
export const isInTrouble = ({ license_valid, license_days_left: left }: Cpanel): boolean =>
  license_valid === false || (left !== null && left <= 3);

/** The licence: whether customers can get in, and until when. */
export function Licence({ cpanel }: { cpanel: Cpanel }) {
  const { license_status: status, license_valid: valid, license_expires_on: end } = cpanel;
  const left = cpanel.license_days_left;
  if (valid === null)
    return <DataBadge state="unknown" hint="The licence’s signals on the host say nothing certain." />;
  const soon = left !== null && left <= SOON_DAYS;
  const tone: Tone = !valid ? 'bad' : soon ? 'medium' : 'good';
  return (
    <span className={css.licence}>
      <ToneBadge tone={tone}>{status ?? (valid ? 'valid' : 'not valid')}</ToneBadge>
      {end !== null && left !== null && (
        <span className={css.end} data-soon={soon || undefined}>
          {daysLeftText(left)} <span>({dayName(end)})</span>
        </span>
      )}
    </span>
  );
}
