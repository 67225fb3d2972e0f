import { setServerTime } from '@/live/clock';
import { reportReachable } from '@/live/reachability';
import { ApiError, readError } from './error';

/**
 * One `fetch` for everything the page asks the server, with what every call needs: the CSRF header on calls that
 * change something, one fresh CSRF cookie after a 419, the server's clock, and whether the server can be reached.
 */
export type SessionEnd = 'unauthenticated' | 'password_change_required';

let onSessionEnd: (reason: SessionEnd) => void = () => {};

/** The shell registers what happens when the session has ended or the first password still stands. */
export function setSessionEndHandler(handler: (reason: SessionEnd) => void): void {
  onSessionEnd = handler;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const CSRF_COOKIE_PATH = '/api/auth/csrf-cookie';

export function csrfCookie(cookies: string = document.cookie): string | null {
  const pair = cookies.split('; ').find((c) => c.startsWith('XSRF-TOKEN='));
  return pair ? decodeURIComponent(pair.slice('XSRF-TOKEN='.length)) : null;
}

async function send(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.set('Accept', 'application/json');
  if (!SAFE.has(request.method)) headers.set('X-XSRF-TOKEN', csrfCookie() ?? '');
  try {
    const response = await fetch(new Request(request, { headers, credentials: 'same-origin' }));
    reportReachable(true);
    setServerTime(response.headers.get('Date'));
    return response;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    reportReachable(false);
    throw new ApiError(0, 'unreachable', 'The server cannot be reached.');
  }
}

/** Used as openapi-fetch's `fetch`: resolves with a 2xx answer, throws `ApiError` for every other. */
export async function transport(request: Request): Promise<Response> {
  const changes = !SAFE.has(request.method);
  const origin = new URL(request.url).origin;
  if (changes && csrfCookie() === null) await send(new Request(origin + CSRF_COOKIE_PATH));
  const again = changes ? request.clone() : null;
  let response = await send(request);
  if (response.status === 419 && again) {
    await send(new Request(origin + CSRF_COOKIE_PATH));
    response = await send(again);
  }
  if (response.ok) return response;
  const error = await readError(response);
  const path = new URL(request.url).pathname;
  // A screen on a wall has a token and no session to end.
  const hasSession = path !== '/api/auth/login' && !request.headers.has('Authorization');
  if (error.status === 401 && hasSession) onSessionEnd('unauthenticated');
  if (error.code === 'password_change_required') onSessionEnd('password_change_required');
  throw error;
}
