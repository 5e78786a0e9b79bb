// Pictures of the portal for README and review: main pages at phone and desktop width, light and dark.
// Usage: node screenshots.mjs FOLDER, after the portal and the client are built.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, person } from './lib/browser.mjs';
import { Api } from './lib/api.mjs';
import { startEmbedded } from './lib/portal.mjs';
import * as step from './lib/steps.mjs';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const [portal, browser] = await Promise.all([startEmbedded(), launch()]);
try {
  const api = new Api(portal.address);
  await api.login(portal.demo.email, portal.demo.password);
  const plan = (await api.catalog()).plans.find((p) => p.sim_kinds.includes('esim') && p.voice);
  const order = await api.placeEsimOrder();
  // The tracker in the middle of its way: approved and billed, the carrier at work.
  await portal.sandbox.delays({ freebit_async_min_ms: 600_000, freebit_async_max_ms: 600_000 });
  await portal.sandbox.approve((await step.upstreamOrder(portal.sandbox, order.id)).Id);

  for (const [width, height] of [[360, 800], [1280, 900]]) {
    for (const colorScheme of ['light', 'dark']) {
      const { page, close } = await person(browser, portal.address, { viewport: { width, height }, colorScheme, reducedMotion: 'reduce', deviceScaleFactor: width < 600 ? 2 : 1 });
      const take = async (name) => {
        await page.locator('main h1').waitFor();
        await page.waitForFunction(() => !document.querySelector('main [aria-busy=true]') && document.fonts.status === 'loaded');
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), animations: 'disabled' });
      };
      for (const [name, path] of [['home', '/'], ['plans', '/plans'], ['sign-in', '/sign-in?next=/subscriptions']]) {
        await page.goto(path);
        await take(name);
      }
      await step.signIn(page, portal.demo.email, portal.demo.password);
      await step.onPath(page, /^\/subscriptions$/);
      await take('subscriptions');
      await page.goto(`/orders/${order.id}`);
      await step.waitForMilestone(page, 'billing_ready', 'done');
      await take('order');
      await page.goto(`/order?plan=${plan.sku}`);
      await step.wizardToReview(page);
      await take('review');
      await close();
      console.error(`» ${width} px, ${colorScheme}`);
    }
  }
} finally {
  await browser.close();
  await portal.stop();
}
