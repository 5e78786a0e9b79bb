// Measurements of scripts/figures. Each figure says how it was taken; the values are never asserted.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { execFileSync } from 'node:child_process';
import { Api } from '../../frontend/e2e/lib/api.mjs';
import { dataFolder, spawnEmbedded, startEmbedded } from '../../frontend/e2e/lib/portal.mjs';
import { freePorts } from '../../frontend/e2e/lib/process.mjs';

const binary = process.argv[2];
const dist = new URL('../../frontend/dist/', import.meta.url);
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

function firstLoad() {
  const files = readdirSync(new URL('assets/', dist)).filter((name) => /\.(wasm|js|css)\.br$/.test(name));
  const sizes = files.map((name) => [name, statSync(new URL(`assets/${name}`, dist)).size]);
  const sum = sizes.reduce((total, [, size]) => total + size, 0);
  const parts = sizes.map(([name, size]) => `${name.split('.').at(-2)} ${(size / 1000).toFixed(1)}`).join(' + ');
  row('first load of the client', `${(sum / 1000).toFixed(1)} KB (${parts})`, '180 KB', 'all of wasm, js and css in `frontend/dist`, brotli 11, 1 KB = 1000 bytes');
}

firstLoad();
await idle();
await starts();
await approvals();
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
console.log(`Commit ${commit}, release build, ${cpus().length} × ${cpus()[0].model}, ${new Date().toISOString().slice(0, 10)}\n`);
console.log('| figure | measured | goal | how |\n| --- | --- | --- | --- |');
console.log(rows.join('\n'));
