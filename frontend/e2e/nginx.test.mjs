// What nginx adds: precompressed files with the right cache life, every address of the client answered by its page, and
// the way to the API, the live connection included. The API here is a small stand-in that echoes what reached it.
import assert from 'node:assert/strict';
import { createServer, get, request } from 'node:http';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { launch, person } from './lib/browser.mjs';
import { nginxMissing, startNginx } from './lib/nginx.mjs';
import { pages as built, startEmbedded } from './lib/portal.mjs';
import { freePorts } from './lib/process.mjs';
import * as step from './lib/steps.mjs';

describe('nginx', { skip: nginxMissing }, () => {
  let api, nginx, pages;

  before(async () => {
    pages = mkdtempSync(join(tmpdir(), 'pages-'));
    mkdirSync(join(pages, 'assets'));
    for (const [name, text] of [['index.html', '<!doctype html><title>Portal</title>'], ['assets/app-0a1b.wasm', 'wasm '.repeat(500)]]) {
      writeFileSync(join(pages, name), text);
      writeFileSync(join(pages, `${name}.br`), brotliCompressSync(text));
      writeFileSync(join(pages, `${name}.gz`), gzipSync(text));
    }
    api = createServer((req, res) => {
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ url: req.url, headers: req.headers }));
    });
    api.on('upgrade', (req, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.on('data', (data) => socket.write(`echo ${data}`));
      socket.on('error', () => socket.destroy());
    });
    await new Promise((done) => api.listen(0, '127.0.0.1', done));
    nginx = await startNginx({ bff: `127.0.0.1:${api.address().port}`, pages });
  });
  after(async () => {
    await nginx?.stop();
    api?.closeAllConnections();
    api?.close();
    rmSync(pages, { recursive: true, force: true });
  });

  const head = (path, headers = {}) => new Promise((done, fail) => {
    get(nginx.address + path, { headers }, (reply) => { reply.resume().on('end', () => done(reply)); }).on('error', fail);
  });

  test('files with a hash in their name are kept for ever and sent precompressed', async () => {
    for (const encoding of ['br', 'gzip']) {
      const reply = await head('/assets/app-0a1b.wasm', { 'accept-encoding': encoding });
      assert.equal(reply.statusCode, 200);
      assert.equal(reply.headers['content-encoding'], encoding);
      assert.equal(reply.headers['content-type'], 'application/wasm');
      assert.match(reply.headers['cache-control'], /max-age=31536000, immutable/);
      assert.match(reply.headers.vary, /Accept-Encoding/);
    }
  });

  test('every address of the client is answered by its page, which is asked for anew each time', async () => {
    for (const path of ['/', '/orders/0190aaaa-0000-7000-8000-000000000000', '/plans?category=sim']) {
      const reply = await head(path);
      assert.equal(reply.statusCode, 200, path);
      assert.match(reply.headers['content-type'], /text\/html/);
      assert.equal(reply.headers['cache-control'], 'no-cache');
      assert.match(reply.headers['content-security-policy'], /default-src 'none'/);
      assert.equal(reply.headers['x-content-type-options'], 'nosniff');
    }
  });

  test('a missing asset is 404, never the page', async () => {
    assert.equal((await head('/assets/gone.js')).statusCode, 404);
  });

  test('the API gets the query, the caller that nginx saw and no claimed address', async () => {
    const reply = await fetch(`${nginx.address}/api/catalog?x=1`, { headers: { 'x-forwarded-for': '192.0.2.7' } });
    const seen = await reply.json();
    assert.equal(seen.url, '/api/catalog?x=1');
    assert.equal(seen.headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(seen.headers['x-forwarded-proto'], 'http');
    assert.equal(seen.headers.host, new URL(nginx.address).host);
  });

  test('a body over the limit is refused before it reaches the API', async () => {
    const reply = await fetch(`${nginx.address}/api/orders`, { method: 'POST', body: 'x'.repeat(300_000) });
    assert.equal(reply.status, 413);
  });

  test('the live connection passes in both directions', async () => {
    const answer = await new Promise((done, fail) => {
      const call = request(`${nginx.address}/api/live`, { headers: { connection: 'Upgrade', upgrade: 'websocket' } });
      call.on('upgrade', (reply, socket) => {
        socket.on('data', (data) => { done(String(data)); socket.destroy(); });
        socket.write('hello');
      });
      call.on('response', (reply) => fail(new Error(`answered ${reply.statusCode} instead of switching`)));
      call.on('error', fail).end();
    });
    assert.equal(answer, 'echo hello');
  });
});

describe('nginx before the portal', { skip: nginxMissing }, () => {
  let portal, nginx, browser;
  before(async () => {
    const [port] = await freePorts(1);
    const address = `http://localhost:${port}`;
    [portal, browser] = await Promise.all([
      startEmbedded({ env: { PORTAL_BFF__PUBLIC_URL: address, PORTAL_BFF__TRUST_FORWARDED_FOR: 'true' } }), launch(),
    ]);
    nginx = await startNginx({ bff: `127.0.0.1:${new URL(portal.address).port}`, pages: built, port });
    nginx.address = address;
  });
  after(async () => { await browser?.close(); await nginx?.stop(); await portal?.stop(); });

  test('the page has the same headers from nginx and from the portal itself', async () => {
    const security = ['content-security-policy', 'x-content-type-options', 'referrer-policy', 'cross-origin-opener-policy',
      'cross-origin-resource-policy', 'permissions-policy', 'x-frame-options', 'strict-transport-security', 'cache-control'];
    const [own, proxied] = await Promise.all([portal.address, nginx.address].map(async (address) => (await fetch(address)).headers));
    for (const name of security) assert.equal(proxied.get(name), own.get(name), name);
  });

  test('a customer signs in, is connected live and sees services through it', async () => {
    const who = await person(browser, nginx.address);
    const ready = new Promise((done) => who.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => {
      if (String(payload).includes('"ready"')) done();
    })));
    await who.page.goto('/sign-in?next=/subscriptions');
    await step.signIn(who.page, portal.demo.email, portal.demo.password);
    await ready;
    await who.page.getByRole('main').getByText('Active', { exact: true }).first().waitFor();
    await who.close();
    step.assertClean(who);
  });
});
