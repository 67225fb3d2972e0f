// Chromium with what every end-to-end script needs: a frozen clock, and a list of everything that went wrong.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { freezeTime } from './frozen-time.mjs';
import { watchRequests } from './settled.mjs';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const BASE = process.env.NOC_URL ?? 'http://127.0.0.1:8787';
/** The mock's fixed moment; against a real server time runs as it does. */
export const FROZEN = process.env.NOC_MOCK_NOW ?? null;
/** So many times slower than this machine is the one that pages run on, to find what waits too short. */
const SLOWER = Number(process.env.NOC_E2E_SLOWER ?? 0);

export async function launch() {
  const executablePath = [
    process.env.CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((path) => path && existsSync(path));
  if (!executablePath)
    throw new Error('no chromium found: install it (apt-get install chromium) or set CHROMIUM');
  return chromium.launch({ executablePath, args: ARGS });
}

/**
 * A page whose console errors, exceptions and failed requests are collected in `problems`; `another` opens more of them
 * beside it.
 */
export async function openPage(browser, { width = 1440, height = 900, theme = 'light', phone = false } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    hasTouch: phone,
    isMobile: phone,
    deviceScaleFactor: 1,
    timezoneId: 'Asia/Dhaka',
    locale: 'en-GB',
    // What slides in is at its place at once, so that nothing is pressed or looked at half-way.
    reducedMotion: 'reduce',
    permissions: phone ? [] : ['clipboard-read', 'clipboard-write'],
  });
  if (FROZEN) await context.addInitScript(freezeTime, Date.parse(FROZEN));
  // `expected` is a pattern of what a picture provokes on purpose.
  const problems = Object.assign([], { expected: null });
  const report = (text) => {
    if (!problems.expected?.test(text)) problems.push(text);
  };
  const another = async () => {
    const page = await context.newPage();
    if (SLOWER) {
      const devTools = await context.newCDPSession(page);
      await devTools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    }
    watchRequests(page);
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() !== 'error' || /status of 4\d\d/.test(text)) return;
      // The clock is put into every frame, and refused by the one that shows a mail, which may run nothing.
      const showsMail = new URL(page.url()).pathname === '/settings/messages';
      if (FROZEN && showsMail && /Blocked script execution in 'about:srcdoc'/.test(text)) return;
      report(`console: ${text}`);
    });
    page.on('pageerror', (error) => report(`exception: ${error.message}`));
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? '';
      if (!/ERR_ABORTED/.test(reason)) report(`request failed: ${request.url()} ${reason}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 500) report(`answer ${response.status()}: ${response.url()}`);
    });
    return page;
  };
  return { context, page: await another(), another, problems };
}

export async function signIn(
  page,
  email = 'admin@hostseba.com',
  password = process.env.NOC_PASSWORD ?? 'a long enough password',
) {
  await page.goto(`${BASE}/login`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
}
