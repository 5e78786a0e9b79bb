// "Keep my number": an eSIM order that brings the number from another operator.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Api } from './lib/api.mjs';
import { keepPicture, launch, person } from './lib/browser.mjs';
import { eid, newCustomer } from './lib/data.mjs';
import { startEmbedded } from './lib/portal.mjs';
import * as step from './lib/steps.mjs';

describe('keeping a number', () => {
  let portal, browser, who;
  before(async () => { portal = await startEmbedded(); browser = await launch(); });
  after(async () => { await browser?.close(); await portal?.stop(); });
  afterEach(async (context) => {
    if (!context.passed) { console.error(portal.tail()); await keepPicture(who.page, context.name); }
    await who.close();
  });

  const box = (page) => page.getByRole('checkbox', { name: 'Keep my number from another operator' });
  const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

  async function toDetails(page, wanted) {
    const customer = await new Api(portal.address).register(newCustomer());
    const plan = (await new Api(portal.address).catalog()).plans.find(wanted);
    await page.goto('/sign-in');
    await step.signIn(page, customer.email, customer.password);
    await page.goto(`/order?plan=${plan.sku}`);
    await step.chooseEsim(page);
  }

  test('mistakes are named, a reload keeps what is typed, and the order carries number and reservation', async () => {
    who = await person(browser, portal.address);
    const { page } = who;
    await toDetails(page, (p) => p.sim_kinds.includes('esim') && p.voice);
    await step.field(page, 'EID').fill(eid());
    await box(page).check();
    await step.button(page, 'Continue').click();
    const summary = page.getByRole('group', { name: 'Please look at these entries again' });
    await summary.waitFor();
    assert.ok((await summary.getByRole('link').count()) >= 4, 'every empty field is named');
    await step.field(page, 'Number you keep').fill('090-1234-5678');
    await step.field(page, 'Reservation number (MNP)').fill('1234567890');
    await step.field(page, 'Last day of the reservation').fill(inDays(1));
    await step.field(page, 'Holder of the number, in katakana').fill('アオキ ハナ');
    await step.button(page, 'Continue').click();
    await page.getByText('The reservation must be valid for at least two more days').first().waitFor();
    await step.field(page, 'Last day of the reservation').fill(inDays(10));
    await page.reload();
    assert.equal(await step.field(page, 'Number you keep').inputValue(), '090-1234-5678', 'the reload has kept it');
    await step.button(page, 'Continue').click();
    await step.button(page, 'Place order').waitFor();
    const review = await page.getByRole('main').innerText();
    assert.match(review, /••••5678/, 'the review shows the end of the number');
    assert.doesNotMatch(review, /1234-?5678/, 'and not all of it');
    const id = await step.placeOrder(page);
    const order = await step.upstreamOrder(portal.sandbox, id);
    const text = JSON.stringify(order);
    assert.match(text, /09012345678/, 'Salesforce has the number');
    assert.match(text, /1234567890/, 'and the reservation');
    step.assertClean(who);
  });

  test('a plan without calls does not offer it', async () => {
    who = await person(browser, portal.address);
    await toDetails(who.page, (p) => p.sim_kinds.includes('esim') && !p.voice);
    await step.field(who.page, 'EID').waitFor();
    assert.equal(await box(who.page).count(), 0);
    step.assertClean(who);
  });
});
