// Walks through what an operator does, by role and label, with the clock frozen; then presses every button of every
// page; then looks at every picture of `shots.mjs` for what a machine can see. Any console error, exception, failed
// request or 5xx fails the run.
//   node e2e/with-mock.mjs click-everything.mjs
import assert from 'node:assert/strict';
import { BASE, launch, openPage, signIn } from './browser.mjs';
import { SHOTS } from './shots.mjs';
import { audit, expectedProblems, stage } from './stage.mjs';

const browser = await launch();
const reset = () => fetch(`${BASE}/mock/reset`, { method: 'POST' });
const mock = (action) => fetch(`${BASE}/mock/${action}`, { method: 'POST' });
const go = async (page, path) => {
  await page.goto(BASE + path);
  await page.getByRole('heading', { level: 1 }).waitFor();
};

const stories = {
  async 'a first login must choose a password before anything else'(page) {
    await page.goto(`${BASE}/incidents?status=open`);
    await page.waitForURL(/\/login\?next=%2Fincidents/);
    await page.getByLabel('E-mail').fill('first@hostseba.com');
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('do not belong together').waitFor();
    await page.getByLabel('Password', { exact: true }).fill('changeme-noyon');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Choose your own password' }).waitFor();
    await page.getByLabel('Current password', { exact: true }).fill('changeme-noyon');
    await page.getByLabel('New password', { exact: true }).fill('short');
    await page.getByLabel('New password again').fill('short');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('must have at least 12 characters').waitFor();
    await page.getByLabel('New password', { exact: true }).fill('a long enough password');
    await page.getByLabel('New password again').fill('a long enough password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  },

  async 'an ended session leads to the login and back to the page it was on'(page) {
    await signIn(page);
    await go(page, '/servers?q=web&sort=name');
    await mock('sign-out');
    // The next question finds out; which one that is, a click or a refresh, is a matter of moments.
    await page
      .getByRole('button', { name: 'CPU' })
      .click({ timeout: 3000 })
      .catch(() => {});
    await page.waitForURL(/\/login\?next=/);
    await page.getByText('Your session has ended').waitFor();
    await page.getByLabel('E-mail').fill('admin@hostseba.com');
    await page.getByLabel('Password', { exact: true }).fill('x');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/servers\?q=web/);
  },

  async 'acknowledging survives an expired CSRF token and shows at once'(page) {
    await signIn(page);
    await page.getByText('ws: connected').waitFor();
    await go(page, '/incidents');
    await mock('expire-csrf');
    await page.getByRole('button', { name: 'Acknowledge exim is down on mail-02.hostseba' }).click();
    const row = page.getByRole('row', { name: /exim is down/ });
    await row.getByText('acknowledged').waitFor();
    assert.match(await row.textContent(), /Admin/);
    assert.match(await row.textContent(), /held/);
  },

  async 'acknowledging several says which could not be'(page) {
    await signIn(page);
    await go(page, '/incidents?status=open');
    await page.getByRole('checkbox', { name: 'Select all rows' }).check();
    await page.getByText('9 selected').waitFor();
    await page.getByRole('button', { name: 'Acknowledge selected' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('8 acknowledged, 1 not:').waitFor();
    await alert.getByText('#45 Inodes 91 % used on db-03.hostseba: The incident is resolved.').waitFor();
  },

  async 'the keyboard searches, moves, acknowledges, helps'(page) {
    await signIn(page);
    await go(page, '/incidents');
    await page.getByRole('table', { name: 'Incidents' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('a');
    await page
      .getByRole('row', { name: /info@newsletter.travelbd.example on web-11.hostseba mailed 6,820/ })
      .getByText('acknowledged')
      .waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await page.getByRole('textbox', { name: 'Search servers and incidents' }).fill('web-11');
    await page
      .getByRole('list', { name: 'Results' })
      .getByRole('button', { name: /^web-11/ })
      .waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/servers\/3$/);
    await page.getByRole('figure', { name: 'Chart: Processes' }).waitFor();
    assert.equal(await page.getByRole('figure').count(), 9);
  },

  async 'a screen gets a link, shows the wall without an account, and is sent away'(page) {
    await signIn(page);
    await go(page, '/settings/wall');
    await page.getByLabel('Which screen').fill('Kitchen');
    await page.getByRole('button', { name: 'Make a link' }).click();
    const link = await page.getByText(/\/wall#/).innerText();
    await page.getByRole('button', { name: 'Copy wall link' }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
    await page.getByRole('button', { name: 'Revoke Kitchen' }).waitFor();
    await mock('sign-out');
    await page.goto(BASE + new URL(link).pathname + new URL(link).hash);
    const criticals = page.getByRole('region', { name: 'Critical incidents' });
    await criticals.getByText('web-09.hostseba').waitFor();
    const rows = await criticals.getByRole('listitem').allInnerTexts();
    const minutes = rows.map((row) => {
      const [, age, unit] = /(\d+) (min|h)/.exec(row) ?? [];
      return Number(age) * (unit === 'h' ? 60 : 1);
    });
    assert.ok(minutes.length >= 2, String(rows));
    assert.deepEqual(
      minutes,
      minutes.toSorted((a, b) => b - a),
      'the oldest first',
    );
    await page.getByRole('img', { name: 'web-09.hostseba: down' }).waitFor();
    assert.equal(await page.getByText('@').count(), 0, 'no mailbox stands on a wall');
    // A token opens the wall alone.
    const refused = await page.evaluate(async (token) => {
      const answer = await fetch('/api/servers', { headers: { Authorization: `Bearer ${token}` } });
      return answer.status;
    }, new URL(link).hash.slice(1));
    assert.equal(refused, 401);
    await page.evaluate(() => fetch('/mock/sign-in/admin@hostseba.com', { method: 'POST' }));
    const another = await page.context().newPage();
    await go(another, '/settings/wall');
    await another.getByRole('button', { name: 'Revoke Kitchen' }).click();
    await another.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await another.getByText('Kitchen shows nothing any more').waitFor();
    await page.getByText('This screen may not show the fleet').waitFor();
  },

  async 'charts say what is usual, what was a week before, and what happened'(page) {
    await signIn(page);
    await go(page, '/servers/3');
    const cpu = page.getByRole('figure', { name: 'Chart: CPU' });
    await cpu.getByText('usual').waitFor();
    await cpu.getByText('a week before').waitFor();
    assert.equal(
      await page.getByRole('figure', { name: 'Chart: Swap' }).getByText('usual').count(),
      0,
      'nothing judges it',
    );
    const marked = page.getByRole('list', { name: 'Marked behind the charts' });
    await marked.getByText('reboot').waitFor();
    await marked.getByText('backup jetbackup accounts: success').waitFor();
    await page.getByRole('switch', { name: 'A week before' }).click({ force: true });
    await page.waitForURL(/week=hidden/);
    await cpu.getByText('a week before').waitFor({ state: 'detached' });
    await page.reload();
    await cpu.getByText('usual').waitFor();
    assert.equal(await cpu.getByText('a week before').count(), 0);
    await marked.getByRole('link', { name: '/home is 96 % full on web-11.hostseba' }).click();
    await page.waitForURL(/incidents\/43/);
    await page.getByText('tells every admin, by email').waitFor();
  },

  async 'an incident is read, noted, given back and resolved'(page) {
    await signIn(page);
    await go(page, '/incidents/44');
    await page.getByText('<b>not html</b>').waitFor();
    await page.getByLabel('Note').fill('Looked at it');
    await page.getByRole('button', { name: 'Add note' }).click();
    await page.getByText('Looked at it', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Give back' }).click();
    await page.getByText('0:05').waitFor();
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByRole('button', { name: 'Resolve' }).click();
    await page.getByText('No, over since').waitFor();
  },

  async 'an incident says how the same was mended before'(page) {
    await signIn(page);
    await go(page, '/incidents/42');
    const before = page.getByRole('list', { name: 'The same before' });
    await before.getByText('over after 24 min by itself').waitFor();
    await before.getByText('The spool was on a full disk').waitFor();
    await before.getByRole('link', { name: '#29' }).click();
    await page.waitForURL(/incidents\/29$/);
    await page.getByText('No, over since').waitFor();
    // What is open now is nothing that was mended.
    assert.equal(await page.getByRole('list', { name: 'The same before' }).count(), 0);
  },

  async 'an incident is put off, woken, escalated by hand, and taken on again'(page) {
    await signIn(page);
    await go(page, '/incidents');
    const row = page.getByRole('row', { name: /exim is down/ });
    await row.getByRole('button', { name: 'Snooze exim is down on mail-02.hostseba' }).click();
    await page.getByRole('menuitem', { name: '1 hour' }).click();
    await row.getByText('snoozed until 13:34').waitFor();
    await page.waitForURL(/\/incidents$/);
    await go(page, '/incidents/42');
    const escalate = page.getByRole('button', { name: 'Escalate now' });
    await escalate.hover();
    await page.getByText('wake it first').waitFor();
    await page.getByText('Admin snoozed it').waitFor();
    await page.getByRole('button', { name: 'Wake' }).click();
    await page.getByText('Admin ended the snooze').waitFor();
    await escalate.click();
    const question = page.getByRole('dialog', { name: 'Fire the next step now?' });
    assert.match(await question.textContent(), /policy Default goes on with step 2 of 2, by email/);
    await question.getByRole('button', { name: 'Escalate now' }).click();
    await page.getByText('Admin had the next step fire at once').waitFor();
    // A step fires while the question is read: nothing is sent twice, and the page shows what is true now.
    await go(page, '/incidents/46');
    await escalate.click();
    await question.getByRole('button', { name: 'Escalate now' }).click();
    await page.getByText('A step fired meanwhile').waitFor();
    await page.getByText('pass 2 of the policy Default').waitFor();
    await go(page, '/incidents/48');
    await page.getByText('Night duty was asked 4 min ago').waitFor();
    await page.getByText('open again in 11:00').waitFor();
    await page.getByRole('button', { name: 'Take it on' }).click();
    await page.getByText('was asked 4 min ago').waitFor({ state: 'detached' });
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
    await row.getByRole('button', { name: `End now: ${name}` }).click();
    await page.getByRole('button', { name: 'End it now' }).click();
    await page.getByText('Ended: what is still wrong').waitFor();
    await page.mouse.move(5, 5);
    await row.getByText('over').waitFor();
    // One that returns can be ended this time alone.
    await page.getByRole('button', { name: 'End now: cPanel updates' }).click();
    const question = page.getByRole('dialog', { name: 'End “cPanel updates” now?' });
    assert.match(await question.textContent(), /It returns Thu 14 May 12:00 to 13:30/);
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
    await page.getByText('ws: connected').waitFor();
    await page.getByRole('link', { name: 'Servers', exact: true }).first().click();
    await page.getByRole('button', { name: 'Add host' }).click();
    await page.getByLabel('Server name').fill('not a name');
    await page.getByRole('button', { name: 'Create install command' }).click();
    await page.getByText('may hold letters').waitFor();
    await page.getByLabel('Server name').fill('web-99.hostseba');
    await page.getByRole('button', { name: 'Create install command' }).click();
    await page.getByRole('button', { name: 'Copy install command' }).click();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl .*--token-stdin$/);
    await page.getByText('web-99.hostseba is reporting').waitFor({ timeout: 15_000 });
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
    await page.waitForLoadState('networkidle');
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
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'sudo systemctl restart exim4');
  },

  async 'a channel is set up from its own description and tested'(page) {
    await signIn(page);
    await go(page, '/settings/channels');
    await page.getByRole('button', { name: /Telegram/ }).click();
    await page.getByRole('button', { name: 'Send test' }).hover();
    await page.getByText('Save the settings first').waitFor();
    await page.getByLabel('Bot token').fill('123:abc');
    await page.getByLabel('Chat id').fill('-1001');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Telegram saved').waitFor();
    await page.getByPlaceholder(/stored/).waitFor();
    await page.getByRole('button', { name: 'Send test' }).click();
    await page.getByText('Accepted: 250 Ok').waitFor();
  },

  async 'a channel asks only for what its provider needs'(page) {
    await signIn(page);
    await go(page, '/settings/channels?channel=whatsapp');
    await page.getByLabel('Account SID').waitFor();
    assert.equal(await page.getByLabel('Access token', { exact: true }).count(), 0);
    await page.getByRole('combobox', { name: 'Provider' }).click();
    await page.getByRole('option', { name: 'waha' }).click();
    await page.getByLabel('WAHA address').waitFor();
    assert.equal(await page.getByLabel('Account SID').count(), 0);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('WhatsApp saved').waitFor();
  },

  async 'a rule routes to channels or a policy, never both'(page) {
    await signIn(page);
    await go(page, '/settings/rules');
    await page.getByRole('button', { name: 'New rule' }).click();
    await page.getByRole('button', { name: 'Create rule' }).click();
    await page.getByText('choose a policy', { exact: true }).waitFor();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Busy');
    await dialog.getByRole('combobox', { name: 'Metric' }).click();
    await page.getByRole('option', { name: /^CPU busy/ }).click();
    await dialog.getByLabel('Threshold').last().fill('90');
    await dialog.getByText('Channels', { exact: true }).click();
    await dialog.getByRole('combobox', { name: 'Channels, all at once' }).click({ force: true });
    await page.getByRole('option', { name: 'Email' }).click();
    await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Create rule' }).click();
    await page.getByRole('row', { name: /Busy.*CPU busy, all cores ≥ 90\s% for 5 min.*email/ }).waitFor();
  },

  async 'a policy shows absolute times while its delays are edited'(page) {
    await signIn(page);
    await go(page, '/settings/escalation');
    await page.getByRole('button', { name: 'Edit Critical web servers' }).click();
    const third = page.getByRole('group', { name: 'Step 3' });
    await third.getByText('T+20 min').waitFor();
    await page.getByRole('group', { name: 'Step 2' }).getByLabel('Minutes after the step before').fill('10');
    await third.getByText('T+25 min').waitFor();
    await page.getByRole('button', { name: 'Move up step 3' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Policy saved').waitFor();
  },

  async 'a policy is tried before it is saved'(page) {
    await signIn(page);
    await go(page, '/settings/escalation');
    await page.getByRole('button', { name: 'Edit Critical web servers' }).click();
    const tried = page.getByRole('region', { name: 'Try it' });
    await tried.getByRole('button', { name: 'Try it' }).click();
    await tried.getByText('T+20 min').first().waitFor();
    await tried.getByText('channel webhook').first().waitFor();
    await tried.getByText(/^\d+ more$/).click();
    await tried.getByText('Every admin').first().waitFor();
    // What is typed is what is tried.
    await page.getByRole('group', { name: 'Step 3' }).getByLabel('Minutes after the step before').fill('30');
    await tried.getByRole('button', { name: 'Try it' }).click();
    await tried.getByText('T+35 min').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: 'Critical web servers' }).getByText('T+20 min').waitFor();
  },

  async 'a message is said in own words, refused, and reset'(page) {
    await signIn(page);
    await go(page, '/settings/messages');
    await page.getByText('`tite` is undefined').waitFor();
    await page.getByRole('button', { name: /^Problem/ }).click();
    const dialog = page.getByRole('dialog');
    const preview = dialog.getByRole('region', { name: 'Preview' });
    await preview.getByText('🔴 [critical] Server down: web-09.hostseba').waitFor();
    await dialog.getByLabel('Subject').fill('NOC: {{ titel }}');
    await dialog.getByText('line 1: `titel` is undefined').waitFor();
    await preview.getByText('does not work as it stands').waitFor();
    await dialog.getByLabel('Subject').fill('NOC: {{ title }}');
    await preview.getByText('NOC: Server down: web-09.hostseba').waitFor();
    await preview.getByText('Text', { exact: true }).click();
    await preview.getByText('HostSeba NOC, delivery').waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Problem saved').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: /^Problem own words/ }).click();
    await dialog.getByRole('button', { name: 'Reset', exact: true }).click();
    await page.getByRole('button', { name: 'Reset words' }).click();
    await page.getByRole('button', { name: /^Problem built-in/ }).waitFor();
  },

  async 'a schedule is made, somebody stands in, and a calendar gets a link'(page) {
    await signIn(page);
    await page.getByRole('link', { name: 'on call: Night duty' }).waitFor();
    await go(page, '/on-call');
    const first = page.getByRole('region', { name: 'First line' });
    await first.getByText('Night duty').first().waitFor();
    await page
      .getByRole('region', { name: 'Database backup' })
      .getByText('Former Colleague is on duty, but the account is switched off')
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Stand in: First line' }).click();
    await page.getByRole('button', { name: 'Put on duty' }).click();
    await page.getByText('Admin stands in').first().waitFor();
    await first.getByText('for whoever’s turn it is').waitFor();
    await first.getByRole('button', { name: 'Delete: Admin stands in' }).last().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Back to the rotation').waitFor();
    await page.getByRole('button', { name: 'iCal link: First line' }).click();
    await page.getByRole('button', { name: 'Make a link' }).click();
    await page.getByText(/\.ics\?token=/).waitFor();
    await page.getByRole('button', { name: /Revoke link/ }).click();
    await page.getByText('Link revoked').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'New schedule' }).click();
    await page.getByLabel('Name').fill('Weekends');
    await page.getByRole('combobox', { name: 'Add a person' }).click();
    await page.getByRole('option', { name: 'Reader' }).click();
    await page.getByRole('button', { name: 'Create schedule' }).click();
    await page.getByText('Schedule created').waitFor();
    await page.getByRole('button', { name: 'Edit Weekends' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Delete schedule' }).click();
    await page.getByText('Schedule deleted').waitFor();
  },

  async 'the delivery log filters and retries'(page) {
    await signIn(page);
    await go(page, '/settings/deliveries');
    await page.getByRole('button', { name: 'Retry delivery to oncal@hostseba.co' }).click();
    await page.getByText('Queued once more').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    assert.match((await download).suggestedFilename(), /^deliveries-.*\.csv$/);
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
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'CSV' }).first().click();
      assert.match((await download).suggestedFilename(), name);
    }
  },

  async 'the menu leads to every page of Hosting'(page) {
    await signIn(page);
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
    assert.equal(await detail.getByRole('button', { name: 'It is over' }).count(), 0);
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
    assert.equal(await table.getByText('/home').count(), 1);
  },

  async 'a rule is tried on what was recorded before it is saved'(page) {
    await signIn(page);
    await go(page, '/settings/rules?rule=new');
    const trial = page.getByRole('region', { name: 'Backtest' });
    await trial.getByText('Say what to look for').waitFor();
    await page.getByRole('dialog').getByRole('combobox', { name: 'Metric' }).click();
    await page.getByRole('option', { name: 'CPU busy' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Threshold' }).fill('90');
    await trial.getByText(/It would have opened 1 incident on 1 of/).waitFor();
    await trial.getByText('would have fired').waitFor();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Threshold' }).fill('99');
    await trial.getByText(/It would have opened nothing/).waitFor();
    await trial.getByText('7 days', { exact: true }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Threshold' }).fill('90');
    await trial.getByRole('button', { name: 'Run backtest' }).click();
    await trial.getByText(/It would have opened 7 incidents/).waitFor();
    await trial.getByText(/not over/).waitFor();
    // The same of a rule in force, against which it is held.
    await go(page, '/settings/rules?rule=2');
    await trial.getByText('28 days', { exact: true }).click();
    await trial.getByRole('button', { name: 'Run backtest' }).click();
    await trial.getByText(/Against the rule in force: 27 only by the new one/).waitFor();
    await trial.getByText(/Not everything was replayed/).waitFor();
    // Another one runs: this one waits its turn.
    await mock('busy');
    await trial.getByText('7 days', { exact: true }).click();
    await trial.getByRole('button', { name: 'Run backtest' }).click();
    await trial.getByText('Another backtest runs. This one is tried again by itself, every 1 s.').waitFor();
    await trial.getByText(/Against the rule in force: 6 only by the new one/).waitFor();
    // A detector with its numbers, from its link.
    await go(page, '/settings/rules?rule=new&detector=disk_bytes');
    await page.getByRole('textbox', { name: 'Reports' }).fill('5');
    await page.getByRole('textbox', { name: 'Name' }).fill('Slow disks');
    await page.getByRole('combobox', { name: 'Servers with one of these tags' }).fill('backup');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('Channels', { exact: true }).click();
    await page.getByRole('combobox', { name: 'Channels, all at once' }).click({ force: true });
    await page.getByRole('option').first().click();
    await page.getByRole('button', { name: 'Create rule' }).click();
    await page.getByText('detector “Disk space” with reports 5').waitFor();
  },

  async 'an incident says why it is there, and its detector how it decides'(page) {
    await signIn(page);
    await go(page, '/incidents/42');
    await page.getByRole('list', { name: 'Decisions about this' }).getByText('An incident opened.').waitFor();
    await page.getByRole('figure', { name: 'Chart: Services: Service runs exim' }).waitFor();
    await page.getByText('What this detector looks for').click();
    await page.getByText('What it looks for.').waitFor();
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    await page.getByRole('link', { name: 'All decisions' }).click();
    await page.waitForURL(/servers\/1\/why\?detector=service_down&subject=exim/);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Detectors' }).click();
    await page.getByRole('table', { name: 'Detectors' }).getByText('Disk space').click();
    await page.getByRole('list', { name: 'Numbers' }).getByText('So many reports in a row decide').waitFor();
    await page.getByRole('button', { name: 'Tune for some servers' }).click();
    await page.waitForURL(/settings\/rules\?rule=new&detector=disk_bytes/);
    await page.getByRole('textbox', { name: 'Reports' }).waitFor();
  },

  async 'an incident shows what was measured, and its limit'(page) {
    await signIn(page);
    await go(page, '/incidents/43');
    const chart = page.getByRole('figure', { name: 'Chart: Disks: Disk space in use /home' });
    await chart.getByText('fine up to').waitFor();
    await chart.getByText('95 %').waitFor();
    // A detector that judges no series has no chart, and no room for one.
    await go(page, '/incidents/41');
    await page.getByText('All decisions').waitFor();
    assert.equal(await page.getByRole('figure').count(), 0);
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
    assert.match(await known.getByRole('listitem').first().textContent(), /web-11.*Failed SSH login/);
    assert.equal(
      await page.getByRole('list', { name: 'Servers that cannot tell' }).getByText('no data').count(),
      1,
    );
    await page.getByRole('button', { name: 'Copy command that lets it in on web-11.hostseba' }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'sudo csf -tr 203.0.113.66');
    // The log below is that of the address alone.
    const log = page.getByRole('table', { name: 'Firewall log' });
    assert.equal(await log.getByRole('row').count(), 4);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.waitForURL((url) => url.search === '');
    // What attackers wrote is text, and an address in the log leads to the same question.
    await log.getByText('<script>alert(document.cookie)</script>').waitFor();
    await log.getByRole('link', { name: '198.51.100.7', exact: true }).click();
    await page.getByText('Blocked on 1 server').waitFor();
    assert.equal(await box.inputValue(), '198.51.100.7');
  },

  async 'a fleet list is sorted, narrowed and opened, and says why a host cannot tell'(page) {
    await signIn(page);
    await go(page, '/hosting/mail-queue');
    const table = page.getByRole('table', { name: 'Mail Queue' });
    const first = () => table.getByRole('row').nth(1).textContent();
    assert.match(await first(), /^web-11\.hostseba1,264/);
    await page.getByRole('button', { name: 'Oldest' }).click();
    await page.waitForURL(/sort=oldest_age_s/);
    await page.getByRole('button', { name: 'Most frozen first' }).click();
    await page.waitForURL((url) => url.search === '');
    const blind = table.getByRole('row', { name: /ns-01/ });
    await blind.getByText('no permission').waitFor();
    assert.match(await blind.textContent(), /exim lists its queue to its admin group only/);
    assert.equal(await blind.getByRole('cell').count(), 3);
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
    assert.match(await matrix.getByRole('row').nth(1).textContent(), /^db-03\.hostsebanever good/);
    await matrix.getByRole('img', { name: 'Thu 7 May: failed, 3 runs' }).waitFor();
    const without = page.getByRole('table', { name: 'Not configured' });
    await without.getByText('its hook is not').waitFor();
    assert.equal(await without.getByRole('row').count(), 5);
  },

  async 'deleting asks first, and a click beside an editor loses nothing'(page) {
    await signIn(page);
    await go(page, '/settings/users');
    await page.getByText('Former Colleague').click();
    const editor = page.getByRole('dialog', { name: 'former@hostseba.com' });
    await editor.getByLabel('Name').fill('Half typed');
    await page.mouse.click(200, 700);
    assert.equal(await editor.getByLabel('Name').inputValue(), 'Half typed');
    await editor.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Delete former@hostseba.com?').waitFor();
    await page.getByRole('button', { name: 'Delete account' }).click();
    await page.getByText('Account deleted').waitFor();
    // Rows stay put under the pointer, so it is taken off the table.
    await page.mouse.move(5, 5);
    await page.getByRole('row', { name: /Former Colleague/ }).waitFor({ state: 'detached' });
  },

  async 'the keyboard alone reaches the page, its menu, and the page again'(page) {
    await signIn(page);
    await go(page, '/');
    await page.keyboard.press('Tab');
    const focused = () =>
      page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.id);
    assert.equal(await focused(), 'Skip to content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
    await page.getByRole('link', { name: 'Incidents', exact: true }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Incidents' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'main');
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

  async 'an address counts once its code is entered, and the page says what will happen'(page) {
    await signIn(page);
    await go(page, '/settings/my-alerts');
    const words = page.getByRole('status', { name: 'In words' });
    await words.getByText('You are told of critical and high by e-mail and WhatsApp.').waitFor();
    await page.getByRole('button', { name: 'Add an address for WhatsApp' }).click();
    await page.getByLabel('Telephone number').fill('01812345678');
    await page.getByRole('button', { name: 'Send code' }).click();
    const added = page.getByRole('listitem').filter({ hasText: '01812345678' });
    await added.getByText('A code was sent there').waitFor();
    await added.getByRole('textbox').fill('999999');
    await added.getByRole('button', { name: 'Verify' }).click();
    await added.getByText('is not the code that was sent last; 4 tries left').waitFor();
    await added.getByRole('textbox').fill('123 456');
    await added.getByRole('button', { name: 'Verify' }).click();
    await added.getByText('verified', { exact: true }).waitFor();
    await page.getByRole('switch', { name: /Leave me alone/ }).click();
    await words.getByText(/except between 22:00 and 07:00 .*, critical always\./).waitFor();
    await page.getByRole('checkbox', { name: /Hold back what is critical/ }).check();
    await page.getByRole('switch', { name: /One e-mail a day/ }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.reload();
    await words.getByText(/except between 22:00 and 07:00 Asia\/Dhaka\./).waitFor();
    assert.equal(
      await page.getByRole('combobox', { name: 'Address for WhatsApp' }).inputValue(),
      '01812345678',
    );
    await page.getByRole('button', { name: 'Delete 01812345678' }).click();
    await page.getByText('Address deleted').waitFor();
    await words.getByText(/^You are told of critical and high by e-mail, except/).waitFor();
  },

  async 'an account is created with a first password shown once'(page) {
    await signIn(page);
    await go(page, '/settings/users');
    await page.getByRole('button', { name: 'New user' }).click();
    await page.getByLabel('Name').fill('New Person');
    await page.getByLabel('E-mail').fill('new@hostseba.com');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('plum-otter-41-basin').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('row', { name: /New Person/ }).waitFor();
  },

  async 'who may not act sees the button and the reason'(page) {
    await mock('reset');
    await signIn(page, 'desk@hostseba.com');
    await page.getByLabel('Current password', { exact: true }).fill('x');
    await page.getByLabel('New password', { exact: true }).fill('a long enough password');
    await page.getByLabel('New password again').fill('a long enough password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    const button = page.getByRole('button', { name: /^Acknowledge/ }).first();
    assert.equal(await button.getAttribute('aria-disabled'), 'true');
    await button.hover();
    await page.getByText('it needs on-call duty').waitFor();
  },
};

/** Presses everything that can be pressed on a page, going back to it when a press led away. */
async function pressEverything(page, path) {
  await go(page, path);
  await page.waitForTimeout(200);
  const count = await page
    .locator('main button:visible, main [role=tab]:visible, header button:visible')
    .count();
  for (let i = 0; i < count; i++) {
    const target = page.locator('main button:visible, main [role=tab]:visible, header button:visible').nth(i);
    // Pages are live: what was counted may be gone by the time it is pressed.
    if (!(await target.isEnabled({ timeout: 1000 }).catch(() => false))) continue;
    await target.click({ timeout: 2000 }).catch(() => {});
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    if (new URL(page.url()).pathname + new URL(page.url()).search !== path) await go(page, path);
  }
}

/** One address of every page, as it is. */
const PAGES = [
  ...new Map(
    SHOTS.filter((shot) => !(shot.prepare || shot.world || shot.api || shot.as !== undefined))
      .map((shot) => new URL(shot.path, BASE).pathname)
      .reverse()
      .map((path) => [path.replace(/\d+/, 'id'), path]),
  ).values(),
];

const failures = [];
const only = process.argv[2] ?? '';
for (const [name, story] of Object.entries(stories)) {
  if (!name.includes(only)) continue;
  await reset();
  const { context, page, problems } = await openPage(browser);
  page.setDefaultTimeout(10_000);
  try {
    await story(page);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    console.log(`ok    ${name}`);
  } catch (error) {
    failures.push(name);
    console.error(`FAIL  ${name}\n      ${error.message}\n      at ${page.url()}`);
    if (process.env.NOC_E2E_PICTURES)
      await page.screenshot({ path: `${process.env.NOC_E2E_PICTURES}/${failures.length}.png` });
  }
  await context.close();
}
for (const path of PAGES) {
  if (!`press everything on ${path}`.includes(only)) continue;
  await reset();
  const { context, page, problems } = await openPage(browser);
  await signIn(page);
  await pressEverything(page, path);
  if (problems.length > 0) failures.push(path);
  console.log(`${problems.length > 0 ? 'FAIL ' : 'ok   '} press everything on ${path}`);
  for (const problem of problems) console.error(`      ${problem}`);
  await context.close();
}
// Light and wide, dark and narrow: both themes and both sizes are seen, and `npm run screens` looks at the other two.
for (const view of [
  { theme: 'light', width: 1440, height: 900 },
  { theme: 'dark', width: 390, height: 844, phone: true },
]) {
  const { context, page, problems } = await openPage(browser, view);
  page.setDefaultTimeout(30_000);
  const defects = [];
  let looked = 0;
  for (const shot of SHOTS) {
    const at = `look at ${shot.name} ${view.theme}`;
    if (!at.includes(only)) continue;
    looked += 1;
    problems.expected = expectedProblems(shot);
    try {
      await stage(page, shot);
      defects.push(...(await audit(page, view)).map((defect) => `${at}: ${defect}`));
    } catch (error) {
      defects.push(`${at}: ${error.message.split('\n')[0]}`);
    }
    defects.push(...problems.splice(0).map((problem) => `${at}: ${problem}`));
  }
  if (looked > 0)
    console.log(
      `${defects.length > 0 ? 'FAIL ' : 'ok   '} look at ${looked} pictures, ${view.theme}, ${view.width} px`,
    );
  for (const defect of defects) console.error(`      ${defect}`);
  failures.push(...defects);
  await context.close();
}
await browser.close();
process.exit(failures.length > 0 ? 1 : 0);
