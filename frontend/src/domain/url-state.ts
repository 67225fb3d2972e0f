/**
 * The URL holds what a page shows: filters, sort, range, tab. A page declares its parameters once, each with a default;
 * a default is left out of the URL, and a value that does not parse falls back to it, so an old link never breaks a page.
 */
export interface Param<T> {
  readonly fallback: T;
  /** `null` when the text is not a value of this parameter. */
  parse(text: string): T | null;
  format(value: T): string;
}

export type Params = Record<string, Param<unknown>>;
export type Values<P extends Params> = { [K in keyof P]: P[K] extends Param<infer T> ? T : never };

export const text = (fallback = ''): Param<string> => ({ fallback, parse: (t) => t, format: (v) => v });

export const choice = <const T extends string>(options: readonly T[], fallback: T): Param<T> => ({
  fallback,
  parse: (t) => ((options as readonly string[]).includes(t) ? (t as T) : null),
  format: (v) => v,
});

/** Several of a fixed set, comma-separated, in the order of the set. */
export const choices = <const T extends string>(options: readonly T[], fallback: T[] = []): Param<T[]> => ({
  fallback,
  parse: (t) => {
    const wanted = t.split(',');
    return options.filter((o) => wanted.includes(o));
  },
  format: (v) => options.filter((o) => v.includes(o)).join(','),
});

export const integer = (): Param<number | null> => ({
  fallback: null,
  parse: (t) => (/^\d{1,15}$/.test(t) ? Number(t) : null),
  format: (v) => (v === null ? '' : String(v)),
});

export function readParams<P extends Params>(params: P, search: URLSearchParams): Values<P> {
  const values: Record<string, unknown> = {};
  for (const [name, param] of Object.entries(params)) {
    const raw = search.get(name);
    values[name] = raw === null ? param.fallback : (param.parse(raw) ?? param.fallback);
  }
  return values as Values<P>;
}

/** The search string after a change; parameters of others on the same page are kept. */
export function writeParams<P extends Params>(
  params: P,
  search: URLSearchParams,
  change: Partial<Values<P>>,
): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(change)) {
    const param = params[name];
    if (!param) continue;
    const formatted = param.format(value);
    if (formatted === param.format(param.fallback)) next.delete(name);
    else next.set(name, formatted);
  }
  return next;
}
