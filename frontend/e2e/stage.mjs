// Brings a page into the state that a shot describes, and says what is wrong with how it looks there.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { BASE } from './browser.mjs';
import { settled } from './settled.mjs';

const ADMIN = 'admin@hostseba.com';
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const post = (action) => fetch(`${BASE}/mock/${action}`, { method: 'POST' });

/** Who signed in last is the mock's own memory, so every shot begins from a fresh world. */
export async function stage(page, shot) {
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await post(shot.world ?? 'reset');
  if (shot.as !== null) await post(`sign-in/${shot.as ?? ADMIN}`);
  if (shot.api) await post(shot.api);
  // An address that differs behind its # alone is no new page to a browser.
  if (shot.path.includes('#')) await page.goto('about:blank');
  await page.goto(BASE + shot.path, { waitUntil: 'commit' });
  await page.waitForFunction(arrived, { api: shot.api ?? null, bare: shot.bare ?? false });
  await settled(page);
  if (!shot.prepare) return;
  await shot.prepare(page);
  await settled(page);
}

/** In the page: before it there is the browser's own moment without any. */
function arrived({ api, bare }) {
  const loading = document.querySelector('[role="status"][aria-label="Loading"]') !== null;
  if (!document.querySelector('h1')) return false;
  if (api === 'held') return loading;
  if (api === 'broken') return document.querySelector('[role="alert"]') !== null;
  return !loading && (bare || document.querySelector('output[data-state="connected"]') !== null);
}

/** What a shot provokes on purpose, and is no problem of it. */
export const expectedProblems = (shot) =>
  shot.api === 'broken' ? /503/ : shot.name.endsWith('-outdated') ? /ERR_FAILED/ : null;

/**
 * Everything a machine can see: accessibility rules, a page wider than its window, targets too small for a thumb. The bars
 * and the menu around each page are judged where it is they that differ: on the overview, and by who looks. Of a long list
 * its first rows are judged, the others are made alike.
 */
export async function audit(page, { phone }, shot) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  const violations = await page.evaluate(
    async (withBars) => {
      const bars = 'header:has(> a[href="/"]), nav[aria-label="Main"], nav[aria-label="Quick"]';
      const furtherRows = 'tbody tr:nth-child(n + 16), main li:nth-child(n + 16)';
      const exclude = [...document.querySelectorAll(withBars ? furtherRows : `${bars}, ${furtherRows}`)];
      // An open dialog is all there is: what it covers is inert, and its header is no second banner of the page.
      const dialogs = [...document.querySelectorAll('[role="dialog"]')];
      // What passes need not be listed, and a mail shown in a frame is not ours to judge.
      const only = { resultTypes: ['violations'], iframes: false, preload: false };
      const { violations } = await globalThis.axe.run(dialogs.length > 0 ? dialogs : { exclude }, {
        ...only,
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
          ...only,
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
    },
    shot.path === '/' || shot.as !== undefined,
  );
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
    // What is folded away keeps the size of where it was drawn last.
    if (style.display === 'inline' || !element.checkVisibility({ visibilityProperty: true })) continue;
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
