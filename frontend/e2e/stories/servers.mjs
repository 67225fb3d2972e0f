// Servers: added, charted, held for maintenance.
import assert from 'node:assert/strict';
import { settled } from '../settled.mjs';
import { eventually, go, signIn } from '../steps.mjs';

export const stories = {
  async 'charts say what is usual, what was a week before, and what happened'(page) {
    await signIn(page);
    await go(page, '/servers/3');
    const cpu = page.getByRole('figure', { name: 'Chart: CPU' });
    await cpu.getByText('usual').waitFor();
    await cpu.getByText('a week before').waitFor();
    await eventually(async () =>
      assert.equal(
        await page.getByRole('figure', { name: 'Chart: Swap' }).getByText('usual').count(),
        0,
        'nothing judges it',
      ),
    );
    const marked = page.getByRole('list', { name: 'Marked behind the charts' });
    await marked.getByText('reboot').waitFor();
    await marked.getByText('backup jetbackup accounts: success').waitFor();
    await page.getByRole('switch', { name: 'A week before' }).click({ force: true });
    await page.waitForURL(/week=hidden/);
    await cpu.getByText('a week before').waitFor({ state: 'detached' });
    await page.reload();
    await cpu.getByText('usual').waitFor();
    await eventually(async () => assert.equal(await cpu.getByText('a week before').count(), 0));
    await marked.getByRole('link', { name: '/home is 96 % full on web-11.hostseba' }).click();
    await page.waitForURL(/incidents\/43/);
    await page.getByText('tells every admin, by email').waitFor();
  },

  async 'maintenance is planned for a server, starts now, and is ended'(page) {
    await signIn(page);
    await go(page, '/servers/12');
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Maintenance…' }).click();
    const editor = page.getByRole('dialog', { name: 'New maintenance window' });
    const name = await editor.getByLabel('Name').inputValue();
    assert.match(name, /^Maintenance of .*hostseba/);
    await editor.getByRole('button', { name: 'Now, for 4 h' }).click();
    await editor.getByText('Thu 7 May 12:34 to 16:34').waitFor();
    await editor.getByRole('button', { name: 'Create window' }).click();
    await page.getByText('Maintenance is under way').waitFor();
    await page.mouse.move(5, 5);
    const row = page.getByRole('row', { name: new RegExp(name) });
    await row.getByText('4 h left').waitFor();
    await page.getByRole('status').filter({ hasText: 'The 3 windows under way hold back' }).waitFor();
    await row.getByRole('button', { name: `+ 1 hour: ${name}` }).click();
    await row.getByText('5 h left').waitFor();
    await row.getByRole('button', { name: `End now: ${name}` }).click();
    await page.getByRole('button', { name: 'End it now' }).click();
    await page.getByText('Ended: what is still wrong').waitFor();
    await page.mouse.move(5, 5);
    await row.getByText('over').waitFor();
    // One that returns can be ended this time alone.
    await page.getByRole('button', { name: 'End now: cPanel updates' }).click();
    const question = page.getByRole('dialog', { name: 'End “cPanel updates” now?' });
    await eventually(async () =>
      assert.match(await question.textContent(), /It returns Thu 14 May 12:00 to 13:30/),
    );
    await question.getByRole('button', { name: 'End it this time' }).click();
    await page.mouse.move(5, 5);
    await page
      .getByRole('row', { name: /cPanel updates/ })
      .getByText('next', { exact: true })
      .waitFor();
    await page.getByRole('link', { name: 'Overview', exact: true }).first().click();
    const held = page.getByRole('region', { name: 'Held back now' });
    await held.getByText('for maintenance').waitFor();
    await held.getByRole('link', { name: 'Kernel updates' }).click();
    await page.getByRole('dialog', { name: 'Kernel updates' }).waitFor();
  },

  async 'a new host turns green by itself'(page) {
    await signIn(page);
    await go(page, '/');
    await page.getByText('ws: connected').waitFor();
    await page.getByRole('link', { name: 'Servers', exact: true }).first().click();
    await page.getByRole('button', { name: 'Add host' }).click();
    await page.getByLabel('Server name').fill('not a name');
    await page.getByRole('button', { name: 'Create install command' }).click();
    await page.getByText('may hold letters').waitFor();
    await page.getByLabel('Server name').fill('web-99.hostseba');
    await page.getByRole('button', { name: 'Create install command' }).click();
    await page.getByRole('button', { name: 'Copy install command' }).click();
    await eventually(async () =>
      assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl .*--token-stdin$/),
    );
    await page.getByText('web-99.hostseba is reporting').waitFor();
    await page.getByRole('link', { name: 'Open server' }).click();
    await page.getByRole('heading', { name: /web-99/ }).waitFor();
  },

  async 'charts follow the range and a dragged stretch, and both are in the address'(page) {
    await signIn(page);
    await go(page, '/servers/3');
    await page.getByText('7d', { exact: true }).click();
    await page.waitForURL(/range=7d/);
    await page.getByText(/shade: min to max/).waitFor();
    // What is usual and what happened come after the chart, which is then drawn anew.
    await settled(page);
    const over = page.locator('figure .u-over').first();
    await over.hover();
    const box = await over.boundingBox();
    await page.mouse.move(box.x + 60, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 220, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d+&to=\d+/);
    await page.getByRole('button', { name: 'Back to 7d' }).click();
    await page.waitForURL((url) => !url.search.includes('from='));
  },

  async 'a service hands out its restart command'(page) {
    await signIn(page);
    await go(page, '/servers/1/services');
    await page
      .getByRole('row', { name: /exim/ })
      .getByRole('button', { name: 'Copy restart command' })
      .click();
    await eventually(async () =>
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'sudo systemctl restart exim4'),
    );
  },

  async 'every list can be exported whole'(page) {
    await signIn(page);
    for (const [path, name] of [
      ['/servers', /^servers-/],
      ['/incidents', /^incidents-/],
      ['/servers/3/incidents', /^incidents-of-this-server-/],
      ['/maintenance', /^maintenance-windows-/],
      ['/settings/users', /^users-/],
      ['/hosting/mail-queue', /^mail-queue-/],
      ['/hosting/top-senders', /^top-senders-/],
      ['/hosting/mail-abuse', /^mail-abuse-/],
      ['/hosting/mail-abuse?view=allowances', /^mail-allowances-/],
      ['/hosting/backups', /^backups-/],
      ['/hosting/disks', /^disks-/],
      ['/hosting/mysql', /^mysql-/],
      ['/hosting/litespeed', /^litespeed-/],
      ['/hosting/cpanel', /^cpanel-/],
      ['/hosting/firewall', /^top-attackers-/],
      ['/hosting/crons', /^cron-jobs-/],
    ]) {
      await go(page, path);
      const csv = page.getByRole('button', { name: 'CSV' }).first();
      await csv.waitFor();
      const [download] = await Promise.all([page.waitForEvent('download'), csv.click()]);
      assert.match(download.suggestedFilename(), name);
    }
  },

  async 'a server tells why the detectors did something, and why they did nothing'(page) {
    await signIn(page);
    await go(page, '/servers/3');
    await page.getByRole('tab', { name: 'Why' }).click();
    const table = page.getByRole('table', { name: 'Decisions' });
    await table.getByText('6,820 recipients in this hour so far').waitFor();
    await page.getByText('nothing happened', { exact: true }).click();
    await page.waitForURL(/came=nothing/);
    await table.getByText('Held back: the server itself is down.').waitFor();
    await table.getByText('An incident opened.').waitFor({ state: 'detached' });
    await page.getByRole('combobox', { name: 'Detector' }).click();
    await page.getByRole('option', { name: 'Disk space' }).click();
    await page.waitForURL(/detector=disk_bytes/);
    // The option lay over the table: rows stay put until the pointer is off.
    await page.mouse.move(0, 0);
    await table.getByText('420 frozen messages').waitFor({ state: 'detached' });
    await eventually(async () => assert.equal(await table.getByText('/home').count(), 1));
  },

  async 'an install command is listed while it works, and can be taken back'(page) {
    await signIn(page);
    await go(page, '/servers/new');
    await page.getByText('used 6 of 20 times').waitFor();
    await page.getByRole('button', { name: 'Revoke the command for rack-7' }).click();
    await page.getByText('no longer works').waitFor();
    await page.getByText('used 6 of 20 times').waitFor({ state: 'detached' });
  },

  async 'switching monitoring off asks first'(page) {
    await signIn(page);
    await go(page, '/servers/9');
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Switch monitoring off' }).click();
    await page.getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('Monitoring is switched off for this server').waitFor();
  },
};
