import { createBrowserRouter } from 'react-router';
import { meQuery, queryClient } from '@/api/queries';
import { setSessionEndHandler } from '@/api/transport';
import { loginPath } from '@/components/session';
import { disconnectLive } from './live/connection';
import { routes } from './routes';

/** The one router, and where it goes when the session ends. */
export const router = createBrowserRouter(routes);

setSessionEndHandler((reason) => {
  const { pathname, search } = router.state.location;
  if (pathname === '/login') return;
  disconnectLive();
  // Who was never signed in has lost nothing.
  const ended = queryClient.getQueryData(meQuery.queryKey) !== undefined;
  const login = loginPath(pathname === '/change-password' ? '/' : pathname + search);
  if (reason === 'unauthenticated') void router.navigate(login, { state: { ended } });
  else void router.navigate('/change-password');
});
