// Hosts that are not there, for stories that need many of them or need one to fail at a word: each enrols with a token as
// an agent does, and posts what an agent would.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

const at = (ms) => new Date(ms).toISOString();

/** One host; it reports by itself until it is silent. */
class Host {
  name;
  id;
  #url;
  #secret;
  #boot = randomUUID();
  #seq = 1;
  #timer = null;
  #services = null;
  #began = Date.now();

  constructor(url, name, identity) {
    this.name = name;
    this.id = identity.server_id;
    this.#url = url;
    this.#secret = identity.agent_secret;
  }

  /** Its services, by name: whether they run. Told with its next report, and at once. */
  async tellServices(services) {
    this.#services = services;
    await this.report();
  }

  async report() {
    const now = Date.now();
    const payload = (kind, fields) => ({
      kind,
      v: 1,
      boot_id: this.#boot,
      seq: this.#seq++,
      observed_at: at(now),
      sent_at: at(now),
      ...fields,
    });
    const payloads = [
      payload('metrics', {
        cpu_pct: 12.5,
        load1: 0.8,
        cores: 8,
        ram_total_bytes: 33_554_432_000,
        ram_used_bytes: 9_132_659_200,
        uptime_s: 1_814_400 + Math.round((now - this.#began) / 1000),
      }),
    ];
    if (this.#services) {
      const services = Object.entries(this.#services).map(([name, running]) => ({
        name,
        unit: `${name}.service`,
        installed: true,
        enabled: true,
        running,
        pids: running ? 4 : 0,
        main_pid: running ? 811 : null,
      }));
      payloads.push(payload('processes', { services }));
    }
    const answer = await fetch(`${this.#url}/api/agent/batch`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.id}.${this.#secret}` },
      body: JSON.stringify({ payloads }),
    });
    const text = await answer.text();
    assert.equal(answer.status, 202, `${this.name}: ${text}`);
  }

  /** Reports from now on; what goes wrong is told to `failed`. */
  live(failed, everyMs) {
    this.#timer ??= setInterval(() => {
      this.report().catch((error) => this.#timer && failed(error));
    }, everyMs);
  }

  /** Nothing more comes from it, and no goodbye. */
  die() {
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** Hosts of a story; they end with it. */
export class Fleet {
  #story;
  #everyMs;
  hosts = [];
  /** What they could not tell. */
  failures = [];

  constructor(story, everyMs = 2000) {
    this.#story = story;
    this.#everyMs = everyMs;
    story.system.onEnd(() => {
      for (const host of this.hosts) host.die();
    });
  }

  /** Enrols hosts by one token with these tags, and has them report. */
  async enrol(names, tags = []) {
    const { system } = this.#story;
    const single = names.length === 1;
    const token = await this.#story.api('POST', '/api/registration-tokens', {
      name: single ? names[0] : 'rack',
      tags,
      max_uses: names.length,
      allowed_cidrs: single ? [] : ['127.0.0.0/8'],
    });
    const enrolled = [];
    for (const hostname of names) {
      const answer = await fetch(`${system.url}/api/agent/register`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
          token: token.token,
          hostname,
          os: 'Debian 12',
          arch: 'x86_64',
          agent_version: '1.0.0',
        }),
      });
      assert.equal(answer.status, 201, `${hostname}: ${await answer.clone().text()}`);
      const host = new Host(system.url, hostname, await answer.json());
      await this.revive([host]);
      enrolled.push(host);
    }
    this.hosts.push(...enrolled);
    return enrolled;
  }

  /** Has them report, at once and from then on. */
  async revive(hosts) {
    for (const host of hosts) {
      await host.report();
      host.live((error) => this.failures.push(error.message), this.#everyMs);
    }
  }
}
