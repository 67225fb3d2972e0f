import { spark } from '@/domain/spark';
import css from './Sparkline.module.css';

const BAR = 4;
const GAP = 1;
const HEIGHT = 22;

/** Values of hours or days as small bars of one scale; what was not reported is a dash on the ground, not a gap or a zero. */
export function Sparkline({ values, label }: { values: (number | null)[]; label: string }) {
  const { bars, words } = spark(values, label);
  const width = Math.max(1, bars.length * (BAR + GAP) - GAP);
  return (
    <svg
      className={css.spark}
      width={width}
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={words}
    >
      <title>{words}</title>
      {bars.map((bar, i) => {
        const x = i * (BAR + GAP);
        const height = bar === null ? 1 : Math.max(1, bar * HEIGHT);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            key={i}
            className={bar === null ? css.unknown : bar === 0 ? css.zero : css.bar}
            data-newest={i === bars.length - 1 || undefined}
            x={bar === null ? x + 1 : x}
            y={bar === null ? HEIGHT / 2 : HEIGHT - height}
            width={bar === null ? BAR - 2 : BAR}
            height={height}
          />
        );
      })}
    </svg>
  );
}
