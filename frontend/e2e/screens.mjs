// Opens every page in both themes at 1440x900 and 390x844 and saves pictures; fails on anything that goes wrong.
//   node e2e/with-mock.mjs screens.mjs [folder] [name part]      against the mock
//   NOC_URL=... NOC_PASSWORD=... node e2e/screens.mjs [folder]    against a real server
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BASE, FROZEN, launch, openPage, signIn } from './browser.mjs';

const folder = process.argv[2] ?? join(tmpdir(), 'noc-screens');
const only = process.argv[3] ?? '';

const click = (role, name) => async (page) => page.getByRole(role, { name }).first().click();

const SHOTS = [
  ['overview', '/'],
  ['servers', '/servers'],
  ['servers-empty', '/servers?q=nothing-like-this'],
  ['add-host', '/servers/new'],
  ['server-charts', '/servers/3'],
  ['server-charts-7d', '/servers/3?range=7d'],
  ['server-disks', '/servers/3/disks'],
  ['server-disks-no-permission', '/servers/6/disks'],
  ['server-services', '/servers/1/services'],
  ['server-incidents', '/servers/3/incidents'],
  ['incidents', '/incidents'],
  ['incident', '/incidents/42'],
  ['incident-acknowledged', '/incidents/44'],
  ['channels', '/settings/channels'],
  ['channel', '/settings/channels?channel=email'],
  ['rules', '/settings/rules'],
  ['rule', '/settings/rules', click('button', 'New rule')],
  ['escalation', '/settings/escalation'],
  ['policy', '/settings/escalation', click('button', /^Edit /)],
  ['deliveries', '/settings/deliveries'],
  ['users', '/settings/users'],
  ['account', '/settings/account'],
  ['not-found', '/no-such-page'],
  [
    'search',
    '/',
    async (page) => {
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByRole('textbox', { name: 'Search servers and incidents' }).fill('web');
      await page.getByRole('list', { name: 'Results' }).waitFor();
    },
  ],
];

const SIZES = [
  ['wide', { width: 1440, height: 900 }],
  ['phone', { width: 390, height: 844, phone: true }],
];

/** On a real server the mock's ids mean nothing: the worst server and the most urgent incident stand in for them. */
async function realIds(page) {
  const first = (path) =>
    page.evaluate(async (p) => (await (await fetch(p)).json()).data?.[0]?.id ?? null, path);
  return {
    server: await first('/api/servers?limit=1'),
    incident: await first('/api/incidents?limit=1&sort=urgency'),
  };
}

const onRealServer = (path, ids) =>
  path.replace(/(?<=servers\/)\d+/, ids.server ?? '$&').replace(/(?<=incidents\/)\d+/, ids.incident ?? '$&');

await mkdir(folder, { recursive: true });
const browser = await launch();
const failures = [];
for (const theme of ['light', 'dark']) {
  for (const [size, viewport] of SIZES) {
    const { context, page, problems } = await openPage(browser, { ...viewport, theme });
    if ('login'.includes(only)) {
      await page.goto(`${BASE}/login`);
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await page.screenshot({ path: join(folder, `login-${theme}-${size}.png`) });
    }
    await signIn(page);
    const ids = FROZEN ? null : await realIds(page);
    for (const [name, path, prepare] of SHOTS) {
      if (!name.includes(only)) continue;
      await page.goto(BASE + (ids ? onRealServer(path, ids) : path));
      await page.waitForLoadState('networkidle').catch(() => {});
      await page
        .getByRole('status', { name: 'Loading' })
        .first()
        .waitFor({ state: 'detached', timeout: 5000 });
      await prepare?.(page).catch((error) =>
        failures.push(`${name} ${theme} ${size}: ${error.message.split('\n')[0]}`),
      );
      await page.waitForTimeout(350);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (overflow > 0) failures.push(`${name} ${theme} ${size}: the page is ${overflow} px too wide`);
      await page.screenshot({
        path: join(folder, `${name}-${theme}-${size}.png`),
        fullPage: !prepare && size === 'phone',
      });
    }
    failures.push(...problems.map((problem) => `${theme} ${size}: ${problem}`));
    await context.close();
  }
}
await browser.close();
for (const failure of failures) console.error(failure);
console.log(`pictures in ${folder}`);
process.exit(failures.length > 0 ? 1 : 0);
