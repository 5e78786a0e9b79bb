// What a person does, by role and label. Every step ends when the page shows its result; nothing waits for time to pass.
import assert from 'node:assert/strict';
import { eid } from './data.mjs';
import { linkTo } from './mailbox.mjs';
import { eventually } from './process.mjs';

export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const field = (page, label) => page.getByLabel(label, { exact: true });
export const heading = (page, name) => page.getByRole('heading', { level: 1, name });

export async function signUp(page, customer) {
  if (!new URL(page.url(), 'http://x').pathname.startsWith('/sign-up')) await page.goto('/sign-up');
  for (const [label, value] of [
    ['Email', customer.email], ['Password', customer.password], ['Family name', customer.familyName], ['Given name', customer.givenName],
    ['Phone', customer.phone], ['Postcode', customer.postcode], ['Prefecture', customer.prefecture], ['City', customer.city],
    ['Street address', customer.street], ['Building and room', customer.building],
  ]) await field(page, label).fill(value);
  await page.getByRole('checkbox', { name: /^I accept/ }).check();
  await button(page, 'Create account').click();
  const { origin } = new URL(page.url());
  // The mail leads back to the address that the portal knows itself by; the page that is open may have another.
  await page.goto(`/confirm#${await linkTo(origin, customer.email, 'confirm')}`);
  await button(page, 'Confirm and sign in').click();
  await signedIn(page);
}

export async function signIn(page, email, password) {
  await field(page, 'Email').fill(email);
  await field(page, 'Password').fill(password);
  await button(page, 'Sign in').click();
  await signedIn(page);
}

/** The client shows the page of a path; it changes addresses without loading anything. */
export async function onPath(page, pattern) {
  await page.waitForFunction((source) => new RegExp(source).test(location.pathname), pattern.source);
}

/** The shell of a signed-in customer stands. */
export async function signedIn(page) {
  await page.locator('[data-shell=customer]').waitFor();
}

export async function signOut(page) {
  await page.getByRole('banner').getByRole('link', { name: /^Account/ }).click();
  await button(page, 'Sign out').click();
  await page.locator('[data-shell=visitor]').waitFor();
}

/** From the card of a plan into the wizard. */
export async function choosePlan(page, plan) {
  await page.getByRole('article', { name: plan.name.en, exact: true }).getByRole('link', { name: 'Order this plan' }).click();
  await stepTitle(page, 'Options');
}

const stepTitle = (page, name) => page.getByRole('heading', { level: 2, name, exact: true }).waitFor();

/** On Options: an eSIM, perhaps an add-on by its name, and on to Details. */
export async function chooseEsim(page, { addOn } = {}) {
  await stepTitle(page, 'Options');
  await page.getByRole('radio', { name: 'eSIM', exact: true }).check();
  if (addOn) await page.getByRole('checkbox', { name: addOn }).check();
  await button(page, 'Continue').click();
  await stepTitle(page, 'Details');
}

/** On Details: the EID, and on to Review. Answers the EID. */
export async function giveEid(page, id = eid()) {
  await stepTitle(page, 'Details');
  await field(page, 'EID').fill(id);
  await button(page, 'Continue').click();
  await stepTitle(page, 'Review');
  return id;
}

/** From Options to Review. Answers the EID that was typed. */
export async function wizardToReview(page) {
  await chooseEsim(page);
  return giveEid(page);
}

/** Accepts the terms and confirms. Ends on the order's page; answers the order's id. */
export async function placeOrder(page, { click = (target) => target.click() } = {}) {
  await page.getByRole('checkbox', { name: /^I accept/ }).check();
  await click(button(page, 'Place order'));
  return onOrderPage(page);
}

export async function onOrderPage(page) {
  await onPath(page, /^\/orders\/[0-9a-f-]{36}$/);
  await page.getByRole('list', { name: 'Order progress' }).waitFor();
  return /\/orders\/([0-9a-f-]{36})/.exec(page.url())[1];
}

/** Milestones and their states as the tracker shows them now: { received: 'done', … }, in order. */
export async function milestones(page) {
  const items = page.getByRole('list', { name: 'Order progress' }).locator('[data-milestone]');
  return Object.fromEntries(await items.evaluateAll((all) => all.map((item) => [item.dataset.milestone, item.dataset.state])));
}

/** Collects every state that the tracker passes through from now on, in the page itself, so that none is missed. */
export async function recordMilestones(page) {
  await page.evaluate(() => {
    const seen = (window.seenMilestones = []);
    const look = () => document.querySelectorAll('[data-milestone]').forEach((item) => {
      const now = `${item.dataset.milestone}:${item.dataset.state}`;
      if (!seen.includes(now)) seen.push(now);
    });
    look();
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state', 'data-milestone'] });
  });
  return () => page.evaluate(() => window.seenMilestones);
}

export async function waitForMilestone(page, milestone, state, timeout = 20_000) {
  await page.locator(`[data-milestone="${milestone}"][data-state="${state}"]`).waitFor({ timeout });
}

/** The Salesforce order behind a portal order. */
export async function upstreamOrder(sandbox, orderId) {
  return eventually(`order ${orderId} in Salesforce`, async () => {
    const orders = (await sandbox.world()).salesforce.Order;
    return orders.find((order) => order.Portal_Order_Id__c === orderId);
  });
}

/** How many orders each system holds for one portal order. WHMCS lines carry our marker `sfo-<order number>-<item>`. */
export async function upstreamCounts(sandbox, orderId) {
  const { salesforce, whmcs } = await sandbox.world();
  const orders = salesforce.Order.filter((order) => order.Portal_Order_Id__c === orderId);
  const marked = whmcs.services.filter((service) => orders.some((order) => service.domain.startsWith(`sfo-${order.OrderNumber}-`)));
  return { salesforce: orders.length, whmcs: new Set(marked.map((service) => service.orderid)).size };
}

export async function orderCount(sandbox) { return (await sandbox.world()).salesforce.Order.length; }

/** No fault may have been seen by a person's browser. */
export function assertClean(...people) {
  for (const { faults } of people) assert.deepEqual(faults, [], 'the browser reported errors');
}
