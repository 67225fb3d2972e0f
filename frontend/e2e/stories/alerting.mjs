// Who is told, how, and by which rules.
import assert from 'node:assert/strict';
import { BASE } from '../browser.mjs';
import { eventually, go, mock, signIn } from '../steps.mjs';

export const stories = {
  async 'a screen gets a link, shows the wall without an account, and is sent away'(page, another) {
    await signIn(page);
    await go(page, '/settings/wall');
    await page.getByLabel('Which screen').fill('Kitchen');
    await page.getByRole('button', { name: 'Make a link' }).click();
    const link = await page.getByText(/\/wall#/).innerText();
    await page.getByRole('button', { name: 'Copy wall link' }).click();
    await eventually(async () =>
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link),
    );
    await page.getByRole('button', { name: 'Revoke Kitchen' }).waitFor();
    await mock('sign-out');
    await page.goto(BASE + new URL(link).pathname + new URL(link).hash);
    const criticals = page.getByRole('region', { name: 'Critical incidents' });
    await criticals.getByText('web-09.hostseba').waitFor();
    const rows = await criticals.getByRole('listitem').allInnerTexts();
    const ages = rows.map((row) => {
      const [, age, unit] = /(\d+) (min|h)/.exec(row) ?? [];
      return { taken: row.includes('taken'), minutes: Number(age) * (unit === 'h' ? 60 : 1) };
    });
    assert.ok(
      ages.some(({ taken }) => taken) && ages.filter(({ taken }) => !taken).length >= 2,
      String(rows),
    );
    assert.deepEqual(
      ages,
      ages.toSorted((a, b) => Number(a.taken) - Number(b.taken) || b.minutes - a.minutes),
      'what nobody has first, of each the oldest',
    );
    await page.getByRole('img', { name: 'web-09.hostseba: down' }).waitFor();
    await eventually(async () =>
      assert.equal(await page.getByText('@').count(), 0, 'no mailbox stands on a wall'),
    );
    // A token opens the wall alone.
    const refused = await page.evaluate(async (token) => {
      const answer = await fetch('/api/servers', { headers: { Authorization: `Bearer ${token}` } });
      return answer.status;
    }, new URL(link).hash.slice(1));
    assert.equal(refused, 401);
    await page.evaluate(() => fetch('/mock/sign-in/admin@hostseba.com', { method: 'POST' }));
    const desk = await another();
    await go(desk, '/settings/wall');
    await desk.getByRole('button', { name: 'Revoke Kitchen' }).click();
    await desk.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await desk.getByText('Kitchen shows nothing any more').waitFor();
    await page.getByText('This screen may not show the fleet').waitFor();
  },

  async 'a channel is set up from its own description and tested'(page) {
    await signIn(page);
    await go(page, '/settings/channels');
    await page.getByText('5 h ago: failed, 1 of 2 accepted: 550 5.1.1 ops@hostseba.com').waitFor();
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
    await eventually(async () =>
      assert.equal(await page.getByLabel('Access token', { exact: true }).count(), 0),
    );
    await page.getByRole('combobox', { name: 'Provider' }).click();
    await page.getByRole('option', { name: 'waha' }).click();
    await page.getByLabel('WAHA address').waitFor();
    await eventually(async () => assert.equal(await page.getByLabel('Account SID').count(), 0));
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
    await go(page, '/on-call');
    await page.getByRole('link', { name: 'on call: Night duty' }).waitFor();
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

  async 'a schedule that cannot be read says so and is mended by choosing'(page) {
    await signIn(page);
    await go(page, '/on-call');
    const name = 'Written by a newer version';
    const torn = page.getByRole('region', { name });
    const warning = torn.getByText(/cannot read the rotation monthly and the time zone Mars.Base/);
    await warning.waitFor();
    await page.getByRole('button', { name: `Edit ${name}` }).click();
    const save = page.getByRole('button', { name: 'Save', exact: true });
    await save.click();
    await page
      .getByRole('alert')
      .getByText(/must be chosen/)
      .waitFor();
    await page.getByText('a day', { exact: true }).click();
    await page.getByRole('combobox', { name: 'By the clocks of' }).click();
    await page.getByRole('option', { name: 'UTC', exact: true }).click();
    await save.click();
    await page.getByText('Schedule saved').waitFor();
    await warning.waitFor({ state: 'detached' });
    await torn.getByText('Every day at 09:00, UTC').waitFor();
  },

  async 'the delivery log filters and retries'(page) {
    await signIn(page);
    await go(page, '/settings/deliveries');
    await page.getByRole('button', { name: 'Retry delivery to oncal@hostseba.co' }).click();
    await page.getByText('Queued once more').waitFor();
    const table = page.getByRole('table', { name: 'Deliveries' });
    await page.getByRole('combobox', { name: 'Person' }).click();
    await page.getByRole('option', { name: 'Night duty' }).click();
    await page.waitForURL(/user_id=3/);
    // Rows keep their places while the pointer is over them.
    await page.mouse.move(0, 0);
    await table.getByText('noc@hostseba.com').first().waitFor({ state: 'detached' });
    await table.getByText('duty@hostseba.com').first().waitFor();
    await page.getByLabel(/^To, in/).fill('2026-05-07T00:00');
    await page.getByText('No delivery matches these filters').waitFor();
    await page.getByRole('link', { name: 'Show all deliveries' }).click();
    await table.getByText('noc@hostseba.com').first().waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    assert.match(download.suggestedFilename(), /^deliveries-.*\.csv$/);
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
    const test = added.getByRole('button', { name: 'Send me a test at 01812345678' });
    await test.click();
    await added.getByText(/^Sent: its provider took the test, as wamid/).waitFor();
    await test.hover();
    await page.getByText(/^One a minute: again in/).waitFor();
    await page.getByRole('switch', { name: /Leave me alone/ }).click();
    await words.getByText(/except between 22:00 and 07:00 .*, critical always\./).waitFor();
    await page.getByRole('checkbox', { name: /Hold back what is critical/ }).check();
    await page.getByRole('switch', { name: /One e-mail a day/ }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.reload();
    await words.getByText(/except between 22:00 and 07:00 Asia\/Dhaka\./).waitFor();
    await eventually(async () =>
      assert.equal(
        await page.getByRole('combobox', { name: 'Address for WhatsApp' }).inputValue(),
        '01812345678',
      ),
    );
    await page.getByRole('button', { name: 'Delete 01812345678' }).click();
    await page.getByText('Address deleted').waitFor();
    await words.getByText(/^You are told of critical and high by e-mail, except/).waitFor();
  },
};
