import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { mockNow } from './clock';
import { Refusal } from './contract';
import { emptyWorld, freshWorld, largeWorld, quietWorld } from './db';
import { handlers, type MockState } from './handlers';
import { lostRack, wallTokenFits } from './wall';

/**
 * The mock API: HTTP, CSRF, the Pusher socket, and `dist/` under the real server's Content-Security-Policy.
 * `POST /mock/{reset,quiet,empty,large,rack,expire-csrf,busy,held,broken,sign-out,sign-in/<e-mail>}` are for tests: the
 * first five begin anew in that world, `busy` keeps the next backtest waiting, and pages loaded after `held` or `broken`
 * get no answer, or a 503, to all they ask but who is signed in.
 */
const DIST = join(import.meta.dirname ?? process.cwd(), '../dist');
const KEY = 'mock-key';
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const MIME: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const state: MockState = { world: freshWorld(), signedIn: null, busy: false };
let csrf = 'token-1';
let answers: 'held' | 'broken' | null = null;
const sockets = new Map<WebSocket, Set<string>>();

function publish(channel: string, event: string, data: unknown): void {
  for (const [socket, channels] of sockets) {
    if (channels.has(channel)) socket.send(JSON.stringify({ event, channel, data: JSON.stringify(data) }));
  }
}

const routes = Object.entries(handlers(state, publish)).map(([path, methods]) => ({
  pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
  methods: methods as Record<string, (ask: unknown) => unknown>,
}));

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', Date: new Date(mockNow()).toUTCString() });
  response.end(body === undefined ? '' : JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text ? JSON.parse(text) : {};
}

function mock(action: string): void {
  if (/^(reset|quiet|empty|large|rack)$/.test(action)) answers = null;
  if (action === 'held' || action === 'broken') answers = action;
  if (action === 'reset') Object.assign(state, { world: freshWorld(), signedIn: null });
  if (action === 'quiet') Object.assign(state, { world: quietWorld(), signedIn: null });
  if (action === 'empty') Object.assign(state, { world: emptyWorld(), signedIn: null });
  if (action === 'large') Object.assign(state, { world: largeWorld(), signedIn: null });
  if (action === 'rack') Object.assign(state, { world: lostRack(freshWorld()), signedIn: null });
  if (action === 'expire-csrf') csrf = `token-${Math.random()}`;
  if (action === 'busy') state.busy = true;
  if (action === 'sign-out') state.signedIn = null;
  const email = /^sign-in\/(.+)$/.exec(action)?.[1];
  if (email) state.signedIn = state.world.users.find((user) => user.email === email)?.id ?? null;
}

async function api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const method = (request.method ?? 'GET').toLowerCase();
  const route = routes.find((r) => r.pattern.test(url.pathname) && r.methods[method]);
  if (!route) throw new Refusal(404, 'not_found', 'There is no such route.');
  if (answers === 'broken' && /^\/api\/(?!auth\/me)/.test(url.pathname))
    throw new Refusal(503, 'unavailable', 'The database cannot be reached.');
  const path = { ...route.pattern.exec(url.pathname)?.groups };
  if (url.pathname === '/api/auth/csrf-cookie')
    response.setHeader('Set-Cookie', `XSRF-TOKEN=${csrf}; Path=/`);
  if (method !== 'get' && request.headers['x-xsrf-token'] !== csrf)
    throw new Refusal(419, 'csrf_mismatch', 'Get the cookie again.');
  // A screen on a wall has its token instead of a session.
  const isScreen = url.pathname === '/api/wall' && wallTokenFits(state.world, request.headers.authorization);
  const isNoScreen = request.headers.authorization !== undefined && !isScreen;
  if (!url.pathname.startsWith('/api/auth/') && ((state.signedIn === null && !isScreen) || isNoScreen))
    throw new Refusal(401, 'unauthenticated', 'Sign in first.');
  const body = method === 'get' ? undefined : await readBody(request);
  const result = route.methods[method]?.({ id: Number(path.id), path, query: url.searchParams, body });
  const created =
    method === 'post' &&
    /tokens$|users$|notes$|rules$|policies$|windows$|schedules$|overrides$/.test(url.pathname);
  answer(response, result === undefined ? 204 : created ? 201 : 200, result);
}

