import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from './error';
import { csrfCookie, setSessionEndHandler, transport } from './transport';

const BASE = 'http://noc.test';
const json = (status: number, body: unknown = {}) => new Response(JSON.stringify(body), { status });

/** Answers in order; remembers method, path and CSRF header of each call. */
function server(...answers: (Response | Error)[]) {
  const calls: string[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    calls.push(
      `${request.method} ${new URL(request.url).pathname} ${request.headers.get('X-XSRF-TOKEN') ?? ''}`.trim(),
    );
    if (request.url.endsWith('/csrf-cookie')) document.cookie = 'XSRF-TOKEN=fresh';
    const answer = answers.shift();
    if (!answer || answer instanceof Error) throw answer ?? new Error('unexpected call');
    return answer;
  });
  return calls;
}

const post = () =>
  transport(new Request(`${BASE}/api/incidents/1/acknowledge`, { method: 'POST', body: '{}' }));

beforeEach(() => {
  document.cookie = 'XSRF-TOKEN=old';
});
afterEach(() => {
  vi.unstubAllGlobals();
  document.cookie = 'XSRF-TOKEN=; expires=Thu, 01 Jan 1970 00:00:00 GMT';
});

describe('transport', () => {
  it('reads the CSRF cookie among others', () => {
    expect(csrfCookie('a=1; XSRF-TOKEN=x%3D; b=2')).toBe('x=');
    expect(csrfCookie('')).toBeNull();
  });

  it('fetches a fresh CSRF cookie once after a 419 and repeats the call', async () => {
    const calls = server(json(419), new Response(null, { status: 204 }), json(200, { ok: true }));
    expect((await post()).status).toBe(200);
    expect(calls).toEqual([
      'POST /api/incidents/1/acknowledge old',
      'GET /api/auth/csrf-cookie',
      'POST /api/incidents/1/acknowledge fresh',
    ]);
  });

  it('gives up after the second 419', async () => {
    const calls = server(
      json(419),
      new Response(null, { status: 204 }),
      json(419, { error: 'csrf_mismatch', message: 'no' }),
    );
    await expect(post()).rejects.toMatchObject({ status: 419, code: 'csrf_mismatch' });
    expect(calls).toHaveLength(3);
  });

  it('asks for the cookie first when there is none', async () => {
    document.cookie = 'XSRF-TOKEN=; expires=Thu, 01 Jan 1970 00:00:00 GMT';
    const calls = server(new Response(null, { status: 204 }), json(200));
    await post();
    expect(calls).toEqual(['GET /api/auth/csrf-cookie', 'POST /api/incidents/1/acknowledge fresh']);
  });

  it('reports the end of a session, but not a wrong password at login', async () => {
    const ended = vi.fn();
    setSessionEndHandler(ended);
    server(
      json(401, { error: 'unauthenticated', message: 'x' }),
      json(401, { error: 'invalid_credentials', message: 'x' }),
    );
    await expect(transport(new Request(`${BASE}/api/servers`))).rejects.toBeInstanceOf(ApiError);
    await expect(transport(new Request(`${BASE}/api/auth/login`, { method: 'POST' }))).rejects.toMatchObject({
      code: 'invalid_credentials',
    });
    expect(ended.mock.calls).toEqual([['unauthenticated']]);
  });

  it('ends no session when a screen is sent away', async () => {
    const ended = vi.fn();
    setSessionEndHandler(ended);
    server(json(401, { error: 'unauthenticated', message: 'x' }));
    const asked = new Request(`${BASE}/api/wall`, { headers: { Authorization: 'Bearer x' } });
    await expect(transport(asked)).rejects.toMatchObject({ status: 401 });
    expect(ended).not.toHaveBeenCalled();
  });

  it('turns no answer into an error that says so', async () => {
    server(new TypeError('Failed to fetch'));
    const error = await transport(new Request(`${BASE}/api/servers`)).catch((e: unknown) => e);
    expect(error).toMatchObject({ status: 0, isOffline: true, isRetryable: true });
  });

  it('reads field messages of a 422', async () => {
    server(
      json(422, {
        error: 'validation_failed',
        message: 'wrong',
        errors: { 'settings.host': ['is required'] },
      }),
    );
    await expect(post()).rejects.toMatchObject({ fields: { 'settings.host': ['is required'] } });
  });
});
