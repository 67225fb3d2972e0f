// The pages of Hosting.
import assert from 'node:assert/strict';
import { eventually, go, mock, signIn } from '../steps.mjs';

export const stories = {
  async 'the menu leads to every page of Hosting'(page) {
    await signIn(page);
    await go(page, '/');
    const names = [
      'Mail Queue',
      'Top Senders',
      'Mail Abuse',
      'Backups',
      'Disks',
      'MySQL',
      'LiteSpeed',
      'cPanel',
      'Firewall Events',
      'Cron Jobs',
    ];
    const menu = page.getByRole('navigation', { name: 'Main' });
    await menu.getByRole('link', { name: 'Cron Jobs' }).waitFor();
    await menu.getByRole('link', { name: 'Mail Abuse 4 not reviewed', exact: true }).waitFor();
    const shown = await menu.getByRole('link').allTextContents();
    const first = shown.indexOf(names[0]);
    const labels = shown.map((text) => text.replace('4 not reviewed', ''));
    assert.deepEqual(labels.slice(first, first + names.length), names);
    for (const name of names) {
      await menu.getByRole('link', { name: new RegExp(`^${name}( 4 not reviewed)?$`) }).click();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
    }
  },

  async 'a case of mail abuse is opened with a thumb, and left again'(page) {
    await page.setViewportSize({ width: 390, height: 844 });
    await signIn(page);
    await go(page, '/hosting/mail-abuse?view=unreviewed');
    await page.getByRole('link', { name: 'Mailbox new-customer@fresh.example' }).click();
    await page.waitForURL(/view=unreviewed&case=904/);
    await page.getByRole('region', { name: 'Case 904' }).getByText('580 recipients').waitFor();
    await page.getByRole('button', { name: 'All cases' }).click();
    await page.getByRole('link', { name: 'Mailbox new-customer@fresh.example' }).waitFor();
  },

  async 'a case of mail abuse explains itself and is decided by keys'(page) {
    await signIn(page);
    await go(page, '/hosting/mail-abuse');
    await page.getByText('Not reviewed 4').waitFor();
    const table = page.getByRole('table', { name: 'Mail Abuse' });
    await table.getByText('Mailbox info@newsletter.travelbd.example').click();
    await page.waitForURL(/case=901/);
    const detail = page.getByRole('region', { name: 'Case 901' });
    await detail.getByText('6,820 recipients, 568x as many as expected').waitFor();
    await detail.getByText('It logged in from 57 addresses in one hour').waitFor();
    await detail.getByText('12 recipients: usual in this hour of the day, by the last 7 days').waitFor();
    await detail
      .getByText("sudo exigrep -l 'info@newsletter.travelbd.example' /var/log/exim_mainlog | tail -n 200")
      .waitFor();
    await detail.getByRole('link', { name: /^#51/ }).waitFor();
    // The list moves on from the case that is shown, also where its address was followed.
    await go(page, '/hosting/mail-abuse?case=902');
    await page.getByRole('region', { name: 'Case 902' }).getByText('1,310 recipients').first().waitFor();
    await table.getByText('Mailbox new-customer@fresh.example').waitFor();
    for (const [key, next] of [
      ['j', 904],
      ['k', 902],
      ['k', 903],
    ]) {
      await page.keyboard.press(key);
      await page.getByRole('region', { name: `Case ${next}` }).waitFor();
    }
    await go(page, '/hosting/mail-abuse?case=901');
    await detail.getByText('6,820 recipients').first().waitFor();
    await page.keyboard.press('1');
    await detail.getByText('Admin: being looked at').waitFor();
    await page.getByText('Not reviewed 3').waitFor();
    await page.getByRole('link', { name: 'Mail Abuse 3 not reviewed' }).waitFor();
    await page.keyboard.press('2');
    await page.getByRole('textbox', { name: 'Note' }).fill('Password changed.');
    await page.getByRole('button', { name: 'I suspended it', exact: true }).click();
    await detail.getByText('Admin: suspended by an operator').waitFor();
    await detail.getByText('Password changed.').waitFor();
    await eventually(async () =>
      assert.equal(await detail.getByRole('button', { name: 'It is over' }).count(), 0),
    );
    // A closed case is in no view of open ones, and j moves on to the next.
    await page.getByText('Closed', { exact: true }).click();
    await table.getByText('Mailbox info@newsletter.travelbd.example').waitFor();
    // What attackers chose as a name is text.
    await go(page, '/hosting/mail-abuse?case=902');
    await page.getByRole('region', { name: 'Case 902' }).getByText('<img src=x').first().waitFor();
    await go(page, '/hosting/mail-abuse?view=allowances');
    await page.getByRole('button', { name: 'Revoke the allowance of Mailbox news@church.example' }).click();
    await page.getByRole('button', { name: 'Revoke', exact: true }).last().click();
    await page.getByText('Nobody has an allowance').waitFor();
  },

  async 'an address is looked up: where it is blocked, why, and how it gets in again'(page) {
    await signIn(page);
    await go(page, '/hosting/firewall');
    const box = page.getByRole('textbox', { name: 'Is this address blocked' });
    await box.fill('203.0.113.66; reboot');
    await page.getByRole('button', { name: 'Look it up' }).click();
    await page.getByText('This must be an IPv4 or IPv6 address').waitFor();
    await box.fill(' 203.0.113.66 ');
    await page.keyboard.press('Enter');
    await page.getByText('Blocked on 2 servers').waitFor();
    await page.waitForURL(/ip=203\.0\.113\.66/);
    const known = page.getByRole('list', { name: 'Servers that know 203.0.113.66' });
    await eventually(async () =>
      assert.match(await known.getByRole('listitem').first().textContent(), /web-11.*Failed SSH login/),
    );
    await eventually(async () =>
      assert.equal(
        await page.getByRole('list', { name: 'Servers that cannot tell' }).getByText('no data').count(),
        1,
      ),
    );
    await page.getByRole('button', { name: 'Copy command that lets it in on web-11.hostseba' }).click();
    await eventually(async () =>
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'sudo csf -tr 203.0.113.66'),
    );
    // The log below is that of the address alone.
    const log = page.getByRole('table', { name: 'Firewall log' });
    await eventually(async () => assert.equal(await log.getByRole('row').count(), 4));
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.waitForURL((url) => url.search === '');
    // What attackers wrote is text, and an address in the log leads to the same question.
    await log.getByText('<script>alert(document.cookie)</script>').waitFor();
    await log.getByRole('link', { name: '198.51.100.7', exact: true }).click();
    await page.getByText('Blocked on 1 server').waitFor();
    await eventually(async () => assert.equal(await box.inputValue(), '198.51.100.7'));
  },

  async 'a fleet list is sorted, narrowed and opened, and says why a host cannot tell'(page) {
    await signIn(page);
    await go(page, '/hosting/mail-queue');
    const table = page.getByRole('table', { name: 'Mail Queue' });
    const first = () => table.getByRole('row').nth(1).textContent();
    await eventually(async () => assert.match(await first(), /^web-11\.hostseba1,264/));
    await page.getByRole('button', { name: 'Oldest' }).click();
    await page.waitForURL(/sort=oldest_age_s/);
    await page.getByRole('button', { name: 'Most frozen first' }).click();
    await page.waitForURL((url) => url.search === '');
    const blind = table.getByRole('row', { name: /ns-01/ });
    await blind.getByText('no permission').waitFor();
    await eventually(async () =>
      assert.match(await blind.textContent(), /exim lists its queue to its admin group only/),
    );
    await eventually(async () => assert.equal(await blind.getByRole('cell').count(), 3));
    await page.getByRole('combobox', { name: 'Any report' }).click({ force: true });
    await page.getByRole('option', { name: 'no permission' }).click();
    await page.waitForURL(/state=no_permission/);
    await table.getByRole('row', { name: /web-11/ }).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /ns-01/ }).waitFor();
  },

  async 'a long fleet list turns its pages and goes back'(page) {
    await mock('large');
    await signIn(page);
    await go(page, '/hosting/mysql');
    await page.getByText(/^100 of \d+$/).waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.waitForURL(/cursor=100/);
    await page.getByRole('button', { name: 'First page' }).waitFor();
    await page.goBack();
    await page.waitForURL((url) => url.search === '');
    await page.getByRole('row', { name: /web-11/ }).waitFor();
  },

  async 'backups show who has none to go back to'(page) {
    await signIn(page);
    await go(page, '/hosting/backups');
    const matrix = page.getByRole('table', { name: 'Backups' });
    await eventually(async () =>
      assert.match(await matrix.getByRole('row').nth(1).textContent(), /^db-03\.hostsebanever good/),
    );
    await matrix.getByRole('img', { name: 'Thu 7 May: failed, 3 runs' }).waitFor();
    const without = page.getByRole('table', { name: 'Not configured' });
    await without.getByText('its hook is not').waitFor();
    await eventually(async () => assert.equal(await without.getByRole('row').count(), 5));
  },
};
