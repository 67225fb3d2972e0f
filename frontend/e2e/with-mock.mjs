// Starts the mock API on a port of its own, runs what is given, ends it: `node with-mock.mjs screens.mjs`. The
// page is what `npm run build` left in `dist`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

// Two runs beside each other need a port each, or one would stage the other's world.
const port = process.env.NOC_MOCK_PORT ?? '8797';
const env = {
  ...process.env,
  NOC_MOCK_NOW: '2026-05-07T06:34:56Z',
  NOC_MOCK_PORT: port,
  NOC_URL: `http://127.0.0.1:${port}`,
};
const here = (path) => new URL(path, import.meta.url).pathname;

const mock = spawn(process.execPath, [here('../mock-api/run.mjs')], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
});
await Promise.race([
  once(mock.stdout, 'data'),
  once(mock, 'exit').then(() => Promise.reject(new Error('the mock did not start'))),
]);
const [script, ...rest] = process.argv.slice(2);
const run = spawn(process.execPath, [here(`./${script}`), ...rest], { env, stdio: 'inherit' });
const [code] = await once(run, 'exit');
mock.kill();
process.exit(code ?? 1);
