// Measurements of scripts/figures. Each figure says how it was taken; the values are never asserted.
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { execFileSync } from 'node:child_process';
import { launch, person } from '../../frontend/e2e/lib/browser.mjs';
import { Api } from '../../frontend/e2e/lib/api.mjs';
import { dataFolder, spawnEmbedded, startEmbedded } from '../../frontend/e2e/lib/portal.mjs';
import { freePorts } from '../../frontend/e2e/lib/process.mjs';
import { rowsOf, signIns } from './sign-ins.mjs';

const binary = process.argv[2];
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const rows = [];
const row = (what, value, limit, how) => rows.push(`| ${what} | ${value} | ${limit} | ${how} |`);
const progress = (text) => console.error(`» ${text}`);

/** Resident memory in MB. */
const memory = (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function idle() {
  progress('Idle memory (10 s)');
  const portal = await startEmbedded({ binary });
  await pause(10_000);
  const own = memory(portal.process.child.pid);
  const threads = readdirSync(`/proc/${portal.process.child.pid}/task`).length;
  await portal.stop();
  row('all-in-one process, idle', `${own.toFixed(1)} MB RSS, ${threads} threads`, '60 MB', '`portal run` with sandbox, 10 s after the first answer');
}

/** Milliseconds from exec until something answers 200. */
async function firstAnswer(folder) {
  const ports = await freePorts(5);
  const from = performance.now();
  const child = spawnEmbedded({ binary, folder, ports });
  for (;;) {
    if (!child.alive) throw new Error(child.tail());
    try { if ((await fetch(`http://127.0.0.1:${ports[0]}/health/live`)).ok) break; } catch { await pause(1); }
  }
  const took = performance.now() - from;
  await child.stop();
  return took;
}

async function starts() {
  progress('First answer after exec (21 starts)');
  const folder = dataFolder();
  const fresh = await firstAnswer(folder.path);
  const times = [];
  for (let i = 0; i < 20; i += 1) times.push(await firstAnswer(folder.path));
  folder.remove();
  row('exec to first answer', `${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)}–${Math.max(...times).toFixed(0)}); new database ${fresh.toFixed(0)} ms`,
    '150 ms', 'median of 20 starts of `portal run` on one data folder, asked every millisecond');
}

async function approvals() {
  progress('Approval to Active (7 orders)');
  const portal = await startEmbedded({ binary });
  const api = new Api(portal.address);
  await api.register();
  const times = [];
  for (let i = 0; i < 7; i += 1) {
    const order = await api.placeEsimOrder();
    const upstream = (await portal.sandbox.world()).salesforce.Order.find((o) => o.Portal_Order_Id__c === order.id);
    const from = performance.now();
    await portal.sandbox.approve(upstream.Id);
    await api.whenActive(order.id, 30_000, 10);
    times.push(performance.now() - from);
  }
  await portal.stop();
  row('approval to Active', `${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)}–${Math.max(...times).toFixed(0)})`, '2 s',
    'median of 7 eSIM orders through the API, sandbox delays at zero');
}

/** What a browser with an empty cache fetches to show a page, as it counts the bytes itself. */
async function firstLoad() {
  progress('First load in the browser');
  const [portal, browser] = await Promise.all([startEmbedded({ binary }), launch()]);
  for (const path of ['/', '/sign-in']) {
    const { page, close } = await person(browser, portal.address);
    await page.goto(path);
    await page.locator('main h1').waitFor();
    const files = await page.evaluate(() => performance.getEntriesByType('resource')
      .filter(({ name }) => /\.(wasm|js|css|txt)$/.test(new URL(name).pathname))
      .map(({ name, encodedBodySize }) => [name.split('.').at(-1), encodedBodySize]));
    await close();
    const kb = (kinds) => files.filter(([kind]) => kinds.includes(kind)).reduce((sum, [, bytes]) => sum + bytes, 0) / 1000;
    const parts = ['wasm', 'js', 'css', 'txt'].map((kind) => `${kind} ${kb([kind]).toFixed(1)}`).join(' + ');
    row(`first load of \`${path}\``, `${kb(['wasm', 'js', 'css', 'txt']).toFixed(1)} KB (${parts})`, '180 KB', `${files.length} files as Chromium received them (brotli 11), 1 KB = 1000 bytes`);
  }
  await browser.close();
  await portal.stop();
}

await firstLoad();
await idle();
await starts();
await approvals();
progress('Sign-ins (35 s)');
for (const cells of rowsOf(await signIns(binary))) row(...cells);
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
console.log(`Commit ${commit}, ${binary.includes('/release/') ? 'release' : 'debug'} build, ${cpus().length} × ${cpus()[0].model}, ${new Date().toISOString().slice(0, 10)}\n`);
console.log('| figure | measured | goal | how |\n| --- | --- | --- | --- |');
console.log(rows.join('\n'));
