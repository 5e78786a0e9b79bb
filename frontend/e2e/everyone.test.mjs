// For everyone: keyboard alone, narrow windows, axe in both themes and languages.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { keepPicture, launch, person } from './lib/browser.mjs';
import { eid, newCustomer } from './lib/data.mjs';
import { Api } from './lib/api.mjs';
import { startEmbedded } from './lib/portal.mjs';
import * as step from './lib/steps.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('for everyone', () => {
  let portal, browser, plan, demo, order, service;
  before(async () => {
    portal = await startEmbedded(); browser = await launch();
    demo = new Api(portal.address);
    await demo.login(portal.demo.email, portal.demo.password);
    plan = (await demo.catalog()).plans.find((p) => p.sim_kinds.includes('esim'));
    order = await demo.placeEsimOrder();
    service = (await demo.subscriptions()).items[0].id;
  });
  after(async () => { await browser?.close(); await portal?.stop(); });

  const open = ['/', '/plans', '/sign-in', '/sign-up', '/no-such-page'];
  const own = () => ['/home', '/account', `/order?plan=${plan.sku}`, '/orders', `/orders/${order.id}`, '/subscriptions', `/subscriptions/${service}`];
  /** Visits pages by address, first as a visitor, then as the demo customer; `look` gets each when it has settled. */
  async function walk(who, look) {
    for (const path of open) await visit(who.page, path, look);
    await who.page.goto('/sign-in');
    await who.page.locator('input[type=email]').fill(portal.demo.email);
    await who.page.locator('input[type=password]').fill(portal.demo.password);
    await who.page.locator('form button[type=submit]').click();
    await step.signedIn(who.page);
    await step.onPath(who.page, /^\/home$/);
    for (const path of own()) await visit(who.page, path, look);
  }
  async function visit(page, path, look) {
    await page.goto(path);
    await page.locator('main h1').waitFor();
    await page.waitForFunction(() => !document.querySelector('main [aria-busy=true]'));
    await look(path);
  }

  test('no page scrolls sideways at 320 px', async () => {
    const who = await person(browser, portal.address, { viewport: { width: 320, height: 640 } });
    const wide = [];
    await walk(who, async (path) => {
      const over = await who.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (over > 0) { wide.push(`${path}: ${over} px`); await keepPicture(who.page, `320px${path}`); }
    });
    assert.deepEqual(wide, []);
    await who.close();
    step.assertClean(who);
  });

  for (const [language, theme] of [['en-GB', 'light'], ['ja-JP', 'dark']]) {
    test(`axe finds nothing on any page (${language}, ${theme})`, async () => {
      const who = await person(browser, portal.address, { locale: language, colorScheme: theme, reducedMotion: 'reduce' });
      const found = [];
      await walk(who, async (path) => {
        assert.equal((await who.page.getAttribute('html', 'lang')).slice(0, 2), language.slice(0, 2), `${path} says its language`);
        await who.page.evaluate(axe);
        const { violations } = await who.page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
        for (const v of violations) found.push(`${path} ${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`);
      });
      assert.deepEqual(found, []);
      await who.close();
      step.assertClean(who);
    });
  }

  test('signing in and ordering work by keyboard alone', async (context) => {
    const who = await person(browser, portal.address);
    const { page } = who;
    try {
      const customer = await new Api(portal.address).register(newCustomer());
      await page.goto('/sign-in');
      await step.button(page, 'Sign in').waitFor();
      await page.keyboard.press('Tab');
      assert.match(await focusedName(page), /skip/i, 'the first stop is the skip link');
      await tabTo(page, step.field(page, 'Email'));
      await page.keyboard.type(customer.email);
      await tabTo(page, step.field(page, 'Password'));
      await page.keyboard.type(customer.password);
      await page.keyboard.press('Enter');
      await step.signedIn(page);
      await page.goto(`/order?plan=${plan.sku}`);
      await choose(page, page.getByRole('radio', { name: 'eSIM', exact: true }));
      await press(page, step.button(page, 'Continue'));
      await tabTo(page, step.field(page, 'EID'));
      await page.keyboard.type(eid());
      await press(page, step.button(page, 'Continue'));
      await step.button(page, 'Place order').waitFor();
      await tabTo(page, page.getByRole('checkbox', { name: /^I accept/ }));
      await page.keyboard.press('Space');
      await press(page, step.button(page, 'Place order'));
      await step.onOrderPage(page);
      assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1', 'focus is on the heading of the new page');
    } catch (error) {
      await keepPicture(page, context.name);
      throw error;
    }
    await who.close();
    step.assertClean(who);
  });

  test('mistakes are named in a summary that takes focus, and beside their fields', async () => {
    const who = await person(browser, portal.address);
    const { page } = who;
    await page.goto('/sign-up');
    await step.field(page, 'Email').fill('not an address');
    await step.button(page, 'Create account').click();
    const summary = page.getByRole('group', { name: 'Please look at these entries again' }).and(page.locator(':focus'));
    await summary.waitFor();
    assert.match(await summary.innerText(), /Email/, 'the summary has the focus and names the field');
    const email = step.field(page, 'Email');
    assert.equal(await email.getAttribute('aria-invalid'), 'true');
    const described = await email.getAttribute('aria-describedby');
    assert.match(await page.locator(described.split(' ').map((id) => `[id="${id}"]`).join(',')).allInnerTexts().then((all) => all.join(' ')), /address/i);
    assert.equal(await email.inputValue(), 'not an address', 'nothing typed is lost');
    await who.close();
    step.assertClean(who);
  });
});

const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement).catch(() => false);
const focusedName = (page) => page.evaluate(() => document.activeElement?.textContent ?? '');

/** Presses Tab until `target` has the focus, at most once around the page. */
async function tabTo(page, target) {
  await target.waitFor();
  for (let stops = 0; stops < 80; stops += 1) {
    if (await isFocused(target)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reaches ${target}`);
}
async function press(page, target) {
  await tabTo(page, target);
  await page.keyboard.press('Enter');
}
/** A group of radio buttons is one stop; arrows move inside it. */
async function choose(page, radio) {
  await radio.waitFor();
  const group = page.locator(`input[type=radio][name="${await radio.getAttribute('name')}"]:focus`);
  for (let stops = 0; stops < 80 && !(await group.count()); stops += 1) await page.keyboard.press('Tab');
  for (let moves = 0; moves < 6 && !(await radio.isChecked()); moves += 1) {
    await page.keyboard.press((await isFocused(radio)) ? 'Space' : 'ArrowDown');
  }
  assert.ok(await radio.isChecked(), 'the radio button can be chosen by keyboard');
}
