// What the operator's staff see and do: a run that stopped is found, read and resumed; and nobody else sees anything.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { Api } from './lib/api.mjs';
import { keepPicture, launch, person, status } from './lib/browser.mjs';
import { separateMissing, startEmbedded, startSeparate } from './lib/portal.mjs';
import { eventually } from './lib/process.mjs';
import * as step from './lib/steps.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const reason = 'The carrier has put the plan right.';

/** An order whose run stops at the carrier, after billing has accepted it. */
async function stoppedOrder(portal) {
  const customer = new Api(portal.address);
  await customer.register();
  await portal.sandbox.fault('Freebit', 'mvno/esim/addAcnt', { Refuse: '400-306' }, 1);
  const order = await customer.placeEsimOrder();
  const upstream = await step.upstreamOrder(portal.sandbox, order.id);
  await portal.sandbox.approve(upstream.Id);
  await eventually('a person is needed', async () => (await customer.order(order.id)).stage === 'needs_attention');
  return { customer, order };
}

for (const [setup, start, skip] of [
  ['embedded default', startEmbedded, false],
  ['PostgreSQL and Redis, separate processes', startSeparate, separateMissing],
]) {
  describe(`operations on the ${setup}`, { skip }, () => {
    let portal, browser;
    before(async () => { portal = await start(); browser = await launch(); });
    after(async () => { await browser?.close(); await portal?.stop(); });

    test('staff find a stopped run, read its timeline and resume it with a reason', async (context) => {
      const { customer, order } = await stoppedOrder(portal);
      const who = await person(browser, portal.address);
      const { page } = who;
      try {
        await page.goto('/ops');
        await step.onPath(page, /^\/sign-in$/);
        await step.signIn(page, portal.staff.email, portal.staff.password);
        await step.heading(page, 'Operations').waitFor();
        assert.equal(await page.getByRole('navigation', { name: 'Main' }).first().getByRole('link').count(), 1, 'staff have one place');
        await page.locator('[data-alert=PortalOrdersNeedAttention]').getByRole('link').click();
        await page.locator(`[data-order="${order.number}"]`).getByRole('link').click();
        await step.heading(page, `Run of order ${order.number}`).waitFor();
        const open = page.locator('[data-step=open_line]');
        assert.equal(await open.getAttribute('data-state'), 'failed');
        assert.match(await open.innerText(), /The carrier refused to open the line\. line_refused/);
        assert.match(await open.innerText(), new RegExp(`sfo-${order.number}-1`), 'its mark in billing');
        assert.match(await page.locator('[data-step=accept_billing_order]').innerText(), /Announced[\s\S]*Recorded/);
        assert.match(await page.locator('[data-fact=order_placed]').innerText(), /Customer C-\d+/);
        assert.match(await page.getByRole('region', { name: 'Where to look' }).innerText(), /Billing order\s+\d+[\s\S]*Request\s+[\w-]{36}/);

        await step.button(page, 'Resume').click();
        await page.getByText('Say why, in 3 to 500 characters.').waitFor();
        assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'TEXTAREA', 'the field that is missing has the focus');
        assert.equal((await customer.order(order.id)).stage, 'needs_attention', 'nothing is done without a reason');
        await page.getByLabel('Reason').fill(reason);
        await step.button(page, 'Resume').click();
        await page.locator('.order-state').getByText('Active', { exact: true }).waitFor({ timeout: 30_000 });
        const resumed = page.locator('[data-fact=job_resumed]');
        assert.match(await resumed.innerText(), new RegExp(`${reason}[\\s\\S]*Staff ${portal.staff.name}[\\s\\S]*Request`));
        assert.equal(await page.getByLabel('Reason').count(), 0, 'nothing is left to be done');
        await customer.whenActive(order.id);

        await page.getByRole('link', { name: 'Log', exact: true }).click();
        await page.getByRole('link', { name: 'Resumed', exact: true }).click();
        await page.locator('[data-fact=job_resumed]').getByText(reason).waitFor();
        assert.deepEqual(await step.upstreamCounts(portal.sandbox, order.id), { salesforce: 1, whmcs: 1 });
      } catch (error) {
        await keepPicture(page, `${setup} ${context.name}`);
        console.error(portal.tail());
        throw error;
      }
      await who.close();
      step.assertClean(who);
    });

    test('somebody who was slower is told how it stands', async () => {
      const { order } = await stoppedOrder(portal);
      const [one, other] = await Promise.all([person(browser, portal.address), person(browser, portal.address, { expected: [status(409)] })]);
      for (const who of [one, other]) {
        await who.page.goto(`/ops/runs/${order.id}`);
        await step.signIn(who.page, portal.staff.email, portal.staff.password);
        await who.page.getByLabel('Reason').fill('Opened at the desk.');
      }
      // The second page must not hear of the first one's act before its own.
      await other.page.route('**/api/ops/runs/*', (route) => (route.request().method() === 'GET' ? new Promise(() => {}) : route.continue()));
      await step.button(one.page, 'It works: settle').click();
      await one.page.locator('.order-state').getByText('Active', { exact: true }).waitFor();
      await step.button(other.page, 'Resume').click();
      await other.page.getByRole('alert').getByText(/Somebody was faster/).waitFor();
      for (const who of [one, other]) { await who.page.unrouteAll({ behavior: 'ignoreErrors' }); await who.close(); step.assertClean(who); }
    });

    test('a customer finds nothing there', async () => {
      const who = await person(browser, portal.address);
      await who.page.goto('/sign-in');
      await step.signIn(who.page, portal.demo.email, portal.demo.password);
      await step.onPath(who.page, /^\/home$/);
      assert.equal(await who.page.getByRole('link', { name: 'Operations' }).count(), 0);
      for (const path of ['/ops', '/ops/runs', '/ops/audit']) {
        await who.page.goto(path);
        await who.page.getByRole('heading', { level: 1, name: /not here|nothing here|not found/i }).waitFor();
      }
      await who.close();
      step.assertClean(who);
    });

    if (setup !== 'embedded default') {
      test('all dead jobs of a kind go back to work at once', async () => {
        const stopped = [await stoppedOrder(portal), await stoppedOrder(portal)];
        // As after the last of sixty tries, which nobody wants to wait for.
        portal.sql("UPDATE job SET state = 'dead' WHERE state = 'parked'");
        const who = await person(browser, portal.address);
        await who.page.goto('/ops');
        await step.signIn(who.page, portal.staff.email, portal.staff.password);
        await who.page.locator('[data-alert=PortalJobsDead]').getByRole('link').click();
        await step.heading(who.page, 'Jobs').waitFor();
        const all = who.page.getByRole('region', { name: 'All of a kind' });
        await all.getByText('2 × provision').waitFor();
        await all.getByLabel('Reason').fill('The carrier is back.');
        await all.getByRole('button', { name: 'Retry all' }).click();
        for (const { customer, order } of stopped) await customer.whenActive(order.id, 30_000);
        await who.page.getByText('No jobs here').waitFor();
        await all.waitFor({ state: 'detached' });
        await who.close();
        step.assertClean(who);
      });
      return;
    }
    for (const [name, viewport, colorScheme, locale] of [
      ['phone', { width: 390, height: 844 }, 'dark', 'ja-JP'], ['desktop', { width: 1280, height: 900 }, 'light', 'en-GB'],
      ['desktop', { width: 1280, height: 900 }, 'dark', 'en-GB'], ['phone', { width: 320, height: 640 }, 'light', 'en-GB'],
    ]) {
      test(`every page is sound on a ${viewport.width} px ${name} in the ${colorScheme} theme (${locale})`, async () => {
        const { order } = await stoppedOrder(portal);
        const who = await person(browser, portal.address, { viewport, colorScheme, locale, reducedMotion: 'reduce' });
        const { page } = who;
        await page.goto('/sign-in');
        await page.locator('input[type=email]').fill(portal.staff.email);
        await page.locator('input[type=password]').fill(portal.staff.password);
        await page.locator('form button[type=submit]').click();
        await step.onPath(page, /^\/ops$/);
        await page.locator('main h1').waitFor();
        const found = [];
        for (const path of ['/ops', '/ops/runs', `/ops/runs/${order.id}`, '/ops/jobs', '/ops/jobs?state=dead', '/ops/drift', '/ops/audit', '/account']) {
          await page.goto(path);
          await page.locator('main h1').waitFor();
          await page.waitForFunction(() => !document.querySelector('main [aria-busy=true]'));
          for (const details of await page.locator('main details').all()) await details.locator('summary').click();
          const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          if (over > 0) found.push(`${path} is ${over} px too wide`);
          if (process.env.E2E_PICTURES) {
            await page.evaluate(() => scrollTo(0, 0));
            mkdirSync(process.env.E2E_PICTURES, { recursive: true });
            const file = `${viewport.width}-${colorScheme}${path.replace(order.id, 'run')}`.replace(/[^\w-]+/g, '_');
            await page.screenshot({ path: `${process.env.E2E_PICTURES}/${file}.png`, fullPage: true });
          }
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
          for (const v of violations) found.push(`${path} ${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`);
        }
        assert.deepEqual(found, []);
        await who.close();
        step.assertClean(who);
      });
    }
  });
}
