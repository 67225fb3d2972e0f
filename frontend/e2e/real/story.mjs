// What every story of the real thing has: the product, a browser, a first login, a host with an agent, and parts that
// need the ones before them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { FIRST_PASSWORD, PASSWORD, run, System, until } from './system.mjs';

const UNINSTALL = '/opt/hostseba-noc/uninstall.sh';

export class Story {
  system = new System();
  page;
  /** Opens another page of the same browser and session, as watched as the first. */
  another;
  /** Everything that went wrong in the browser on the way. */
  problems;
  #broken = null;
  #installed = false;

  /** Starts the product, with settings of its own if the story needs them, and a browser; nobody has signed in. */
  async begin(settings) {
    process.env.NOC_URL = await this.system.startNoc(settings);
    const { launch, openPage } = await import('../browser.mjs');
    const browser = await launch();
    this.system.onEnd(() => browser.close());
    Object.assign(this, await openPage(browser));
  }

  /** Takes the agent off this host, if the story put one there, and ends what was started. */
  async end() {
    if (this.#installed && existsSync(UNINSTALL)) run(UNINSTALL, []);
    await this.system.end();
  }

  /** One part of it; not tried once one before it has failed. */
  part(name, body) {
    it(name, async () => {
      assert.equal(this.#broken, null, `not tried, because this failed: ${this.#broken}`);
      this.#broken = name;
      try {
        await body();
      } catch (error) {
        // What was on the page then.
        const picture = join(process.env.NOC_SCREENS ?? tmpdir(), `failed-${process.pid}.png`);
        await this.page?.screenshot({ path: picture, fullPage: true }).then(
          () => console.error(`picture: ${picture}`),
          () => {},
        );
        throw error;
      }
      this.#broken = null;
    });
  }

  /** The last part: nothing may have gone wrong that nobody looked at. */
  nothingFailed() {
    this.part('nothing failed on the way', () => assert.equal(this.problems.join('\n'), ''));
  }

  async go(path) {
    await this.page.goto(this.system.url + path);
    await this.page.getByRole('heading', { level: 1 }).waitFor();
  }

  /** A call of the page itself: with its session and its CSRF token. */
  api(method, path, body) {
    return this.page.evaluate(
      async ([method, path, body]) => {
        const token = decodeURIComponent(/XSRF-TOKEN=([^;]+)/.exec(document.cookie)?.[1] ?? '');
        const answer = await fetch(path, {
          method,
          headers: { 'Content-Type': 'application/json', 'X-XSRF-TOKEN': token },
          body: body && JSON.stringify(body),
        });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
        return text ? JSON.parse(text) : null;
      },
      [method, path, body],
    );
  }

  /** Somebody, the admin with the documented password, signs in for the first time and must choose an own one. */
  async firstLogin(email = 'admin@hostseba.com', password = FIRST_PASSWORD) {
    const { page } = this;
    await page.goto(`${this.system.url}/login`);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Current password', { exact: true }).fill(password);
    await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('New password again').fill(PASSWORD);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByText('ws: connected').waitFor();
  }

  /** Makes an account and gives its first password. */
  async account(name, email, role) {
    return (await this.api('POST', '/api/users', { name, email, role })).initial_password;
  }

  /** Every channel but e-mail stays off; e-mail goes to this server. */
  async useMail(mail) {
    await this.api('PUT', '/api/notification-channels/email', {
      enabled: true,
      settings: {
        host: '127.0.0.1',
        port: mail.port,
        encryption: 'none',
        from_address: 'noc@hostseba.test',
        from_name: 'HostSeba NOC',
      },
    });
  }

  /** Has the page say later whether it was loaded anew. */
  mark(page = this.page) {
    return page.evaluate(() => {
      window.notReloaded = true;
    });
  }

  async notReloaded(page = this.page) {
    assert.equal(await page.evaluate(() => window.notReloaded), true, 'it was reloaded');
  }

  /**
   * Adds this host as the page says: its command, run by root as it stands, but for a report every 2 s instead of every
   * minute and for `flags` of the installer.
   */
  async addHost(name, flags = '') {
    const { page } = this;
    await this.go('/servers/new');
    await page.getByLabel('Server name').fill(name);
    await page.getByRole('button', { name: 'Create install command' }).click();
    await page.getByRole('button', { name: 'Copy install command' }).click();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(command, /sudo bash noc-install\.sh /);
    const asRoot = command.replace(
      'sudo bash noc-install.sh ',
      `bash noc-install.sh --interval 2 ${flags && `${flags} `}`,
    );
    this.#installed = true;
    const answer = spawnSync('bash', ['-c', asRoot], { encoding: 'utf8', cwd: this.system.folder });
    assert.equal(answer.status, 0, `${asRoot}\n${answer.stdout}${answer.stderr}`);
    await page.getByText(`${name} is reporting`).waitFor({ timeout: 60_000 });
  }

  /** Runs the installer again, as for an upgrade: the agent begins anew and reads everything at once. */
  upgradeAgent() {
    run('bash', ['noc-install.sh', '--interval', '2'], { cwd: this.system.folder });
  }

  /**
   * A row of a table as it stands on the page, by the columns' headers; pictures by their words. Null while there is no
   * row with that text.
   */
  row(table, text) {
    return this.page.evaluate(
      ([table, text]) => {
        const shown = document.querySelector(`table[aria-label="${table}"]`);
        const row = [...(shown?.tBodies[0].rows ?? [])].find((row) => row.innerText.includes(text));
        if (!row) return null;
        const names = [...shown.tHead.rows[0].cells].map((cell) => cell.innerText.trim());
        const words = (cell) =>
          [cell.innerText.trim(), cell.querySelector('svg[aria-label]')?.getAttribute('aria-label')]
            .filter(Boolean)
            .join(' ')
            .replace(/\s+/g, ' ');
        return Object.fromEntries([...row.cells].map((cell, at) => [names[at], words(cell)]));
      },
      [table, text],
    );
  }

  /** Waits until such a row shows these values. */
  async rowShows(table, text, expected, timeoutMs = 60_000) {
    let last;
    const shown = async () => {
      last = await this.row(table, text);
      return last !== null && Object.entries(expected).every(([name, value]) => last[name] === value);
    };
    await until(`the row of ${text}`, shown, timeoutMs).catch(() => {
      const of = Object.keys(expected).map((name) => [name, last?.[name]]);
      assert.deepEqual(last && Object.fromEntries(of), expected);
    });
  }
}
