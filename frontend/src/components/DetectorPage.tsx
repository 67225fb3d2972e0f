import { lazy, Suspense } from 'react';
import type { Catalogue } from '@/api/types';
import { inUnit } from '@/domain/rule-text';
import { bytes } from '@/domain/units';
import { capitalised } from '@/domain/words';
import { LoadingRows } from '@/ui/states';
import css from './DetectorPage.module.css';

/** The parser is loaded only where a page is read. */
const Markdown = lazy(() => import('@/ui/Markdown'));

type Detector = Catalogue['detectors'][number];

const SIGN: Record<string, string> = { percent: '\u00a0%', s: '\u00a0s', per_s: '\u00a0/s' };

/** A number of a detector as people read it, with its unit. */
export const spoken = (value: number, unit: string): string =>
  unit === 'bytes' ? bytes(value) : value.toLocaleString('en-US') + (SIGN[unit] ?? '');

export const numberName = ({ key }: Detector['numbers'][number]): string =>
  capitalised(key.replaceAll('_', ' '));

/** Its label where it is typed: in that unit. */
export const numberLabel = (known: Detector['numbers'][number]): string =>
  inUnit(numberName(known), known.unit);

/** What a detector looks for, why, how it decides, how to tune it: its own page, as it is written. */
export function DetectorDocs({ detector }: { detector: Detector }) {
  return (
    <Suspense fallback={<LoadingRows rows={4} />}>
      <Markdown text={detector.docs} />
    </Suspense>
  );
}

/** Its numbers, as they are where no rule sets them. */
export function DetectorNumbers({ detector }: { detector: Detector }) {
  if (detector.numbers.length === 0) return <p className={css.quiet}>It has no numbers to set.</p>;
  return (
    <ul className={css.numbers} aria-label="Numbers">
      {detector.numbers.map((known) => (
        <li key={known.key}>
          <span className={css.line}>
            <b>{numberName(known)}</b>
            <code>{known.key}</code>
            <span className={css.value}>{spoken(known.default, known.unit)}</span>
          </span>
          <span className={css.quiet}>
            {known.about}. {spoken(known.min, known.unit)} to {spoken(known.max, known.unit)}
          </span>
        </li>
      ))}
    </ul>
  );
}
