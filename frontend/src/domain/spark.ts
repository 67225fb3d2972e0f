/** A row of small bars: what each is high, and what the whole says in words. */
export interface Spark {
  /** 0 to 1 of the highest; `null` where nothing was reported, which is not 0. */
  bars: (number | null)[];
  /** For those who do not see it. */
  words: string;
}

/** A value that is there is never drawn as nothing, however far below the highest it is. */
const LEAST = 0.06;

export function spark(values: (number | null)[], what: string): Spark {
  const known = values.filter((value) => value !== null);
  const high = Math.max(0, ...known);
  const bars = values.map((value) =>
    value === null ? null : high === 0 || value === 0 ? 0 : Math.max(LEAST, value / high),
  );
  const missing = values.length - known.length;
  const newest = values.at(-1);
  const words =
    known.length === 0
      ? `${what}: nothing reported`
      : [
          `${what}: at most ${high.toLocaleString('en-US')}`,
          `newest ${newest === null || newest === undefined ? 'not reported' : newest.toLocaleString('en-US')}`,
          ...(missing > 0 ? [`${missing} of ${values.length} not reported`] : []),
        ].join(', ');
  return { bars, words };
}
