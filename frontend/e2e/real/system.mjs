// The real thing, for tests: `noc` as a process, a real SMTP server, a real agent installed by its installer, Chromium.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = resolve(import.meta.dirname, '../../..');
const NOC = resolve(ROOT, process.env.NOC_BIN ?? 'target/ci/noc');
/** The documented one on this machine alone; behind a proxy one must be given. */
export const FIRST_PASSWORD =
  process.env.NOC_TEST_PARTS === 'real' ? 'first-password-of-9' : 'changeme-noyon';
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

/** Settings of topics, tables and a database of a name of its own, on the servers of `make stack`. */
function realParts() {
  const name = `noc_story_${randomBytes(6).toString('hex')}`;
  const settings = Object.fromEntries(
    run(join(ROOT, 'tests/stack/stack.sh'), ['env'])
      .trim()
      .split('\n')
      .map((line) => /^export (\w+)=(.*)$/.exec(line).slice(1)),
  );
  const { username, password, hostname, port } = new URL(settings.NOC_DATABASE_URL);
  const login = ['--no-defaults', `-u${username}`, `-p${password}`, `-h${hostname}`, `-P${port}`];
  run('mariadb', [...login, '-e', `CREATE DATABASE ${name}`]);
  return {
    ...settings,
    NOC_DATABASE_URL: settings.NOC_DATABASE_URL.replace(/[^/]+$/, name),
    NOC_KAFKA_TOPIC_PREFIX: `${name}.`,
    NOC_KAFKA_PARTITIONS: '4',
    NOC_QUESTDB_TABLE_PREFIX: `${name}_`,
    COREPANEL_FIELD_KEY: randomBytes(32).toString('hex'),
    COREPANEL_LOG_CHAIN_KEY: randomBytes(32).toString('hex'),
    NOC_LIVE_KEY: 'live-key-of-the-story',
    NOC_LIVE_SECRET: randomBytes(32).toString('hex'),
  };
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

  /**
   * Starts the product: one `noc` on embedded parts or, with `NOC_TEST_PARTS=real`, two nodes on the servers of
   * `make stack` behind a real nginx. `url` is where people and agents go; `settings` are those of a story.
   */
  async startNoc(settings = {}) {
    if (!existsSync(NOC)) throw new Error(`${NOC} is not there: cargo build --profile ci --workspace`);
    this.url = `http://127.0.0.1:${await freePort()}`;
    if (process.env.NOC_TEST_PARTS !== 'real') {
      this.nodes = [await this.#startNode(new URL(this.url).port, settings)];
      return this.url;
    }
    const parts = {
      ...realParts(),
      NOC_PUBLIC_URL: this.url,
      NOC_TRUSTED_PROXIES: '127.0.0.1',
      NOC_ADMIN_PASSWORD: FIRST_PASSWORD,
      ...settings,
    };
    const ports = [await freePort(), await freePort()];
    this.nodes = [];
    for (const port of ports) this.nodes.push(await this.#startNode(port, parts));
    await this.#startProxy(ports);
    return this.url;
  }

  async #startNode(port, settings) {
    const noc = this.start(NOC, ['serve'], {
      name: 'noc',
      env: {
        NOC_BIND: `127.0.0.1:${port}`,
        NOC_METRICS_BIND: `127.0.0.1:${await freePort()}`,
        NOC_DATA_DIR: join(this.folder, `data-${port}`),
        NOC_OUTBOUND_ALLOW: '127.0.0.0/8',
        // Stories look for the mail of each incident.
        NOC_GROUP_WAIT_S: '0',
        NOC_STORM_MESSAGES: '0',
        ...settings,
      },
    });
    await until('noc to be ready', async () => {
      if (noc.child.exitCode !== null) throw new Error(`noc ended: ${noc.output()}`);
      return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
    });
    return noc;
  }

  /** nginx in front of both nodes, which asks the other one when one is away. */
  async #startProxy(ports) {
    const conf = join(this.folder, 'nginx.conf');
    writeFileSync(
      conf,
      `user root; daemon off; pid ${this.folder}/nginx.pid; error_log stderr warn; worker_processes 1;
events {}
http {
  access_log off; client_body_temp_path ${this.folder}/body; proxy_temp_path ${this.folder}/proxy;
  fastcgi_temp_path ${this.folder}/fastcgi; uwsgi_temp_path ${this.folder}/uwsgi; scgi_temp_path ${this.folder}/scgi;
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  upstream nodes { ${ports.map((port) => `server 127.0.0.1:${port} fail_timeout=2s;`).join(' ')} }
  server {
    listen ${new URL(this.url).host};
    location / {
      proxy_pass http://nodes; proxy_http_version 1.1; client_max_body_size 16m;
      proxy_next_upstream error timeout http_502 http_503 non_idempotent; proxy_connect_timeout 2s;
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
    }
  }
}
`,
    );
    const nginx = this.start('/usr/sbin/nginx', ['-c', conf], { name: 'nginx' });
    await until('nginx to pass requests on', async () => {
      if (nginx.child.exitCode !== null) throw new Error(`nginx ended: ${nginx.output()}`);
      return (await fetch(`${this.url}/readyz`)).ok;
    });
  }

  /** Kills a node as a crash would. */
  async killNode(index) {
    const { child } = this.nodes[index];
    child.kill('SIGKILL');
    await until('the node to be gone', () => child.signalCode !== null);
  }

  /**
   * Starts a real SMTP server; `mails` holds what it took, decoded. `behaves` is a line for it, such as
   * `reply rcpt 550 5.1.1 No such user`.
   */
  async startMail(folder = 'mail', behaves = null) {
    const mails = [];
    const server = this.start(
      '/usr/bin/python3',
      [join(ROOT, 'tests/smtp/server.py'), join(this.folder, folder)],
      {
        name: 'smtp',
        onLine: (line) => line.startsWith('taken ') && mails.push(JSON.parse(line.slice('taken '.length))),
      },
    );
    const port = await until(
      'the SMTP server to listen (apt-get install python3-aiosmtpd)',
      () => /^port (\d+)$/m.exec(server.output())?.[1],
    );
    if (behaves) {
      server.child.stdin.write(`${behaves}\n`);
      await until('the SMTP server to behave like that', () => /^done$/m.test(server.output()));
    }
    return { port: Number(port), mails };
  }
}
