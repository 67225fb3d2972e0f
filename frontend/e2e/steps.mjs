// What every story does: the mock's worlds, signing in, going somewhere.
import { BASE } from './browser.mjs';
import { settled } from './settled.mjs';

/** Asks the mock for something: `reset`, `sign-out`, `expire-csrf`, ... */
export const mock = (action) => fetch(`${BASE}/mock/${action}`, { method: 'POST' });

/** Without the login page, which has stories of its own. */
export const signIn = (_, email = 'admin@hostseba.com') => mock(`sign-in/${email}`);

/** Looks until it holds, for what no element can be waited for. */
export async function eventually(holds) {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      return await holds();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

/** To a page of one's own choice, and until it has come to rest. */
export const go = async (page, path) => {
  await page.goto(BASE + path);
  await page.locator('h1').first().waitFor();
  await settled(page);
};

/**
 * Until what just opened, a `menu` or a `dialog`, has taken the focus. It does so a moment after it is there, and would take it
 * from whatever was focused to be pressed.
 */
export const focusedIn = (page, role) => page.locator(`[role="${role}"]:focus-within`).waitFor();
