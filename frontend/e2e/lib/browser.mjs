// Chromium with one context per person. What a page may never do (log an error, break the content policy) is collected.
import { existsSync, mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const chromiumPath = process.env.CHROMIUM || ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
const results = new URL('../results/', import.meta.url);

export async function launch() {
  if (!chromiumPath) throw new Error('no Chromium: set CHROMIUM to its path');
  return chromium.launch({
    executablePath: chromiumPath,
    // No sandbox: tests may run as root in a container. No background networking: only our own servers are asked.
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  });
}

/**
 * A person's browser window: `page` and the list of `faults` that it showed. `expected` are patterns of console messages
 * that a test provokes (Chromium logs every reply of 400 and above as an error).
 */
export async function person(browser, baseURL, { expected = [], ...options } = {}) {
  const context = await browser.newContext({ baseURL, locale: 'en-GB', timezoneId: 'Asia/Tokyo', viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(15_000);
  const faults = [];
  // At its start the client asks whether a session exists; Chromium logs the "no".
  const allowed = [/status of 401 .*\/api\/auth\/refresh/, ...expected];
  const fault = (text) => { if (!allowed.some((pattern) => pattern.test(text))) faults.push(text); };
  const watch = (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error' || /Content Security Policy/i.test(message.text())) fault(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => fault(`uncaught: ${error.message}`));
    page.on('crash', () => fault('the page crashed'));
  };
  context.on('page', watch);
  const page = await context.newPage();
  return { context, page, faults, allow: (...patterns) => allowed.push(...patterns), close: () => context.close() };
}

/** Chromium's words for a refused or failed request. */
export const status = (code) => new RegExp(`status of ${code}`);
export const netError = /net::ERR_|WebSocket connection to .* failed/;

/** Counts full page loads from now on. */
export function countLoads(page) {
  const loads = { count: 0 };
  page.on('request', (request) => { if (request.isNavigationRequest() && request.frame() === page.mainFrame()) loads.count += 1; });
  return loads;
}

/** Saves what a failed test saw. */
export async function keepPicture(page, name) {
  mkdirSync(results, { recursive: true });
  await page.screenshot({ path: new URL(`${name.replace(/[^\w-]+/g, '-')}.png`, results).pathname, fullPage: true }).catch(() => {});
}
