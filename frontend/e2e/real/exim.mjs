// A real exim that handles its host's mail, and servers of other domains that take or refuse it. It writes its log where
// a cPanel host has it, so that the real agent reads it there; its settings and queue are its own, in a mount namespace.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, ROOT, run, until } from './system.mjs';

const LOG = '/var/log/exim_mainlog';
const LOGS = ['main', 'reject', 'panic'].map((kind) => `/var/log/exim_${kind}log`);

/** Hands in mail with a login each, from an address of this host each. */
const SEND = `
import json, smtplib, sys
for mail in json.load(sys.stdin):
    smtp = smtplib.SMTP("127.0.0.1", mail["port"], "laptop.test", 30, (mail["address"], 0))
    smtp.login(mail["login"], "secret")
    smtp.sendmail(mail["login"], mail["to"], "Subject: hello\\r\\n\\r\\nhello\\r\\n")
    smtp.quit()
`;

/** An account of this host with a web site; tests/agent/exim.sh knows it by this number. */
export const ACCOUNT = { name: 'cust1', uid: 39111 };

/** Makes an account's user, and takes it away with the system; one that is there is somebody else's. */
export function addUser(system, { name, uid }) {
  if (spawnSync('id', [name]).status === 0) throw new Error(`this host has a user ${name}`);
  system.onEnd(() => run('userdel', ['--remove', name], { stdio: 'ignore' }));
  run('useradd', [
    '--uid',
    String(uid),
    '--user-group',
    '--create-home',
    '--home-dir',
    `/home/${name}`,
    name,
  ]);
}

/** So many addresses, all different. */
export const recipients = (n, domain, of = 'r') => Array.from({ length: n }, (_, i) => `${of}${i}@${domain}`);

export class Exim {
  #world;
  #port;

  /** Starts it; its log begins empty, and goes with the system. */
  static async start(system) {
    const exim = new Exim();
    if (existsSync(LOG)) throw new Error(`${LOG} is there: this host has a mail server of its own`);
    system.onEnd(() => {
      for (const log of LOGS) rmSync(log, { force: true });
    });
    addUser(system, ACCOUNT);
    for (const log of LOGS)
      run('install', ['-o', 'Debian-exim', '-g', 'adm', '-m', '0640', '/dev/null', log]);
    exim.taken = await system.startMail('elsewhere');
    const refuses = await system.startMail('refused', 'reply rcpt 550 5.1.1 No such user');
    const folder = join(system.folder, 'exim');
    mkdirSync(folder);
    exim.#port = await freePort();
    // ok.test takes mail, fail.test refuses it; defer.test is not asked for.
    const ports = [exim.#port, exim.taken.port, refuses.port, refuses.port].map(String);
    exim.#world = system.start(
      'unshare',
      ['--mount', '--propagation', 'private', join(ROOT, 'tests/agent/exim.sh'), folder, ...ports],
      { name: 'exim', env: { EXIM_LOG: '/var/log/exim_%slog' } },
    );
    system.onEnd(() => exim.#stop());
    await until('exim to take mail', () => {
      if (exim.#world.child.exitCode !== null) throw new Error(`exim ended: ${exim.#world.output()}`);
      return exim.#greets();
    });
    return exim;
  }

  #greets() {
    const open = `import socket; socket.create_connection(("127.0.0.1", ${this.#port})).recv(1)`;
    return spawnSync('/usr/bin/python3', ['-c', open]).status === 0;
  }

  /** Its daemon ends with the script that started it, and that with its input. */
  async #stop() {
    const { child } = this.#world;
    child.stdin.end();
    await until('exim to end', () => child.exitCode !== null || child.signalCode !== null);
  }

  /** Sends mails `{login, to, address}`, and waits until exim is done with them: `completed` messages more. */
  async send(mails) {
    const before = this.#done();
    const given = mails.map((mail) => ({ address: '127.0.0.1', ...mail, port: this.#port }));
    run('/usr/bin/python3', ['-c', SEND], { input: JSON.stringify(given) });
    await until('exim to be done with it', () => this.#done() >= before + mails.length);
  }

  /** A script of the account sends from its folder, which the log names. */
  async script(to) {
    const before = this.#done();
    run(
      'nsenter',
      [
        `--mount=/proc/${this.#world.child.pid}/ns/mnt`,
        'setpriv',
        `--reuid=${ACCOUNT.uid}`,
        `--regid=${ACCOUNT.uid}`,
        '--clear-groups',
        'sh',
        '-c',
        'cd /home/cust1/public_html && exec exim4 -i "$@"',
        'sh',
        ...to,
      ],
      { input: 'Subject: hello\n\nhello\n' },
    );
    await until('exim to be done with it', () => this.#done() >= before + 1);
  }

  #lines() {
    return readFileSync(LOG, 'utf8').split('\n');
  }

  /** Messages that it is done with, bounces aside. */
  #done() {
    const lines = this.#lines();
    const bounces = new Set(lines.map((line) => / (\S+) <= <> /.exec(line)?.[1]).filter(Boolean));
    const completed = lines.map((line) => / (\S+) Completed/.exec(line)?.[1]).filter(Boolean);
    return completed.filter((id) => !bounces.has(id)).length;
  }

  /** Recipients that failed for good, bounces included: what exim's log says. */
  failed() {
    return this.#lines().filter((line) => line.includes(' ** ')).length;
  }

  /** What exim's log says of a login, or of a local user: messages, recipients, failures, addresses. */
  saysOf(name) {
    const lines = this.#lines();
    const own = lines.filter(
      (line) =>
        line.includes(' <= ') && (line.includes(`:${name} S=`) || line.includes(` U=${name} P=local `)),
    );
    const ids = new Set(own.map((line) => line.split(' ')[2]));
    const to = own.map((line) => line.slice(line.lastIndexOf(' for ') + 5).split(' '));
    return {
      messages: own.length,
      recipients: to.flat().length,
      failures: lines.filter((line) => line.includes(' ** ') && ids.has(line.split(' ')[2])).length,
      addresses: new Set(own.map((line) => / H=.*?\[([\d.]+)\]/.exec(line)?.[1])).size,
    };
  }

  /** Recipients that servers of other domains took from a sender. */
  takenFrom(sender) {
    return this.taken.mails.filter((mail) => mail.from === sender).flatMap((mail) => mail.recipients).length;
  }
}
