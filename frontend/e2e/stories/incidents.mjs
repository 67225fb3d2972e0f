// Incidents: taken on, put off, escalated, explained.
import assert from 'node:assert/strict';
import { settled } from '../settled.mjs';
import { eventually, focusedIn, go, mock, signIn } from '../steps.mjs';

export const stories = {
  async 'acknowledging survives an expired CSRF token and shows at once'(page) {
    await signIn(page);
    await go(page, '/incidents');
    await page.getByText('ws: connected').waitFor();
    await mock('expire-csrf');
    await page.getByRole('button', { name: 'Acknowledge exim is down on mail-02.hostseba' }).click();
    const row = page.getByRole('row', { name: /exim is down/ });
    await row.getByText('acknowledged').waitFor();
    await row.getByText('Admin').first().waitFor();
    await row.getByText('held').first().waitFor();
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
    // What could not be stays chosen.
    await page.getByText('1 selected').waitFor();
    // All of it is one's own now: by keyboard alone it is put off, then resolved.
    await go(page, '/incidents?owner=me');
    await page.getByRole('checkbox', { name: 'Select all rows' }).press('Space');
    await page.getByText('8 selected').waitFor();
    await page.getByRole('button', { name: 'Snooze selected' }).press('Enter');
    await focusedIn(page, 'menu');
    await page.getByRole('menuitem', { name: '1 hour' }).press('Enter');
    await page.getByText('8 snoozed').waitFor();
    await page.getByText('snoozed until 13:34').first().waitFor();
    await page.getByRole('checkbox', { name: 'Select exim is down on mail-02.hostseba' }).press('Space');
    await page.getByRole('button', { name: 'Resolve selected' }).press('Enter');
    await focusedIn(page, 'dialog');
    await page.getByRole('button', { name: 'Resolve 1 incident' }).press('Enter');
    await page.getByText('1 resolved').waitFor();
    await page.getByRole('row', { name: /exim is down/ }).waitFor({ state: 'detached' });
  },

  async 'an incident is taken over from a colleague, and not from whoever has it since'(page) {
    await signIn(page);
    await go(page, '/incidents/44');
    await page.getByRole('button', { name: 'Take over' }).click();
    await page.getByText('Admin took it over').waitFor();
    await page.getByText('from Day operator').waitFor();
    await page.getByRole('button', { name: 'Take over' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Give back' }).waitFor();
    await go(page, '/incidents/47');
    await page.getByRole('button', { name: 'Take over' }).click();
    await page.getByText('incident 47 is with somebody else by now').waitFor();
    await page.getByText('Day operator').first().waitFor();
  },

  async 'several are taken over at once, and it is said which could not be'(page) {
    await signIn(page);
    await go(page, '/incidents?status=acknowledged');
    await page.getByRole('checkbox', { name: 'Select Load over 4 per core on web-11.hostseba' }).check();
    await page.getByRole('checkbox', { name: 'Select Clock of web-02.hostseba is 6 min ahead' }).check();
    await page.getByRole('button', { name: 'Take over selected' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('1 taken over, 1 not:').waitFor();
    await alert.getByText(/#47 Clock of web-02.*is with somebody else by now/).waitFor();
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
    await settled(page);
    await eventually(async () => assert.equal(await page.getByRole('figure').count(), 9));
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

  async 'a group is acknowledged as a whole, and says who has it'(page) {
    await signIn(page);
    await go(page, '/incidents');
    const row = page.getByRole('row', { name: /web-14.hostseba is silent/ });
    await row.getByText('2 together').waitFor();
    await go(page, '/incidents/41');
    const group = page.getByRole('region', { name: 'Group' });
    await group.getByText('in rack b2').waitFor();
    const others = group.getByRole('list', { name: 'Others of its group' });
    await others.getByText('web-14.hostseba is silent').waitFor();
    await group.getByRole('button', { name: 'Acknowledge all 2' }).click();
    await group.getByText('Admin has the whole of it').waitFor();
    await others.getByText('acknowledged').waitFor();
    await group.getByRole('button', { name: /Acknowledge all/ }).waitFor({ state: 'detached' });
    await page.getByText('Acknowledged by Admin, with 1 other of its group.').waitFor();
    await others.getByRole('link', { name: 'web-14.hostseba is silent' }).click();
    await page.waitForURL(/incidents\/46$/);
    await page.getByRole('button', { name: 'Give back' }).waitFor();
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
    await eventually(async () =>
      assert.equal(await page.getByRole('list', { name: 'The same before' }).count(), 0),
    );
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
    await eventually(async () =>
      assert.match(await question.textContent(), /policy Default goes on with step 2 of 2, by email/),
    );
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

  async 'an incident says why it is there, and its detector how it decides'(page) {
    await signIn(page);
    await go(page, '/incidents/42');
    await page.getByRole('list', { name: 'Decisions about this' }).getByText('An incident opened.').waitFor();
    await page.getByRole('figure', { name: 'Chart: Services: Service runs exim' }).waitFor();
    await page.getByText('What this detector looks for').click();
    await page.getByText('What it looks for.').waitFor();
    await eventually(async () => assert.equal(await page.locator('img[src="x"]').count(), 0));
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
    await eventually(async () => assert.equal(await page.getByRole('figure').count(), 0));
  },
};
