// Opens every page in every state, in both themes, at 1440x900 and 390x844, and saves pictures; fails on anything that
// goes wrong there.
//   node e2e/with-mock.mjs screens.mjs [folder] [name part,...]  against the mock
//   NOC_VIEW=dark-phone ...                                        one theme and size of the four
//   NOC_URL=... NOC_PASSWORD=... node e2e/screens.mjs [folder]    against a real server: its pages as they are
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BASE, FROZEN, launch, openPage, signIn } from './browser.mjs';
import { SHOTS } from './shots.mjs';
import { audit, expectedProblems, stage } from './stage.mjs';

const folder = process.argv[2] ?? join(tmpdir(), 'noc-screens');
const only = (process.argv[3] ?? '').split(',');
/** One of the four, such as `dark-phone`. */
const onlyView = process.env.NOC_VIEW ?? '';
const SIZES = [
  ['wide', { width: 1440, height: 900 }],
  ['phone', { width: 390, height: 844, phone: true }],
];

/** On a real server the mock's ids mean nothing: the worst server and the most urgent incident stand in for them. */
async function realPaths(page) {
  const first = (path) =>
    page.evaluate(async (p) => (await (await fetch(p)).json()).data?.[0]?.id ?? null, path);
  const server = await first('/api/servers?limit=1');
  const incident = await first('/api/incidents?limit=1&sort=urgency');
  return (path) =>
    path.replace(/(?<=servers\/)\d+/, server ?? '$&').replace(/(?<=incidents\/)\d+/, incident ?? '$&');
}

async function openReal(page, { path }, realPath) {
  await page.goto(BASE + realPath(path));
  await page.waitForLoadState('networkidle').catch(() => {});
}

/** A whole page in one picture, unless a dialog covers it. */
async function tall(page, { width, height }, picture) {
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  const grow = whole > height && (await page.getByRole('dialog').count()) === 0;
  if (grow) await page.setViewportSize({ width, height: whole });
  await picture();
  if (grow) await page.setViewportSize({ width, height });
}

await mkdir(folder, { recursive: true });
const browser = await launch();
const failures = [];
const asIs = (shot) => !(shot.prepare || shot.world || shot.api || shot.as !== undefined);
const shots = SHOTS.filter((shot) => only.some((part) => shot.name.includes(part)) && (FROZEN || asIs(shot)));
for (const theme of ['light', 'dark']) {
  for (const [size, viewport] of SIZES) {
    if (!`${theme}-${size}`.includes(onlyView)) continue;
    const { context, page, problems } = await openPage(browser, { ...viewport, theme });
    page.setDefaultTimeout(30_000);
    if (!FROZEN) await signIn(page);
    const realPath = FROZEN ? null : await realPaths(page);
    for (const shot of shots) {
      const at = `${shot.name} ${theme} ${size}`;
      problems.expected = expectedProblems(shot);
      try {
        await (realPath ? openReal(page, shot, realPath) : stage(page, shot));
        failures.push(...(await audit(page, viewport, shot)).map((defect) => `${at}: ${defect}`));
      } catch (error) {
        failures.push(`${at}: ${error.message.split('\n')[0]}`);
      }
      await tall(page, viewport, async () => {
        await page.screenshot({ path: join(folder, `${shot.name}-${theme}-${size}.png`) });
      });
      failures.push(...problems.splice(0).map((problem) => `${at}: ${problem}`));
    }
    await context.close();
  }
}
await browser.close();
for (const failure of failures) console.error(failure);
console.log(`pictures of ${shots.length} states in ${folder}`);
process.exit(failures.length > 0 ? 1 : 0);
