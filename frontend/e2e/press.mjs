// Presses everything that can be pressed on a page: one control of each kind, those that appear by pressing others too.
import { BASE } from './browser.mjs';
import { settled } from './settled.mjs';

const CONTROLS = 'main button, main [role="tab"], header button';
/** A page has fewer kinds of controls than this, or pressing makes new ones without end. */
const MOST = 150;
/** A live page may take a control away between choosing and pressing it; so often another of its kind is chosen. */
const TRIES = 5;
/** What cannot be pressed for so long has something before it. */
const CLICK_MS = 8000;

async function open(page, path) {
  await page.goto(BASE + path);
  await page.locator('h1').first().waitFor();
  await settled(page);
}

/**
 * Gives back the kinds of controls that were pressed, in their order. What every page has, the header and the tabs of a
 * server, is pressed on the first page that shows it: `before` holds those kinds. `beginAnew` makes the world as it was:
 * what was there at first and is not because of another press (who resolves an incident cannot snooze it) is pressed then.
 */
export async function pressEverything(page, path, { before, beginAnew }) {
  await beginAnew();
  await open(page, path);
  const pressed = [...before];
  const already = before.size;
  const { kinds: there } = await controlsOf(page);
  for (let tries = 0; pressed.length < already + MOST; ) {
    const { kinds, controlAt } = await controlsOf(page);
    const next = kinds.findIndex((kind) => !pressed.includes(kind));
    if (next === -1) {
      const left = there.filter((one) => !pressed.includes(one));
      if (left.length === 0) return pressed.slice(already);
      tries += 1;
      if (tries > TRIES) throw new Error(`there and never to be pressed: ${left.join(', ')}`);
      await beginAnew();
      await open(page, path);
      // The others have been pressed: the first of these is next.
      continue;
    }
    const kind = kinds[next];
    const control = await controlAt(next);
    try {
      await control.click({ timeout: CLICK_MS });
    } catch (error) {
      tries += 1;
      // What the press before opened came only after the page had come to rest, and is in the way.
      const late = await isOpen(page);
      if (late) await leave(page, path);
      if (tries > TRIES || (!late && (await isThere(control))))
        throw new Error(`“${kind}” cannot be pressed: ${error.message}`);
      continue;
    }
    tries = 0;
    pressed.push(kind);
    if (/^(header|tabs): /.test(kind)) before.add(kind);
    await settled(page);
    await leave(page, path);
  }
  throw new Error(
    `${MOST} kinds of controls were pressed, and there are more: ${pressed.slice(-5).join(', ')}`,
  );
}

const isOpen = (page) =>
  page.evaluate(() => document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]') !== null);

const isThere = (control) => control.evaluate((element) => element.isConnected).catch(() => false);

/** The kinds of controls on the page now, and the first control of each. */
async function controlsOf(page) {
  const list = await page.evaluateHandle(controlsByKind, CONTROLS);
  return {
    kinds: await list.evaluate((all) => all.map(({ kind }) => kind)),
    controlAt: async (at) => (await list.evaluateHandle((all, i) => all[i].element, at)).asElement(),
  };
}

/** Closes what a press opened, and goes back when it led to another page. Sorted, the page is as good to press on. */
async function leave(page, path) {
  for (let presses = 0; presses < 3 && (await isOpen(page)); presses++) {
    await page.keyboard.press('Escape');
    await settled(page);
  }
  if (new URL(page.url()).pathname !== path || (await isOpen(page))) await open(page, path);
}

/**
 * In the page: the first control of each kind. What stands in rows is one kind by what it does there; elsewhere a name is
 * a kind. Numbers within names are not told apart, for they count what pressing changes.
 */
function controlsByKind(controls) {
  const words = (element) =>
    (element.getAttribute('aria-label') ?? element.innerText ?? '')
      .trim()
      .replace(/\s+/g, ' ')
      .replace(/\d+/g, '#');
  const place = (element) => {
    if (element.closest('header:has(> a[href="/"])')) return 'header';
    // A server's own buttons stand above its tabs.
    const hasTabs = document.querySelector('main [role="tablist"]') !== null;
    if (hasTabs && element.closest('header, [role="tablist"]')) return 'tabs';
    return (
      element
        .closest('table, ul, ol, [role="region"], section, [aria-label]:not(button)')
        ?.getAttribute('aria-label') ?? 'page'
    );
  };
  const inRow = (element, row) => {
    const look = [];
    for (let at = element; at !== row; at = at.parentElement)
      look.unshift((at.getAttribute('class') ?? '').split(' ').find((name) => name.startsWith('_')) ?? '');
    const icon = element.querySelector('svg')?.getAttribute('class') ?? '';
    return `${words(element).split(' ')[0]} in a row ${[...look, icon].join(' ').trim()}`;
  };
  const found = new Map();
  for (const element of document.querySelectorAll(controls)) {
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.disabled || element.getAttribute('aria-disabled') === 'true') continue;
    const row = element.closest('tbody tr, li');
    const kind = `${place(element)}: ${row ? inRow(element, row) : words(element)}`;
    if (!found.has(kind)) found.set(kind, { kind, element });
  }
  return [...found.values()];
}
