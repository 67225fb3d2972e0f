import { createBrowserRouter } from 'react-router';
import { setSessionEndHandler } from '@/api/transport';
import { disconnectLive } from './live/connection';
import { routes } from './routes';

/** The one router, and where it goes when the session ends. */
export const router = createBrowserRouter(routes);

setSessionEndHandler((reason) => {
  const { pathname, search } = router.state.location;
  if (pathname === '/login') return;
  disconnectLive();
  const next = pathname === '/change-password' ? '' : `?next=${encodeURIComponent(pathname + search)}`;
  if (reason === 'unauthenticated') void router.navigate(`/login${next}`, { state: { ended: true } });
  else void router.navigate('/change-password');
});
