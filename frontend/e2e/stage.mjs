// Brings a page into the state that a shot describes, and says what is wrong with how it looks there.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { BASE, FROZEN } from './browser.mjs';

const ADMIN = 'admin@hostseba.com';
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const post = (action) => fetch(`${BASE}/mock/${action}`, { method: 'POST' });

/** Who signed in last is the mock's own memory, so every shot begins from a fresh world. */
export async function stage(page, shot) {
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.clock.setFixedTime(new Date(FROZEN));
  await post(shot.world ?? 'reset');
  if (shot.as !== null) await post(`sign-in/${shot.as ?? ADMIN}`);
  if (shot.api) await page.route(/\/api\/(?!auth\/me)/, answers[shot.api]);
  await page.goto(BASE + shot.path);
  await settle(page, shot);
  await shot.prepare?.(page);
  await page.waitForTimeout(250);
}

const answers = {
  held: () => {},
  broken: (route) =>
    route.fulfill({
      status: 503,
      json: { error: 'unavailable', message: 'The database cannot be reached.' },
    }),
};

async function settle(page, { api, bare }) {
  // Before the page there is the browser's own moment without any.
  await page.getByRole('heading', { level: 1 }).waitFor();
  if (api === 'held') return page.getByRole('status', { name: 'Loading' }).first().waitFor();
  if (api === 'broken') return page.getByRole('alert').first().waitFor();
  await page.waitForFunction(() => document.querySelector('[role="status"][aria-label="Loading"]') === null);
  if (!bare) await page.getByText('ws: connected').waitFor();
}

/** What a shot provokes on purpose, and is no problem of it. */
export const expectedProblems = (shot) =>
  shot.api === 'broken' ? /503/ : shot.name.endsWith('-outdated') ? /ERR_FAILED/ : null;

/** Everything a machine can see: accessibility rules, a page wider than its window, targets too small for a thumb. */
export async function audit(page, { phone }) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    // An open dialog is all there is: what it covers is inert, and its header is no second banner of the page.
    const dialogs = [...document.querySelectorAll('[role="dialog"]')];
    const { violations } = await globalThis.axe.run(dialogs.length > 0 ? dialogs : document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      // Menus, options and tooltips are drawn at the end of the document, beside the landmarks.
      rules: {
        region: { enabled: false },
        'landmark-no-duplicate-banner': { enabled: dialogs.length === 0 },
        'landmark-unique': { enabled: dialogs.length === 0 },
      },
    });
    // What lies half under a bar of a phone comes out of it when the page is scrolled: it is measured there.
    const stillSmall = async ({ target }) => {
      const element = document.querySelector(target[0]);
      element?.scrollIntoView({ block: 'center' });
      const again = await globalThis.axe.run(element ?? document, {
        runOnly: { type: 'rule', values: ['target-size'] },
      });
      return again.violations.length > 0;
    };
    for (const violation of violations.filter(({ id }) => id === 'target-size')) {
      const kept = [];
      for (const node of violation.nodes) if (await stillSmall(node)) kept.push(node);
      violation.nodes = kept;
      scrollTo(0, 0);
    }
    return violations.flatMap(({ id, nodes }) =>
      nodes
        // The library's menu holds two invisible stops that keep the focus in it.
        .filter(({ target }) => !(id === 'aria-required-children' && /dropdown/.test(target.join(' '))))
        .map((node) => `${id}: ${node.target.join(' ')} ${node.any[0]?.message ?? ''}`.slice(0, 260)),
    );
  });
  const room = await page.evaluate(overflowing);
  const small = phone ? await page.evaluate(smallTargets) : [];
  return [...violations, ...room, ...small];
}

function overflowing() {
  const root = document.documentElement;
  const over = root.scrollWidth - root.clientWidth;
  return over > 0 ? [`the page is ${over} px too wide`] : [];
}

/**
 * Controls under 40x40 px. A link inside a sentence is as high as its line, what the keyboard passes over has a bigger
 * twin, and what is off the page appears on focus.
 */
function smallTargets() {
  const found = [];
  const controls = 'button, a[href], input, textarea, [role="tab"], [role="option"], [role="menuitem"]';
  for (const element of document.querySelectorAll(controls)) {
    const style = getComputedStyle(element);
    if (style.display === 'inline' || style.visibility === 'hidden') continue;
    if (element.tabIndex < 0 && !element.matches('[role="option"], [role="menuitem"], [role="tab"]'))
      continue;
    // Pressed by what surrounds it: a checkbox and a segment by their label, a text among pills by the whole field.
    const around = element.matches('[type="checkbox"], [type="radio"]')
      ? (element.closest('label') ?? element.labels?.[0])
      : element.parentElement?.closest('[class*="MultiSelect-input"], [class*="TagsInput-input"]');
    const { width, height, right } = (around ?? element).getBoundingClientRect();
    if (width <= 1 || height <= 1 || right <= 0 || (width >= 39.5 && height >= 39.5)) continue;
    const name = element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 40);
    found.push(`small: ${element.tagName} "${name}" is ${Math.round(width)}x${Math.round(height)} px`);
  }
  return found;
}
