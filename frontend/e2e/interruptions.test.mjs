// What breaks in the middle: the live connection, the worker, the carrier. The order still arrives, once, and the page says so.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { keepPicture, launch, netError, person } from './lib/browser.mjs';
import { newCustomer } from './lib/data.mjs';
import { Api } from './lib/api.mjs';
import { separateMissing, startEmbedded, startSeparate } from './lib/portal.mjs';
import { eventually } from './lib/process.mjs';
import * as step from './lib/steps.mjs';

/** A new customer who looks at a just placed order. */
async function waitingCustomer(browser, portal) {
  const api = new Api(portal.address);
  const customer = await api.register(newCustomer());
  const order = await api.placeEsimOrder();
  const who = await person(browser, portal.address);
  return { who, customer, order, api, async open() {
    await who.page.goto(`/orders/${order.id}`);
    await step.signIn(who.page, customer.email, customer.password);
    await step.onOrderPage(who.page);
    return who.page;
  } };
}

describe('interruptions on the embedded default', () => {
  let portal, browser, who;
  before(async () => { portal = await startEmbedded(); browser = await launch(); });
  after(async () => { await browser?.close(); await portal?.stop(); });
  afterEach(async (context) => {
    if (!context.passed) { console.error(portal.tail()); await keepPicture(who.page, context.name); }
    await portal.sandbox.clearFaults();
    await who.close();
  });

  test('with live connections blocked the tracker still reaches its end, within 15 s of the approval', async () => {
    const waiting = await waitingCustomer(browser, portal);
    who = waiting.who;
    who.allow(netError);
    await who.page.routeWebSocket(/\/api\/live/, (socket) => socket.close());
    const page = await waiting.open();
    await step.waitForMilestone(page, 'in_review', 'active');
    await portal.sandbox.approve((await step.upstreamOrder(portal.sandbox, waiting.order.id)).Id);
    await waiting.api.whenActive(waiting.order.id);
    await step.waitForMilestone(page, 'ready', 'done', 15_000);
    step.assertClean(who);
  });

  test('a carrier that refuses for good is told honestly: which step, no second charge, who acts next', async () => {
    const waiting = await waitingCustomer(browser, portal);
    who = waiting.who;
    const page = await waiting.open();
    await portal.sandbox.fault('Freebit', 'mvno/esim/addAcnt', { Refuse: '400-306' });
    await portal.sandbox.approve((await step.upstreamOrder(portal.sandbox, waiting.order.id)).Id);
    await step.waitForMilestone(page, 'sim_activated', 'failed');
    await step.waitForMilestone(page, 'billing_ready', 'done');
    const text = await page.getByRole('main').innerText();
    assert.match(text, /charge/i, 'says what it means for money');
    assert.match(text, /support/i, 'says who acts next');
    assert.doesNotMatch(text, /error 500|freebit|whmcs|salesforce|400-306/i);
    assert.deepEqual(await step.upstreamCounts(portal.sandbox, waiting.order.id), { salesforce: 1, whmcs: 1 });
    step.assertClean(who);
  });

  test('a rejected order says so and charges nothing', async () => {
    const waiting = await waitingCustomer(browser, portal);
    who = waiting.who;
    const page = await waiting.open();
    await portal.sandbox.reject((await step.upstreamOrder(portal.sandbox, waiting.order.id)).Id);
    await step.waitForMilestone(page, 'in_review', 'failed', 60_000);
    assert.deepEqual(await step.upstreamCounts(portal.sandbox, waiting.order.id), { salesforce: 1, whmcs: 0 });
    step.assertClean(who);
  });
});

describe('interruptions on separate processes', { skip: separateMissing }, () => {
  let portal, browser, who;
  before(async () => { portal = await startSeparate(); browser = await launch(); });
  after(async () => { await browser?.close(); await portal?.stop(); });
  afterEach(async (context) => {
    if (!context.passed) { console.error(portal.tail()); await keepPicture(who.page, context.name); }
    await portal.sandbox.clearFaults();
    await who.close();
  });

  test('a worker killed while billing was answering is started again: the run ends with one billing order', async () => {
    const waiting = await waitingCustomer(browser, portal);
    who = waiting.who;
    const page = await waiting.open();
    // Billing has made the order and its answer is on its way when the worker dies: the worst moment there is.
    await portal.sandbox.fault('Whmcs', 'AddOrder', { Delay: [4_000, 'AfterCommit'] }, 1);
    await portal.sandbox.approve((await step.upstreamOrder(portal.sandbox, waiting.order.id)).Id);
    await eventually('billing has the order', async () => (await step.upstreamCounts(portal.sandbox, waiting.order.id)).whmcs === 1);
    await portal.killWorker();
    await portal.startWorker();
    await step.waitForMilestone(page, 'ready', 'done', 60_000);
    assert.deepEqual(await step.upstreamCounts(portal.sandbox, waiting.order.id), { salesforce: 1, whmcs: 1 });
    step.assertClean(who);
  });

  test('a worker killed while the carrier works picks the line up where it was', async () => {
    const waiting = await waitingCustomer(browser, portal);
    who = waiting.who;
    const page = await waiting.open();
    await portal.sandbox.delays({ freebit_async_min_ms: 2_000, freebit_async_max_ms: 2_000 });
    await portal.sandbox.approve((await step.upstreamOrder(portal.sandbox, waiting.order.id)).Id);
    // Who listens for events is leased: after a crash the next one begins when the lease has ended.
    await step.waitForMilestone(page, 'billing_ready', 'done', 60_000);
    await portal.killWorker();
    await portal.startWorker();
    await step.waitForMilestone(page, 'ready', 'done', 60_000);
    assert.deepEqual(await step.upstreamCounts(portal.sandbox, waiting.order.id), { salesforce: 1, whmcs: 1 });
    await portal.sandbox.delays({});
    step.assertClean(who);
  });

  test('a change that one process makes is heard on a page that another serves', async () => {
    const waiting = await waitingCustomer(browser, portal);
    // The second server's page; the worker and the first server know nothing of it but through Redis.
    who = await person(browser, portal.addresses[1]);
    const { page } = who;
    await page.goto(`/orders/${waiting.order.id}`);
    await step.signIn(page, waiting.customer.email, waiting.customer.password);
    await step.onOrderPage(page);
    await portal.sandbox.approve((await step.upstreamOrder(portal.sandbox, waiting.order.id)).Id);
    await step.waitForMilestone(page, 'ready', 'done');
    step.assertClean(who);
  });
});
