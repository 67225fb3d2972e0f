import { useCallback, useMemo } from 'react';
import { useLocation, useSearchParams } from 'react-router';
import { type Params, readParams, type Values, writeParams } from '@/domain/url-state';

/**
 * A page's state in its URL. Changing a filter replaces the history entry (Back leaves the page, not the last
 * keystroke); turning a page or opening something pushes one.
 */
export function useUrlState<P extends Params>(params: P) {
  const [search, setSearch] = useSearchParams();
  const { pathname } = useLocation();
  const values = useMemo(() => readParams(params, search), [params, search]);
  const change = useCallback(
    (next: Partial<Values<P>>, how: 'replace' | 'push' = 'replace') => {
      // A page that is being left (to the login, because its session has ended) writes nothing over where that leads.
      if (window.location.pathname !== pathname) return;
      setSearch((old) => writeParams(params, old, next), {
        replace: how === 'replace',
        preventScrollReset: true,
      });
    },
    [params, setSearch, pathname],
  );
  return [values, change] as const;
}
