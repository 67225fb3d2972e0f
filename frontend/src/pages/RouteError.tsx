import { isRouteErrorResponse, useRouteError } from 'react-router';
import { Failed } from '@/ui/states';
import { Component as NotFound } from './NotFound';

/** A page that is not there, or broke. Old chunks after an upgrade of the server land here too: a reload fetches the new ones. */
export function RouteError() {
  const error = useRouteError();
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFound />;
  const shown = isRouteErrorResponse(error) ? new Error(`${error.status} ${error.statusText}`) : error;
  return <Failed error={shown} onRetry={() => window.location.reload()} />;
}
