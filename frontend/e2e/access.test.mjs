// Whose is it, and who is signed in.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { keepPicture, launch, person, status } from './lib/browser.mjs';
import { newCustomer } from './lib/data.mjs';
import { Api } from './lib/api.mjs';
import { startEmbedded } from './lib/portal.mjs';
import * as step from './lib/steps.mjs';

describe('access', () => {
  let portal, browser, who;
  before(async () => { portal = await startEmbedded(); browser = await launch(); });
  after(async () => { await browser?.close(); await portal?.stop(); });
  afterEach(async (context) => {
    if (!context.passed) { console.error(portal.tail()); await keepPicture(who.page, context.name); }
    await who.close();
  });

  test('another customer’s order is a page that does not exist', async () => {
    const other = new Api(portal.address);
    await other.register();
    const order = await other.placeEsimOrder();
    who = await person(browser, portal.address, { expected: [status(404)] });
    await step.signUp(who.page, newCustomer());
    await who.page.goto(`/orders/${order.id}`);
    await who.page.getByText('There is nothing here').first().waitFor();
    assert.ok(!(await who.page.content()).includes(order.number), 'nothing of it is shown');
    step.assertClean(who);
  });

  test('signing out ends the session, the live connection and the other tab', async () => {
    who = await person(browser, portal.address);
    const { page, context } = who;
    const live = page.waitForEvent('websocket', (socket) => socket.url().endsWith('/api/live'));
    await page.goto('/sign-in');
    await step.signIn(page, portal.demo.email, portal.demo.password);
    const socket = await live;
    assert.ok(!socket.url().includes('?'), 'no secret in the address');
    const other = await context.newPage();
    await other.goto('/subscriptions');
    await step.signedIn(other);
    const closed = socket.isClosed() ? Promise.resolve() : socket.waitForEvent('close');
    await step.signOut(page);
    await closed;
    await step.onPath(other, /^\/(sign-in)?$/);
    // The refresh cookie is worth nothing any more.
    who.allow(status(401));
    await page.goto('/orders');
    await step.onPath(page, /^\/sign-in$/);
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    assert.doesNotMatch(stored, /eyJ/, 'no token in web storage');
    step.assertClean(who);
  });

  test('a wrong password and an unknown address get the same answer', async () => {
    who = await person(browser, portal.address, { expected: [status(401)] });
    const { page } = who;
    const said = [];
    for (const email of [portal.demo.email, 'nobody@example.com']) {
      await page.goto('/sign-in');
      await step.field(page, 'Email').fill(email);
      await step.field(page, 'Password').fill('not the password');
      await step.button(page, 'Sign in').click();
      const problem = page.getByRole('alert').first();
      await problem.waitFor();
      said.push((await problem.innerText()).replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9A-HJKMNP-TV-Z]{26}/g, ''));
    }
    assert.equal(said[0], said[1]);
    step.assertClean(who);
  });
});
