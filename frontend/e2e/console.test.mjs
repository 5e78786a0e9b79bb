// The sandbox's console as a person uses it: every page in both themes and on a phone, and what its buttons cause.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { Api } from './lib/api.mjs';
import { keepPicture, launch, person, status } from './lib/browser.mjs';
import { startEmbedded } from './lib/portal.mjs';
import * as step from './lib/steps.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const lists = ['/', '/console/orders', '/console/customers', '/console/invoices', '/console/lines', '/console/cases',
  '/console/outbox', '/console/faults', '/console/calls', '/console/events', '/console/settings'];
const hostile = '<script>window.hurt=1</script>"\'><img src=x onerror="window.hurt=1">';

describe('console', () => {
  let portal, browser, base;
  before(async () => { portal = await startEmbedded(); browser = await launch(); base = portal.sandbox.address; });
  after(async () => { await browser?.close(); await portal?.stop(); });

  /** Every list, and the first thing that each leads to. */
  async function walk(page, look) {
    for (const path of lists) {
      await page.goto(path);
      await page.locator('main h1').waitFor();
      await look(path);
      const first = await page.locator(`main a[href^="${path}/"]`).first().getAttribute('href', { timeout: 500 }).catch(() => null);
      if (path === '/' || !first) continue;
      await page.goto(first);
      await page.locator('main h1').waitFor();
      await look(first);
    }
  }

  for (const [name, viewport, colorScheme] of [['phone', { width: 390, height: 844 }, 'dark'], ['desktop', { width: 1280, height: 900 }, 'light']]) {
    test(`every page is sound on a ${name} in the ${colorScheme} theme`, async () => {
      const api = new Api(portal.address);
      await api.register();
      await api.placeEsimOrder();
      const who = await person(browser, base, { viewport, colorScheme });
      const found = [];
      await walk(who.page, async (path) => {
        const wide = await who.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (wide > 0) { found.push(`${path} is ${wide} px too wide`); await keepPicture(who.page, `console ${name} ${path}`); }
        await who.page.evaluate(axe);
        const { violations } = await who.page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
        for (const v of violations) found.push(`${path} ${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`);
      });
      assert.deepEqual(found, []);
      await who.close();
      step.assertClean(who);
    });
  }

  test('an invoice that staff mark as paid reaches the customer’s open page', async () => {
    const customer = await person(browser, portal.address);
    const frames = [];
    customer.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))));
    await customer.page.goto('/sign-in');
    await step.signIn(customer.page, portal.demo.email, portal.demo.password);
    await step.signedIn(customer.page);
    const staff = await person(browser, base);
    await staff.page.goto('/console/invoices');
    const before = frames.filter((frame) => frame.includes('invoices_changed')).length;
    await staff.page.locator('main').getByRole('link', { name: /^(Unpaid|Overdue)/ }).last().click();
    await staff.page.locator('tr', { hasText: 'Mika' }).first().locator('a').first().click();
    await staff.page.getByRole('button', { name: 'Mark paid' }).click();
    await staff.page.getByText(/A transfer of .* is booked/).waitFor();
    const until = Date.now() + 15_000;
    while (frames.filter((frame) => frame.includes('invoices_changed')).length === before) {
      assert.ok(Date.now() < until, `no message about invoices among ${frames.length}\n${portal.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const who of [customer, staff]) { await who.close(); step.assertClean(who); }
  });

  test('the clock is moved by hand and the portal sees the same time', async () => {
    const { page, ...who } = await person(browser, base);
    await page.goto('/console/settings');
    await page.getByLabel('Days ahead').fill('40');
    await page.getByRole('button', { name: 'Move ahead' }).click();
    await page.getByText(/The clock shows .* in Japan/).waitFor();
    // A session that began before has ended with the move; a new one is dated by the moved clock.
    const api = new Api(portal.address);
    await api.register();
    assert.ok((await api.placeEsimOrder()).id);
    await page.getByRole('button', { name: 'Back to the machine’s time' }).or(page.getByRole('button', { name: "Back to the machine's time" })).click();
    await page.getByText(/The clock shows/).first().waitFor();
    await who.close();
    step.assertClean(who);
  });

  test('what customers and other systems write is shown, never run', async () => {
    await portal.sandbox.fault('Whmcs', 'GetInvoices', { Refuse: hostile }, 1);
    const who = await person(browser, base, { expected: [status(404)] });
    for (const path of ['/', '/console/faults', `/console/orders/${encodeURIComponent(hostile)}`, `/console/invoices?q=${encodeURIComponent(hostile)}`]) {
      await who.page.goto(path);
      await who.page.locator('main h1').waitFor();
      assert.equal(await who.page.evaluate(() => window.hurt), undefined, path);
    }
    await who.page.goto('/console/faults');
    assert.ok((await who.page.locator('main').innerText()).includes('<script>window.hurt=1</script>'), 'shown as text');
    await portal.sandbox.clearFaults();
    await who.close();
    step.assertClean(who);
  });
});
