// The pages at the door: signing up by mail, linking a contract, forgotten passwords, and what a sign-in tells nobody.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Api } from './lib/api.mjs';
import { keepPicture, launch, person, status } from './lib/browser.mjs';
import { newCustomer } from './lib/data.mjs';
import { linkTo } from './lib/mailbox.mjs';
import { startEmbedded } from './lib/portal.mjs';
import * as step from './lib/steps.mjs';

describe('the door', () => {
  let portal, browser, who;
  before(async () => { portal = await startEmbedded(); browser = await launch(); });
  after(async () => { await browser?.close(); await portal?.stop(); });
  afterEach(async (context) => {
    if (!context.passed) { console.error(portal.tail()); await keepPicture(who.page, context.name); }
    await who.close();
  });

  /** What the page says, without the address that was typed. */
  const said = async (page, email) => (await page.getByRole('main').innerText()).replaceAll(email, '…');
  const lookIntoMail = (page) => step.heading(page, 'Look into your mail').waitFor();

  async function signUpForm(page, customer) {
    await page.goto('/sign-up');
    for (const [label, value] of [
      ['Email', customer.email], ['Password', customer.password], ['Family name', customer.familyName], ['Given name', customer.givenName],
      ['Phone', customer.phone], ['Postcode', customer.postcode], ['Prefecture', customer.prefecture], ['City', customer.city],
      ['Street address', customer.street],
    ]) await step.field(page, label).fill(value);
    await page.getByRole('checkbox', { name: /^I accept/ }).check();
    await step.button(page, 'Create account').click();
    await lookIntoMail(page);
  }

  test('a sign-up says the same for a free and a taken address, and the link of the mail opens the account', async () => {
    who = await person(browser, portal.address, { expected: [status(410)] });
    const { page } = who;
    const customer = newCustomer();
    await signUpForm(page, customer);
    const free = await said(page, customer.email);
    const token = await linkTo(portal.address, customer.email, 'confirm');
    await page.goto(`/confirm#${token}`);
    await step.button(page, 'Confirm and sign in').click();
    await step.signedIn(page);
    await step.onPath(page, /^\/home$/);
    assert.ok(!page.url().includes(token), 'the link is gone from the address');
    await step.signOut(page);
    await signUpForm(page, { ...newCustomer(), email: customer.email });
    assert.equal(await said(page, customer.email), free, 'a taken address is told the same');
    await page.goto(`/confirm#${token}`);
    await step.button(page, 'Confirm and sign in').click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('link', { name: 'Sign up again' }).waitFor();
    step.assertClean(who);
  });

  test('a link that lost its end is explained, not tried', async () => {
    who = await person(browser, portal.address);
    for (const path of ['/confirm', '/reset', '/email', '/invitation']) {
      await who.page.goto(path);
      await who.page.getByText('Part of the link is missing').waitFor();
    }
    step.assertClean(who);
  });

  test('customer number and mail address find the contract; a wrong number gets the same words, the sixth try waits', async () => {
    who = await person(browser, portal.address, { expected: [status(429)] });
    const { page } = who;
    const ask = async (number, email) => {
      await page.goto('/link');
      await step.field(page, 'Customer number').fill(number);
      await step.field(page, 'Email').fill(email);
      await step.button(page, 'Send me the link').click();
    };
    // A record of the sandbox's seed that nobody uses the portal with.
    const [number, email] = ['C-100002', 'kenji@example.com'];
    await ask('C-999999', 'nobody.known@example.com');
    await lookIntoMail(page);
    const wrong = await said(page, 'nobody.known@example.com');
    await ask(number, email);
    await lookIntoMail(page);
    assert.equal(await said(page, email), wrong);
    const token = await linkTo(portal.address, email, 'link');
    await page.goto(`/link#${token}`);
    await step.heading(page, 'Choose a password').waitFor();
    await step.field(page, 'New password').fill('kawa no oto wo kiku');
    await step.button(page, 'Save and sign in').click();
    await step.signedIn(page);
    await page.goto('/account');
    await page.getByText(number).waitFor();
    await step.signOut(page);
    // Counted by customer number and by network address: two tries are spent already.
    for (let tries = 0; tries < 3; tries += 1) { await ask('C-888888', 'sora@example.com'); await lookIntoMail(page); }
    await ask('C-888888', 'sora@example.com');
    await page.getByRole('alert').getByText(/You can try again in \d+:\d\d/).waitFor();
    step.assertClean(who);
  });

  test('a forgotten password is chosen anew by mail, and the old one is worth nothing', async () => {
    who = await person(browser, portal.address, { expected: [status(401), status(410)] });
    const { page } = who;
    const customer = await new Api(portal.address).register(newCustomer());
    await page.goto('/sign-in');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await step.field(page, 'Email').fill(customer.email);
    await step.button(page, 'Send me the link').click();
    await lookIntoMail(page);
    const token = await linkTo(portal.address, customer.email, 'reset');
    await page.goto(`/reset#${token}`);
    await step.field(page, 'New password').fill('short');
    await step.button(page, 'Save the password').click();
    await page.getByRole('group', { name: 'Please look at these entries again' }).waitFor();
    await step.field(page, 'New password').fill('a longer sentence of mine');
    await step.button(page, 'Save the password').click();
    await step.heading(page, 'Your password is changed').waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
    await step.field(page, 'Email').fill(customer.email);
    await step.field(page, 'Password').fill(customer.password);
    await step.button(page, 'Sign in').click();
    await page.getByRole('alert').waitFor();
    await step.field(page, 'Password').fill('a longer sentence of mine');
    await step.button(page, 'Sign in').click();
    await step.signedIn(page);
    step.assertClean(who);
  });

  test('after many wrong passwords the page counts down to the next try', async () => {
    who = await person(browser, portal.address, { expected: [status(401), status(429)] });
    const { page } = who;
    await page.goto('/sign-in');
    const wait = page.getByRole('alert').getByText(/You can try again in \d+:\d\d/);
    for (let tries = 0; tries < 20 && !(await wait.count()); tries += 1) {
      await step.field(page, 'Email').fill('nobody.at.all@example.com');
      await step.field(page, 'Password').fill(`wrong ${tries}`);
      await step.button(page, 'Sign in').click();
      await page.locator('form button[type=submit]:not([aria-busy])').waitFor();
      await page.getByRole('alert').waitFor();
    }
    const first = await wait.innerText();
    await page.waitForFunction((before) => !document.querySelector('[role=alert]')?.textContent.includes(before), first);
    step.assertClean(who);
  });

  test('a sign-in that was used twice ends everywhere, and the page says why', async () => {
    who = await person(browser, portal.address, { expected: [status(401)] });
    const { page, context } = who;
    await page.goto('/sign-in');
    const customer = await new Api(portal.address).register(newCustomer());
    await step.signIn(page, customer.email, customer.password);
    const stolen = (await context.cookies()).find((cookie) => /refresh/.test(cookie.name));
    // Two renewals later the stolen token is no lost answer any more.
    for (let times = 0; times < 2; times += 1) { await page.reload(); await step.signedIn(page); }
    const reply = await fetch(`${portal.address}/api/auth/refresh`, {
      method: 'POST', headers: { cookie: `${stolen.name}=${stolen.value}`, origin: portal.address, 'x-portal-client': 'web', 'content-type': 'application/json' }, body: '{}',
    });
    assert.equal(reply.status, 401);
    await page.goto('/orders');
    await step.onPath(page, /^\/sign-in$/);
    await page.getByText('You were signed out everywhere').waitFor();
    await step.signIn(page, customer.email, customer.password);
    await step.onPath(page, /^\/orders$/);
    step.assertClean(who);
  });
});
