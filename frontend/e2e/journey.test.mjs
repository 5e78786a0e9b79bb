// The main job: a visitor becomes a customer, orders an eSIM and watches it become a working service. Once on the embedded
// default, once on PostgreSQL and Redis with separate processes.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { countLoads, keepPicture, launch, person } from './lib/browser.mjs';
import { newCustomer } from './lib/data.mjs';
import { Api } from './lib/api.mjs';
import { separateMissing, startEmbedded, startSeparate } from './lib/portal.mjs';
import * as step from './lib/steps.mjs';

const inOrder = ['received', 'in_review', 'approved', 'billing_ready', 'sim_activated', 'ready'];

for (const [setup, start, skip] of [
  ['embedded default', startEmbedded, false],
  ['PostgreSQL and Redis, separate processes', startSeparate, separateMissing],
]) {
  describe(`the order journey on the ${setup}`, { skip }, () => {
    let portal, browser, people;
    before(async () => { portal = await start({ delays: { freebit_async_min_ms: 300, freebit_async_max_ms: 300 } }); browser = await launch(); });
    after(async () => { await browser?.close(); await portal?.stop(); });
    afterEach(async (context) => {
      if (!context.passed) { console.error(portal.tail()); await keepPicture(people.customer.page, `${setup} ${context.name}`); }
      await people.customer.close();
      await people.agent?.close();
    });

    test('a visitor signs up, orders an eSIM, and sees it approved, provisioned and active without a reload', async () => {
      people = { customer: await person(browser, portal.address), agent: await person(browser, portal.sandbox.address) };
      const { page } = people.customer;
      const plan = (await new Api(portal.address).catalog()).plans.find((p) => p.sim_kinds.includes('esim') && p.voice);

      const addOn = plan.options.find((option) => option.choice === 'optional' && option.cycle === 'monthly');

      await page.goto('/');
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByRole('navigation').getByRole('link', { name: 'Plans', exact: true }).click();
      await step.heading(page, 'Plans').waitFor();
      await step.choosePlan(page, plan);
      await step.chooseEsim(page, { addOn: addOn.name.en });
      // Only now must it be known who orders; the choices come along.
      await page.getByRole('main').getByRole('link', { name: 'Create account' }).click();
      await step.onPath(page, /^\/sign-up/);
      await step.signUp(page, newCustomer());
      await step.giveEid(page);
      const review = await page.getByRole('main').innerText();
      for (const [what, net] of Object.entries(totals(plan, addOn))) {
        const gross = net + Math.floor((net * 10) / 100);
        assert.ok(review.includes(`¥${gross.toLocaleString('en')}`), `${what}: ¥${gross} with tax is on the review page`);
      }
      assert.match(review, /tax/i);
      const orderId = await step.placeOrder(page);
      assert.deepEqual(Object.keys(await step.milestones(page)), inOrder);
      await step.waitForMilestone(page, 'in_review', 'active');

      // From here on nothing but the live connection moves the page.
      const loads = countLoads(page);
      const seen = await step.recordMilestones(page);
      const upstream = await step.upstreamOrder(portal.sandbox, orderId);
      const agent = people.agent.page;
      await agent.goto('/');
      await agent.getByRole('listitem').filter({ hasText: upstream.OrderNumber }).getByRole('button', { name: /^Approve/ }).click();

      for (const milestone of inOrder) await step.waitForMilestone(page, milestone, 'done');
      assert.equal(loads.count, 0, 'no reload');
      const done = (await seen()).filter((entry) => entry.endsWith(':done')).map((entry) => entry.split(':')[0]);
      assert.deepEqual(done, inOrder, 'milestones tick in their order');
      const times = page.locator('[data-milestone][data-state=done] time');
      assert.equal(await times.count(), inOrder.length, 'every milestone shows its time');

      const number = /0\d0-\d{4}-\d{4}/.exec(await page.getByRole('main').innerText())?.[0];
      assert.ok(number, 'the order shows the new number');
      await page.getByRole('navigation').getByRole('link', { name: 'Subscriptions' }).click();
      const row = page.getByRole('main').getByRole('link').filter({ hasText: number });
      await row.first().click();
      await step.onPath(page, /^\/subscriptions\/[^/]+$/);
      await page.getByRole('main').getByText('Active', { exact: true }).first().waitFor();
      assert.ok((await page.getByRole('main').innerText()).includes(number));
      const line = (await portal.sandbox.world()).freebit.lines.find((l) => l.account === number.replaceAll('-', ''));
      assert.equal(line.state, 'active', 'the carrier has the line');
      assert.deepEqual(await step.upstreamCounts(portal.sandbox, orderId), { salesforce: 1, whmcs: 1 });
      step.assertClean(people.customer, people.agent);
    });

    test('the demo customer signs in to the address that was asked for and finds services there', async () => {
      people = { customer: await person(browser, portal.address) };
      const { page } = people.customer;
      await page.goto('/subscriptions');
      await step.onPath(page, /^\/sign-in$/);
      await step.signIn(page, portal.demo.email, portal.demo.password);
      await step.onPath(page, /^\/subscriptions$/);
      await page.getByRole('main').getByText('Active', { exact: true }).first().waitFor();
      step.assertClean(people.customer);
    });
  });
}

/** Net sums of the order, from the catalogue. */
function totals(plan, addOn) {
  const lines = [{ cycle: 'monthly', price: plan.price }, ...plan.options.filter((option) => option.choice === 'included'), addOn];
  const sum = (cycle) => lines.filter((line) => !cycle || line.cycle === cycle).reduce((total, line) => total + line.price.minor, 0);
  return { 'one-time': sum('one_time'), monthly: sum('monthly'), 'first bill': sum() };
}
