// The real thing, for tests: `noc` as a process, a real SMTP server, a real agent installed by its installer, Chromium.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = resolve(import.meta.dirname, '../../..');
const NOC = resolve(ROOT, process.env.NOC_BIN ?? 'target/ci/noc');
export const FIRST_PASSWORD = 'changeme-noyon';
export const PASSWORD = 'correct-horse-battery-9';

export async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until `probe` answers something true, and gives that back. */
export async function until(what, probe, timeoutMs = 30_000) {
  const deadline = Date.now() + timeoutMs;
  let last;
  while (Date.now() < deadline) {
    try {
      const found = await probe();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`waited ${timeoutMs} ms for: ${what}${last ? ` (${last})` : ''}`);
}

/** Runs a program to its end; fails with its output when it fails. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (done.status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${done.error ?? ''}${done.stdout}${done.stderr}`);
  }
  return done.stdout;
}

/** Everything that was started, ended in reverse order. */
export class System {
  folder = mkdtempSync(join(tmpdir(), 'noc-e2e-'));
  #ends = [];

  onEnd(end) {
    this.#ends.push(end);
  }

  async end() {
    for (const end of this.#ends.reverse()) await end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts a process; it ends with the system, by its own id. */
  start(command, args, { env = {}, name = command, onLine = () => {} } = {}) {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    createInterface({ input: child.stdout }).on('line', onLine);
    child.stderr.on('data', keep);
    child.on('error', (error) => keep(`${name}: ${error}`));
    const gone = once(child, 'exit');
    this.onEnd(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
        await gone;
        clearTimeout(timer);
      }
    });
    return { child, output: () => output };
  }

  /** Starts `noc` on embedded parts in a folder of its own. */
  async startNoc() {
    if (!existsSync(NOC)) throw new Error(`${NOC} is not there: cargo build --profile ci --workspace`);
    const port = await freePort();
    const metrics = await freePort();
    const noc = this.start(NOC, ['serve'], {
      name: 'noc',
      env: {
        NOC_BIND: `127.0.0.1:${port}`,
        NOC_METRICS_BIND: `127.0.0.1:${metrics}`,
        NOC_DATA_DIR: join(this.folder, 'data'),
        NOC_OUTBOUND_ALLOW: '127.0.0.0/8',
      },
    });
    this.url = `http://127.0.0.1:${port}`;
    this.noc = noc;
    await until('noc to be ready', async () => {
      if (noc.child.exitCode !== null) throw new Error(`noc ended: ${noc.output()}`);
      return (await fetch(`${this.url}/readyz`)).ok;
    });
    return this.url;
  }

  /** Starts a real SMTP server; `mails` holds what it took, decoded. */
  async startMail() {
    const mails = [];
    const server = this.start(
      '/usr/bin/python3',
      [join(ROOT, 'tests/smtp/server.py'), join(this.folder, 'mail')],
      {
        name: 'smtp',
        onLine: (line) => line.startsWith('taken ') && mails.push(JSON.parse(line.slice('taken '.length))),
      },
    );
    const port = await until(
      'the SMTP server to listen (apt-get install python3-aiosmtpd)',
      () => /^port (\d+)$/m.exec(server.output())?.[1],
    );
    return { port: Number(port), mails };
  }
}
