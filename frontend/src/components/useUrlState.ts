import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { type Params, readParams, type Values, writeParams } from '@/domain/url-state';

/**
 * A page's state in its URL. Changing a filter replaces the history entry (Back leaves the page, not the last
 * keystroke); turning a page or opening something pushes one.
 */
export function useUrlState<P extends Params>(params: P) {
  const [search, setSearch] = useSearchParams();
  const values = useMemo(() => readParams(params, search), [params, search]);
  const change = useCallback(
    (next: Partial<Values<P>>, how: 'replace' | 'push' = 'replace') =>
      setSearch((old) => writeParams(params, old, next), {
        replace: how === 'replace',
        preventScrollReset: true,
      }),
    [params, setSearch],
  );
  return [values, change] as const;
}
