// Chromium with what every end-to-end script needs: a frozen clock, and a list of everything that went wrong.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

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
    permissions: phone ? [] : ['clipboard-read', 'clipboard-write'],
  });
  // `expected` is a pattern of what a picture provokes on purpose.
  const problems = Object.assign([], { expected: null });
  const report = (text) => {
    // What this script puts into every frame is refused in one without rights, which is what such a frame is for.
    if (/Blocked script execution in 'about:srcdoc'/.test(text)) return;
    if (!problems.expected?.test(text)) problems.push(text);
  };
  const another = async () => {
    const page = await context.newPage();
    if (FROZEN) await page.clock.setFixedTime(new Date(FROZEN));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
        report(`console: ${message.text()}`);
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
