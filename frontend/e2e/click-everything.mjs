// Walks through what an operator does, by role and label, with the clock frozen; then presses every button of every
// page; then looks at every picture of `shots.mjs` for what a machine can see. Any console error, exception, failed
// request or 5xx fails the run. At the end it says what took how long.
//   node e2e/with-mock.mjs click-everything.mjs [part of a name]
//   NOC_E2E_SLOWER=4 ...    pages run on a processor so many times slower
//   NOC_E2E_PRESSED=1 ...   says what was pressed
//   NOC_E2E_PICTURES=dir    a picture of the page where a story failed
import assert from 'node:assert/strict';
import { BASE, launch, openPage } from './browser.mjs';
import { lookAt } from './look.mjs';
import { pressEverything } from './press.mjs';
import { SHOTS } from './shots.mjs';
import { mock, signIn } from './steps.mjs';
import { stories as alerting } from './stories/alerting.mjs';
import { stories as hosting } from './stories/hosting.mjs';
import { stories as incidents } from './stories/incidents.mjs';
import { stories as servers } from './stories/servers.mjs';
import { stories as session } from './stories/session.mjs';
import { printTimes, timed } from './timing.mjs';

const browser = await launch();

/** One address of every page, as it is. */
const addressOf = (path) => path.replace(/\d+/, 'id');
const PAGES = SHOTS.filter((shot) => !(shot.prepare || shot.world || shot.api || shot.as !== undefined))
  .map((shot) => new URL(shot.path, BASE).pathname)
  .filter((path, i, all) => all.findIndex((other) => addressOf(other) === addressOf(path)) === i);

/** Fewer kinds of controls on a page mean that something was not there to be pressed; of others it is one at least. */
const LEAST_PRESSED = {
  '/': 6,
  '/servers': 13,
  '/servers/abc': 0,
  '/servers/3': 14,
  '/servers/3/disks': 1,
  '/servers/1/services': 2,
  '/servers/3/mysql': 0,
  '/servers/3/cpanel': 0,
  '/servers/3/litespeed': 0,
  '/servers/3/mail': 2,
  '/servers/3/firewall': 1,
  '/servers/3/crons': 1,
  '/servers/3/backups': 2,
  '/servers/3/why': 1,
  '/servers/3/incidents': 5,
  '/agents': 3,
  '/incidents': 6,
  '/incidents/42': 5,
  '/hosting/mail-queue': 6,
  '/hosting/top-senders': 4,
  '/hosting/mail-abuse': 3,
  '/hosting/backups': 5,
  '/hosting/disks': 5,
  '/hosting/mysql': 6,
  '/hosting/litespeed': 6,
  '/hosting/cpanel': 6,
  '/hosting/firewall': 12,
  '/hosting/crons': 3,
  '/maintenance': 4,
  '/settings/channels': 6,
  '/settings/messages': 5,
  '/settings/rules': 2,
  '/on-call': 11,
  '/settings/escalation': 4,
  '/settings/my-alerts': 5,
  '/settings/deliveries': 3,
  '/settings/users': 2,
  '/settings/wall': 3,
  '/settings/account': 3,
  '/wall': 3,
  '/no-such-page': 0,
};

const failures = [];
const only = process.argv[2] ?? '';

const { context, another, problems, page: first } = await openPage(browser);
await first.close();
/** On a page of its own, in a browser that remembers nothing but the files of the build. */
async function alone(kind, name, work) {
  if (!name.includes(only)) return;
  await mock('reset');
  await context.clearCookies();
  const page = await another();
  page.setDefaultTimeout(60_000);
  problems.length = 0;
  try {
    const said = await timed(kind, name, () => work(page, another));
    if (problems.length > 0) throw new Error(problems.join('\n'));
    console.log(`ok    ${name}${said ?? ''}`);
  } catch (error) {
    failures.push(name);
    console.error(`FAIL  ${name}\n      ${error.message}\n      at ${page.url()}`);
    if (process.env.NOC_E2E_PICTURES)
      await page.screenshot({ path: `${process.env.NOC_E2E_PICTURES}/${failures.length}.png` });
  }
  await page.evaluate(() => localStorage.clear()).catch(() => {});
  for (const left of context.pages()) await left.close();
}

for (const [name, story] of Object.entries({ ...session, ...incidents, ...servers, ...hosting, ...alerting }))
  await alone('story', name, story);
const pressedBefore = new Set();
for (const path of PAGES)
  await alone('press everything', `press everything on ${path}`, async (page) => {
    const beginAnew = async () => {
      await mock('reset');
      await signIn(page);
    };
    const pressed = await pressEverything(page, path, { before: pressedBefore, beginAnew });
    if (process.env.NOC_E2E_PRESSED) for (const kind of pressed) console.log(`      ${kind}`);
    const least = LEAST_PRESSED[path] ?? 1;
    assert.ok(
      pressed.length >= least,
      `${pressed.length} were pressed, of ${least} at least: ${pressed.join(', ')}`,
    );
    return `: ${pressed.length} kinds`;
  });
await context.close();
const looked = SHOTS.filter((shot) => `look at ${shot.name}`.includes(only));
failures.push(...(await lookAt(browser, looked)));
await browser.close();
printTimes();
process.exit(failures.length > 0 ? 1 : 0);
