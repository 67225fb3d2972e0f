// Signing in, out, and what somebody may do.
import assert from 'node:assert/strict';
import { BASE } from '../browser.mjs';
import { settled } from '../settled.mjs';
import { eventually, go, mock, signIn } from '../steps.mjs';

export const stories = {
  async 'who is not signed in is asked for nothing else, and told of no session'(page) {
    const asked = [];
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (/^\/(api|broadcasting)\//.test(pathname)) asked.push(pathname);
    });
    await page.goto(BASE);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await settled(page);
    assert.deepEqual(asked, ['/api/auth/me']);
    assert.equal(new URL(page.url()).search, '', 'nowhere to go back to');
    await eventually(async () => assert.equal(await page.getByText('Your session has ended').count(), 0));
  },

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
    await page.getByText('ws: connected').waitFor();
    const cpu = page.getByRole('button', { name: 'CPU' });
    await cpu.waitFor();
    await mock('sign-out');
    // The next question finds out; which one that is, this click's or a refresh that took the button away, does not matter.
    await cpu.evaluateAll(([button]) => button?.click());
    await page.waitForURL(/\/login\?next=/);
    await page.getByText('Your session has ended').waitFor();
    await page.getByLabel('E-mail').fill('admin@hostseba.com');
    await page.getByLabel('Password', { exact: true }).fill('x');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/servers\?q=web/);
  },

  async 'deleting asks first, and a click beside an editor loses nothing'(page) {
    await signIn(page);
    await go(page, '/settings/users');
    await page.getByText('Former Colleague').click();
    const editor = page.getByRole('dialog', { name: 'former@hostseba.com' });
    await editor.getByLabel('Name').fill('Half typed');
    await page.mouse.click(200, 700);
    await eventually(async () => assert.equal(await editor.getByLabel('Name').inputValue(), 'Half typed'));
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
    await eventually(async () => assert.equal(await focused(), 'Skip to content'));
    await page.keyboard.press('Enter');
    await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement?.id), 'main'));
    await page.getByRole('link', { name: 'Incidents', exact: true }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Incidents' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'main');
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
    await signIn(page, 'desk@hostseba.com');
    await page.goto(BASE);
    await page.getByLabel('Current password', { exact: true }).fill('x');
    await page.getByLabel('New password', { exact: true }).fill('a long enough password');
    await page.getByLabel('New password again').fill('a long enough password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    const button = page.getByRole('button', { name: /^Acknowledge/ }).first();
    await eventually(async () => assert.equal(await button.getAttribute('aria-disabled'), 'true'));
    await button.hover();
    await page.getByText('it needs on-call duty').waitFor();
  },
};
