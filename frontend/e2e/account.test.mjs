// The pages of the account: second factors, passkeys, devices, people, the mail address; and signing in by keyboard alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, afterEach, before, describe, test } from 'node:test';
import { Api } from './lib/api.mjs';
import { keepPicture, launch, person, status } from './lib/browser.mjs';
import { newCustomer } from './lib/data.mjs';
import { linkTo } from './lib/mailbox.mjs';
import { startEmbedded } from './lib/portal.mjs';
import * as step from './lib/steps.mjs';
import { totp } from './lib/totp.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const places = ['/account', '/account/security', '/account/sessions', '/account/people', '/account/activity', '/account/privacy'];

describe('the account', () => {
  let portal, browser, who, others;
  before(async () => { portal = await startEmbedded(); browser = await launch(); });
  after(async () => { await browser?.close(); await portal?.stop(); });
  afterEach(async (context) => {
    if (!context.passed) { console.error(portal.tail()); await keepPicture(who.page, context.name); }
    await who.close();
    for (const other of others.splice(0)) await other.close();
  });
  others = [];

  /** A new customer, signed in, on a page. */
  async function arrive(path, options) {
    const customer = await new Api(portal.address).register(newCustomer());
    who = await person(browser, portal.address, options);
    await who.page.goto(`/sign-in?next=${path}`);
    await step.signIn(who.page, customer.email, customer.password);
    await step.onPath(who.page, new RegExp(`^${path}$`));
    return customer;
  }
  const card = (page, name) => page.getByRole('region', { name, exact: true });

  /** Switches the authenticator app on; answers its key and the recovery codes. */
  async function switchOn(page) {
    const app = card(page, 'Authenticator app');
    await step.button(app, 'Switch on').click();
    await app.getByRole('img', { name: /^QR code/ }).waitFor();
    const secret = await app.locator('code.key').innerText();
    await step.field(app, 'Code of your app').fill(await totp(secret));
    await step.button(app, 'Switch on').click();
    const codes = app.getByRole('region', { name: 'Your recovery codes' }).locator('li code');
    await codes.first().waitFor();
    const all = await codes.allInnerTexts();
    assert.equal(new Set(all).size, 10, 'ten different codes');
    await step.button(app, 'I have put them away').click();
    await app.getByText('Recovery codes left: 10').waitFor();
    return { secret, codes: all };
  }
  async function password(page, customer) {
    await step.field(page, 'Email').fill(customer.email);
    await step.field(page, 'Password').fill(customer.password);
    await step.button(page, 'Sign in').click();
    await step.heading(page, 'One more step').waitFor();
  }

  test('a second factor: on with a QR code, sign in with a code, with a recovery code once, off with password and code', async () => {
    const customer = await arrive('/account/security', { expected: [status(401)] });
    const { page } = who;
    const { secret, codes } = await switchOn(page);
    await step.signOut(page);
    await page.goto('/sign-in?next=/account/security');
    await password(page, customer);
    assert.equal(await step.field(page, 'Code of your app').getAttribute('autocomplete'), 'one-time-code');
    await step.field(page, 'Code of your app').fill('000000');
    await step.button(page, 'Sign in').click();
    await page.getByRole('alert').waitFor();
    await step.field(page, 'Code of your app').fill(await totp(secret));
    await step.button(page, 'Sign in').click();
    await step.signedIn(page);
    for (const works of [true, false]) {
      await step.signOut(page);
      await page.goto('/sign-in?next=/account/security');
      await password(page, customer);
      await step.button(page, 'Use a recovery code instead').click();
      await step.field(page, 'Recovery code').fill(codes[3]);
      await step.button(page, 'Sign in').click();
      if (works) await step.signedIn(page); else await page.getByRole('alert').waitFor();
      if (!works) {
        await step.field(page, 'Recovery code').fill(codes[4]);
        await step.button(page, 'Sign in').click();
        await step.signedIn(page);
      }
    }
    const app = card(page, 'Authenticator app');
    await app.getByText('Recovery codes left: 8').waitFor();
    await step.button(app, 'Switch off').click();
    await step.field(app, 'Password').fill(customer.password);
    await step.field(app, 'Code of your app, or a recovery code').fill(codes[5]);
    await step.button(app, 'Switch off').click();
    await app.getByText('Off', { exact: true }).waitFor();
    step.assertClean(who);
  });

  test('signing in with a code of the app works by keyboard alone', async () => {
    const customer = await arrive('/account/security');
    const { page } = who;
    const { secret } = await switchOn(page);
    await step.signOut(page);
    await page.goto('/sign-in?next=/account');
    await step.button(page, 'Sign in').waitFor();
    await tabTo(page, step.field(page, 'Email'));
    await page.keyboard.type(customer.email);
    await tabTo(page, step.field(page, 'Password'));
    await page.keyboard.type(customer.password);
    await page.keyboard.press('Enter');
    await step.heading(page, 'One more step').waitFor();
    await tabTo(page, step.field(page, 'Code of your app'));
    await page.keyboard.type(await totp(secret));
    await page.keyboard.press('Enter');
    await step.signedIn(page);
    await step.onPath(page, /^\/account$/);
    // Focus is on the heading of the new page.
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    step.assertClean(who);
  });

  test('a passkey is added, renamed, signs in alone, and is removed', async () => {
    await arrive('/account/security', { expected: [status(401)] });
    const { page, context } = who;
    const devtools = await context.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
    const keys = card(page, 'Passkeys');
    await step.button(keys, 'Add a passkey').click();
    await step.button(keys, 'Make a passkey').click();
    await keys.getByRole('group', { name: 'Please look at these entries again' }).waitFor();
    await step.field(keys, 'What do you call it?').fill('test device');
    await step.button(keys, 'Make a passkey').click();
    await keys.getByRole('listitem').filter({ hasText: 'test device' }).waitFor();
    const away = step.button(keys, 'I have put them away');
    if (await away.count()) await away.click();
    await step.button(keys, 'Rename').click();
    await step.field(keys, 'Name').fill('kitchen tablet');
    await step.button(keys, 'Save').click();
    await keys.getByText('kitchen tablet').waitFor();
    await step.signOut(page);
    await page.goto('/sign-in?next=/account/security');
    await step.button(page, 'Sign in with a passkey').click();
    await step.signedIn(page);
    await card(page, 'Passkeys').getByText(/last used/).waitFor();
    await step.button(keys, 'Remove').click();
    await step.button(keys, 'Remove this passkey').click();
    await keys.getByText('kitchen tablet').waitFor({ state: 'detached' });
    step.assertClean(who);
  });

  test('asked to confirm who one is, nothing typed is lost and the act goes on', async () => {
    const customer = await arrive('/account/security', { expected: [status(403), status(422)] });
    const { page } = who;
    // As if the sign-in were older than ten minutes: the first try is refused, as the server does then.
    let refused = 0;
    await page.route('**/api/account/password', async (route) => {
      if (refused++) return route.continue();
      await route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify({
        type: '/problems/verification-needed', title: 'Please confirm that it is you.', status: 403, code: 'verification_needed', methods: ['password'],
      }) });
    });
    const own = card(page, 'Password');
    await step.button(own, 'Change the password').click();
    await step.field(own, 'Present password').fill(customer.password);
    await step.field(own, 'New password').fill('another sentence of mine');
    await step.button(own, 'Save the password').click();
    const dialog = page.getByRole('dialog', { name: 'Confirm it is you' });
    await dialog.waitFor();
    await step.field(dialog, 'Password').fill('not the password');
    await step.button(dialog, 'Confirm').click();
    await dialog.getByText('This is not your password.').first().waitFor();
    assert.equal(await step.field(dialog, 'Password').getAttribute('aria-invalid'), 'true', 'beside the field, too');
    await step.field(dialog, 'Password').fill(customer.password);
    await step.button(dialog, 'Confirm').click();
    await page.getByText('Password changed.').waitFor();
    assert.equal(await dialog.count(), 0);
    assert.equal(refused, 2, 'the act was carried out after the confirmation');
    step.assertClean(who);
  });

  test('another device is seen and signed out', async () => {
    const customer = await arrive('/account/sessions');
    const other = await person(browser, portal.address, { expected: [status(401)] });
    others.push(other);
    await other.page.goto('/sign-in?next=/subscriptions');
    await step.signIn(other.page, customer.email, customer.password);
    await step.onPath(other.page, /^\/subscriptions$/);
    const { page } = who;
    await page.reload();
    const list = card(page, 'Signed in').getByRole('listitem');
    const chromium = list.filter({ hasText: 'Chromium on Linux' });
    await chromium.filter({ hasText: 'This device' }).waitFor();
    const there = chromium.filter({ has: page.getByRole('button', { name: 'Sign out', exact: true }) });
    assert.match(await there.innerText(), /Network 127\.0\.0\.0\/24/, 'the address is shortened');
    await there.getByRole('button').click();
    await there.waitFor({ state: 'detached' });
    await step.onPath(other.page, /^\/sign-in$/);
    step.assertClean(who);
  });

  test('somebody is invited with lines, joins, sees only what the role allows, and is removed', async () => {
    who = await person(browser, portal.address);
    const { page } = who;
    await page.goto('/sign-in?next=/account/people');
    await step.signIn(page, portal.demo.email, portal.demo.password);
    const guest = newCustomer();
    await step.button(page, 'Invite somebody').click();
    await step.field(page, 'Email').fill(guest.email);
    await step.button(page, 'Send the invitation').click();
    await page.getByText('Choose at least one line.').first().waitFor();
    assert.equal(await step.field(page, 'Email').inputValue(), guest.email, 'nothing typed is lost');
    await card(page, 'Invite somebody').getByRole('checkbox').first().check();
    await step.button(page, 'Send the invitation').click();
    await card(page, 'Invitations').getByText(guest.email).waitFor();

    const other = await person(browser, portal.address, { expected: [status(403), status(404)] });
    others.push(other);
    await other.page.goto(`/invitation#${await linkTo(portal.address, guest.email, 'invitation')}`);
    await other.page.getByText('User of a line').waitFor();
    for (const [label, value] of [['Family name', guest.familyName], ['Given name', guest.givenName], ['Phone', guest.phone], ['New password', guest.password]]) {
      await step.field(other.page, label).fill(value);
    }
    await step.button(other.page, 'Accept and sign in').click();
    await step.signedIn(other.page);
    const names = await other.page.getByRole('navigation', { name: 'Main' }).first().getByRole('link').allInnerTexts();
    assert.deepEqual(names.map((name) => name.trim()), ['Dashboard', 'Subscriptions'], 'no orders, no plans');
    await other.page.goto('/orders');
    await step.heading(other.page, 'Your role does not include this').waitFor();
    await other.page.goto('/subscriptions');
    await other.page.getByRole('main').getByRole('listitem').first().waitFor();
    assert.equal(await other.page.getByRole('main').getByRole('listitem').count(), 1, 'the one line that was given');

    await page.reload();
    const row = card(page, 'Members').getByRole('listitem').filter({ hasText: guest.email });
    await row.getByRole('button', { name: 'Remove' }).click();
    await row.getByRole('button', { name: 'Remove this person' }).click();
    await row.waitFor({ state: 'detached' });
    step.assertClean(who);
  });

  test('the mail address changes when both mails are confirmed', async () => {
    const customer = await arrive('/account', { expected: [status(401)] });
    const { page } = who;
    const mine = card(page, 'Email');
    const next = newCustomer().email;
    await step.button(mine, 'Change the address').click();
    await step.field(mine, 'New address').fill(next);
    await step.button(mine, 'Send the mails').click();
    await mine.getByText('Mail to the new address').waitFor();
    for (const [address, title] of [[next, 'Half of it is done'], [customer.email, 'Your mail address is changed']]) {
      await page.goto(`/email#${await linkTo(portal.address, address, 'email')}`);
      await step.button(page, 'Confirm the change').click();
      await step.heading(page, title).waitFor();
    }
    step.assertClean(who);
  });

  test('a copy of the data is gathered, downloaded once, and stands in the activity', async () => {
    const customer = await arrive('/account/privacy');
    const { page } = who;
    const copy = card(page, 'A copy of your data');
    await step.button(copy, 'Ask for a copy').click();
    await copy.getByText('Your copy is ready.').waitFor({ timeout: 40_000 });
    const [download] = await Promise.all([page.waitForEvent('download'), step.button(copy, 'Download').click()]);
    assert.equal(download.suggestedFilename(), 'my-data.json');
    const text = readFileSync(await download.path(), 'utf8');
    assert.equal(typeof JSON.parse(text), 'object');
    assert.ok(text.includes(customer.email), 'the own address is in it');
    assert.ok(!text.includes(portal.demo.email), 'nobody else is in it');
    await copy.getByText('You have downloaded the last copy.').waitFor();
    await page.goto('/account/activity');
    const entries = page.getByRole('list', { name: 'Activity' });
    for (const what of ['Copy of your data downloaded', 'Copy of your data asked for', 'Signed in', 'Account opened']) {
      await entries.getByRole('listitem').filter({ hasText: what }).filter({ hasText: 'You' }).first().waitFor();
    }
    step.assertClean(who);
  });

  test('an account is closed and kept after all; an order under way stands against it', async () => {
    const customer = await arrive('/account/privacy', { expected: [status(409)] });
    const { page } = who;
    const close = card(page, 'Close the account');
    await close.getByText(/^Invoices and payments: 10 years/).waitFor();
    const press = step.button(close, 'Close the account');
    assert.ok(await press.isDisabled(), 'not before the box is ticked');
    await close.getByRole('checkbox').check();
    await press.click();
    await close.getByText(/^This account closes on /).waitFor();
    await page.reload();
    await step.button(close, 'Keep the account').click();
    await close.getByRole('checkbox').waitFor();
    // The page stays open while an order begins elsewhere.
    const api = new Api(portal.address);
    await api.login(customer.email, customer.password);
    await api.placeEsimOrder();
    await close.getByRole('checkbox').check();
    await press.click();
    await close.getByText('An order is under way. Wait until it has ended.').waitFor();
    assert.equal(await press.count(), 0);
    await page.goto('/account/activity');
    const entries = page.getByRole('list', { name: 'Activity' });
    for (const what of ['Closing of the account asked for', 'Closing of the account withdrawn', 'Order placed']) {
      await entries.getByRole('listitem').filter({ hasText: what }).first().waitFor();
    }
    step.assertClean(who);
  });

  test('no page of the account scrolls sideways at 320 px, and axe finds nothing, in both languages and themes', async () => {
    const found = [];
    for (const [locale, colorScheme, width] of [['en-GB', 'light', 1280], ['ja-JP', 'dark', 1280], ['en-GB', 'dark', 320], ['ja-JP', 'light', 320]]) {
      await who?.close();
      who = await person(browser, portal.address, { locale, colorScheme, viewport: { width, height: 800 }, reducedMotion: 'reduce', expected: [status(404)] });
      const { page } = who;
      const look = async (path) => {
        await page.locator('main h1').waitFor();
        await page.waitForFunction(() => !document.querySelector('main [aria-busy=true]'));
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (over > 0) found.push(`${path} ${locale} ${width}: ${over} px too wide`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
        for (const v of violations) found.push(`${path} ${locale} ${colorScheme} ${width} ${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`);
      };
      for (const path of ['/forgot', '/link', '/confirm#x', `/reset#${'x'.repeat(43)}`, `/link#${'x'.repeat(43)}`, '/email#x']) {
        await page.goto('about:blank');
        await page.goto(path);
        await look(path);
      }
      await page.goto('/sign-in');
      await page.locator('input[type=email]').fill(portal.demo.email);
      await page.locator('input[type=password]').fill(portal.demo.password);
      await page.locator('form button[type=submit]').click();
      await step.signedIn(page);
      for (const path of places) {
        await page.goto(path);
        await look(path);
      }
    }
    assert.deepEqual(found, []);
  });
});

const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement).catch(() => false);
/** Presses Tab until `target` has the focus, at most once around the page. */
async function tabTo(page, target) {
  await target.waitFor();
  for (let stops = 0; stops < 80; stops += 1) {
    if (await isFocused(target)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reaches ${target}`);
}
