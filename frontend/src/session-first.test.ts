import { createMemoryRouter } from 'react-router';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { queryClient } from './api/queries';
import { routes } from './routes';

/** Who is asked for what, and an answer to `/api/auth/me` that comes when the test says so. */
function server() {
  const asked: string[] = [];
  let tell = (_: Response) => {};
  const me = new Promise<Response>((resolve) => {
    tell = resolve;
  });
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    return pathname === '/api/auth/me' ? me : Response.json({ data: [], meta: { total: 0 } });
  });
  return { asked, answerMe: (status: number, body: unknown) => tell(Response.json(body, { status })) };
}

const openAt = (address: string) => createMemoryRouter(routes, { initialEntries: [address] }).initialize();

beforeEach(() => queryClient.clear());
afterEach(() => vi.unstubAllGlobals());

test('who is not signed in is asked for nothing else, and led to the login', async () => {
  const { asked, answerMe } = server();
  const router = openAt('/');
  await vi.waitFor(() => expect(asked).toEqual(['/api/auth/me']), 20_000);
  // The page's own file arrives meanwhile, and asks nothing.
  await import('./pages/Overview');
  answerMe(401, { error: 'unauthenticated', message: 'Sign in first.' });
  await vi.waitFor(() => expect(router.state.location.pathname).toBe('/login'), 20_000);
  expect(asked).toEqual(['/api/auth/me']);
});

test('the way back stands in the address of the login', async () => {
  const { asked, answerMe } = server();
  const router = openAt('/incidents?status=open');
  answerMe(401, { error: 'unauthenticated', message: 'Sign in first.' });
  await vi.waitFor(() => expect(router.state.location.pathname).toBe('/login'), 20_000);
  expect(router.state.location.search).toBe('?next=%2Fincidents%3Fstatus%3Dopen');
  expect(asked).toEqual(['/api/auth/me']);
});

test('a page asks once it is known who looks', async () => {
  const { asked, answerMe } = server();
  const router = openAt('/');
  await vi.waitFor(() => expect(asked).toEqual(['/api/auth/me']), 20_000);
  answerMe(200, { id: 1, name: 'Admin', permissions: [], must_change_password: false });
  await vi.waitFor(() => expect(asked).toContain('/api/incidents'), 20_000);
  await vi.waitFor(() => expect(router.state.navigation.state).toBe('idle'), 20_000);
  expect(asked.filter((path) => path === '/api/auth/me')).toHaveLength(1);
});

test('while the first password stands there is only the page that changes it', async () => {
  const { asked, answerMe } = server();
  const router = openAt('/servers');
  answerMe(200, { id: 1, name: 'First', permissions: [], must_change_password: true });
  await vi.waitFor(() => expect(router.state.location.pathname).toBe('/change-password'), 20_000);
  expect(asked).toEqual(['/api/auth/me']);
});