/** A file of the build. Those that have their content's hash in their name are kept by the browser, as with the real server. */
function file(response: ServerResponse, pathname: string): void {
  const wanted = join(DIST, normalize(pathname));
  const path =
    wanted.startsWith(DIST) && existsSync(wanted) && statSync(wanted).isFile()
      ? wanted
      : join(DIST, 'index.html');
  response.writeHead(200, {
    'Content-Type': MIME[extname(path)] ?? 'application/octet-stream',
    'Content-Security-Policy': CSP,
    'Cache-Control': pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  createReadStream(path).pipe(response);
}

/**
 * The settings that the page reads before it begins. Held answers are held here: open requests would use up all the
 * connections that a browser makes to one host. And who tries again three times need not wait as long as a person would.
 */
function settings(): string {
  const place = `window.__NOC_API_BASE__ = '/api';\nwindow.__NOC_REVERB_KEY__ = '${KEY}';\n`;
  const asked = '/\\/api\\/(?!auth\\/me)/.test(request.url ?? request)';
  if (answers === 'held')
    return `${place}const ask = window.fetch;
window.fetch = (request, ...rest) => ${asked} ? new Promise(() => {}) : ask(request, ...rest);\n`;
  if (answers === 'broken')
    return `${place}const wait = window.setTimeout;
window.setTimeout = (then, ms, ...rest) => wait(then, ms >= 1000 ? ms / 20 : ms, ...rest);\n`;
  return place;
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://mock');
  if (url.pathname.startsWith('/mock/')) {
    mock(url.pathname.slice('/mock/'.length));
    return answer(response, 200, {});
  }
  if (url.pathname === '/runtime-config.js') {
    response.writeHead(200, { 'Content-Type': 'text/javascript', 'Cache-Control': 'no-store' });
    return response.end(settings());
  }
  if (!/^\/(api|broadcasting)\//.test(url.pathname)) return file(response, url.pathname);
  api(request, response, url).catch((error: unknown) => {
    if (error instanceof Refusal && error.retryAfter !== undefined)
      response.setHeader('Retry-After', error.retryAfter);
    if (error instanceof Refusal)
      answer(response, error.status, { error: error.code, message: error.message, errors: error.errors });
    else {
      console.error(error);
      answer(response, 500, { error: 'internal', message: String(error) });
    }
  });
});

new WebSocketServer({ server, path: `/app/${KEY}` }).on('connection', (socket) => {
  const channels = new Set<string>();
  sockets.set(socket, channels);
  socket.send(
    JSON.stringify({
      event: 'pusher:connection_established',
      data: JSON.stringify({ socket_id: '1.1', activity_timeout: 30 }),
    }),
  );
  socket.on('close', () => sockets.delete(socket));
  socket.on('message', (raw) => {
    const { event, data } = JSON.parse(String(raw)) as { event: string; data: { channel: string } };
    if (event === 'pusher:ping') socket.send(JSON.stringify({ event: 'pusher:pong' }));
    if (event === 'pusher:unsubscribe') channels.delete(data.channel);
    if (event === 'pusher:subscribe') {
      channels.add(data.channel);
      socket.send(
        JSON.stringify({
          event: 'pusher_internal:subscription_succeeded',
          channel: data.channel,
          data: '{}',
        }),
      );
    }
  });
});

// On a busy machine a connection that closes by itself may do so just as it is used again.
server.keepAliveTimeout = 60 * 60 * 1000;
const port = Number(process.env.NOC_MOCK_PORT ?? 8787);
server.listen(port, '127.0.0.1', () => console.log(`mock api on http://127.0.0.1:${port}`));
