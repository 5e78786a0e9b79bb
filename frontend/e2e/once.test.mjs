// One click, one order: whatever the hand or the network does, one order is created upstream and the customer lands on it.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { keepPicture, launch, netError, person, status } from './lib/browser.mjs';
import { newCustomer } from './lib/data.mjs';
import { Api } from './lib/api.mjs';
import { startEmbedded } from './lib/portal.mjs';
import { eventually } from './lib/process.mjs';
import * as step from './lib/steps.mjs';

describe('exactly one order', () => {
  let portal, browser, customer, page, ordersBefore;
  const isPlacing = (request) => request.method() === 'POST' && new URL(request.url()).pathname === '/api/orders';

  before(async () => { portal = await startEmbedded(); browser = await launch(); });
  after(async () => { await browser?.close(); await portal?.stop(); });
  beforeEach(async () => {
    const plan = (await new Api(portal.address).catalog()).plans.find((p) => p.sim_kinds.includes('esim'));
    customer = await person(browser, portal.address);
    page = customer.page;
    await step.signUp(page, newCustomer());
    await page.goto(`/order?plan=${plan.sku}`);
    ordersBefore = await step.orderCount(portal.sandbox);
  });
  afterEach(async (context) => {
    if (!context.passed) { console.error(portal.tail()); await keepPicture(page, context.name); }
    await portal.sandbox.clearFaults();
    await customer.close();
  });
  const created = async () => (await step.orderCount(portal.sandbox)) - ordersBefore;

  test('a double click places one order', async () => {
    await step.wizardToReview(page);
    await step.placeOrder(page, { click: (target) => target.dblclick() });
    assert.equal(await created(), 1);
    step.assertClean(customer);
  });

  test('a reload while the order is on its way ends on the same order, and the draft was kept', async () => {
    const id = await step.wizardToReview(page);
    await portal.sandbox.fault('Salesforce', 'composite', { Delay: [1_500, 'AfterCommit'] }, 1);
    await page.getByRole('checkbox', { name: /^I accept/ }).check();
    const sent = page.waitForRequest(isPlacing);
    await step.button(page, 'Place order').click();
    const firstKey = (await sent).headers()['idempotency-key'];
    await page.reload();
    customer.allow(netError, status(409));
    await step.button(page, 'Place order').waitFor();
    assert.ok((await page.getByRole('main').innerText()).replaceAll(' ', '').includes(id), 'the EID is still there');
    const again = page.waitForRequest(isPlacing);
    await page.getByRole('checkbox', { name: /^I accept/ }).check();
    await step.button(page, 'Place order').click();
    assert.equal((await again).headers()['idempotency-key'], firstKey, 'the same key');
    await untilPlaced(page);
    assert.equal(await created(), 1);
  });

  test('a reply that is lost on the way is made good by a second try with the same key', async () => {
    customer.allow(netError);
    const keys = [];
    await page.route('**/api/orders', async (route) => {
      if (!isPlacing(route.request())) return route.continue();
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      await route.fetch(); // the server has placed it
      return route.abort('connectionreset');
    });
    await step.wizardToReview(page);
    await page.getByRole('checkbox', { name: /^I accept/ }).check();
    await step.button(page, 'Place order').click();
    await page.getByRole('alert').first().waitFor();
    await untilPlaced(page);
    assert.equal(keys.length >= 2, true);
    assert.equal(new Set(keys).size, 1, 'the same key each time');
    assert.equal(await created(), 1);
    step.assertClean(customer);
  });

  test('with the CRM down the page says so and keeps everything; the retry works', async () => {
    customer.allow(status(503));
    const id = await step.wizardToReview(page);
    await portal.sandbox.fault('Salesforce', null, { Status: [503, 1] });
    const keys = [];
    page.on('request', (request) => { if (isPlacing(request)) keys.push(request.headers()['idempotency-key']); });
    await page.getByRole('checkbox', { name: /^I accept/ }).check();
    const reply = page.waitForResponse((r) => isPlacing(r.request()));
    await step.button(page, 'Place order').click();
    assert.equal((await reply).status(), 503);
    assert.ok((await reply).headers()['retry-after'], 'says when to try again');
    const problem = page.getByRole('alert').first();
    await problem.waitFor();
    assert.doesNotMatch(await problem.innerText(), /503|salesforce|whmcs|freebit/i, 'in the customer’s words');
    assert.ok((await page.getByRole('main').innerText()).replaceAll(' ', '').includes(id), 'the EID is still there');
    assert.equal(await created(), 0);
    await portal.sandbox.clearFaults();
    await untilPlaced(page);
    assert.equal(new Set(keys).size, 1, 'the same key each time');
    assert.equal(await created(), 1);
    step.assertClean(customer);
  });

  test('going back after the order was placed does not offer to place it again', async () => {
    await step.wizardToReview(page);
    const orderId = await step.placeOrder(page);
    await page.goBack();
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.equal(await step.button(page, 'Place order').count(), 0);
    assert.equal(await created(), 1);
    await page.getByRole('link', { name: 'Follow the order' }).click();
    assert.equal(await step.onOrderPage(page), orderId);
    step.assertClean(customer);
  });
});

/** Presses the button that the page offers (place or try again) until it shows the order, as often as somebody who was asked for a second of patience. */
async function untilPlaced(page) {
  const offered = page.getByRole('button', { name: /^(Place order|Try again)$/ }).first();
  const tracker = page.getByRole('list', { name: 'Order progress' });
  for (let tries = 0; tries < 20; tries += 1) {
    const shown = await eventually('the order, or a button that can be pressed', async () => {
      if (await tracker.count()) return 'order';
      return (await offered.count()) && (await offered.isEnabled({ timeout: 500 })) && 'button';
    });
    if (shown === 'order') break;
    await offered.click({ timeout: 2_000 }).catch(() => {}); // it may be gone by now
    await page.waitForTimeout(400);
  }
  await step.onOrderPage(page);
}
