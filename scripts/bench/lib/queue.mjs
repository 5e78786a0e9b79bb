// Runs and judges the pairs of scripts/bench/queue. A pair counts only when every job was delivered exactly once, when
// the runs of one side before and after the other agree, and when the rest of the machine was quiet beside it; with
// priority over the rest its load is only printed.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const [, , binary, wanted] = process.argv;
const pairs = Number(wanted);
const jobs = process.env.BENCH_JOBS ?? '20000';
const slots = process.env.BENCH_SLOTS ?? '100';
const pickups = { jobs: '500', gap: '4000' };
const most = { load: 0.5, apart: 0.2, tries: pairs * 3 };
const twin = new URL('../bullmq/twin.mjs', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'portal-bench-'));
const { TEST_DATABASE_URL: postgres, TEST_REDIS_URL: redis } = process.env;
let serial = 0;

/** A new, empty database for each run. */
function database(kind) {
  serial += 1;
  if (kind === 'sqlite') return `sqlite://${join(folder, `bench${serial}.db`)}`;
  execFileSync('psql', ['-q', '-d', postgres, '-c', `CREATE DATABASE bench${serial}`]);
  return postgres.replace(/\/postgres$/, `/bench${serial}`);
}
const ours = (...words) => [binary, words, {}];
const theirs = (...words) => [process.execPath, [twin, ...words], { REDIS_URL: redis, QUEUE: `bench${(serial += 1)}` }];

/** Starts a program; `ready` when it says so on standard error, `result` is its JSON line. */
function start([program, words, env]) {
  const child = spawn(program, words, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => { out += text; });
  const ready = new Promise((resolve) => child.stderr.on('data', (text) => { err += text; if (err.includes('ready')) resolve(); }));
  const result = new Promise((resolve, reject) => child.on('close', (code) => {
    if (code === 0) resolve(JSON.parse(out)); else reject(new Error(`${program} ${words.join(' ')}: ${code}\n${err}`));
  }));
  return { ready, result };
}

function times() {
  const all = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1).map(Number);
  return { idle: all[3] + all[4], total: all.slice(0, 8).reduce((a, b) => a + b) };
}
/** Cores that others keep busy while nothing of ours runs. */
async function load() {
  const before = times();
  await pause(700);
  const after = times();
  return (1 - (after.idle - before.idle) / (after.total - before.total)) * cpus().length;
}
const priority = process.env.BENCH_PRIORITY;
/** Waits a while for the machine to be quiet; the load that remains. */
async function quiet() {
  let now = await load();
  if (priority) return now;
  for (let i = 0; now > most.load && i < 30; i += 1) { await pause(1000); now = await load(); }
  return now;
}

const sorted = (values) => [...values].sort((a, b) => a - b);
const at = (values, share) => {
  const place = (values.length - 1) * share;
  const [low, high] = [Math.floor(place), Math.ceil(place)];
  return values[low] + (values[high] - values[low]) * (place - low);
};
const summary = (values) => { const all = sorted(values); return `median ${at(all, 0.5).toFixed(2)} (quartiles ${at(all, 0.25).toFixed(2)}–${at(all, 0.75).toFixed(2)}, ${all.length} pairs)`; };
const faults = [];

/** One run between two looks at the machine. */
async function run(what, one) {
  const before = await quiet();
  const result = await one();
  const after = await load();
  if (!result.exact) faults.push(`${what}: ${JSON.stringify(result).slice(0, 300)}`);
  return { ...result, load: Math.max(before, after) };
}

/** A B A B … A: each B with the mean of the A's beside it, for every measure of the same runs; the first one judges. */
async function series(title, unit, mine, other, measures) {
  console.log(`\n${title}`);
  const names = Object.keys(measures);
  const accepted = Object.fromEntries(names.map((name) => [name, []]));
  const all = Object.fromEntries(names.map((name) => [name, []]));
  let left = await run('portal', mine);
  for (let i = 0; accepted[names[0]].length < pairs && i < most.tries; i += 1) {
    const middle = await run('BullMQ', other);
    const right = await run('portal', mine);
    const busy = Math.max(left.load, middle.load, right.load);
    const first = [left, right].map(measures[names[0]]);
    const apart = Math.abs(first[0] - first[1]) / Math.min(...first);
    const why = [!priority && busy > most.load && `others used ${busy.toFixed(2)} cores`, apart > most.apart && `runs beside it ${(apart * 100).toFixed(0)} % apart`].filter(Boolean);
    const texts = names.map((name) => {
      const [a, b, c] = [left, middle, right].map(measures[name]);
      const ratio = (a + c) / 2 / b;
      all[name].push(ratio);
      if (!why.length) accepted[name].push(ratio);
      return `${name} portal ${a.toFixed(0)} | BullMQ ${b.toFixed(0)} | portal ${c.toFixed(0)} ${unit} = ${ratio.toFixed(2)}`;
    });
    if (priority) texts.push(`others ${busy.toFixed(1)} cores`);
    console.log(`  ${texts.join('; ')}${why.length ? `  rejected: ${why.join(', ')}` : ''}`);
    left = right;
  }
  for (const name of names) {
    if (accepted[name].length) console.log(`  ${name}, accepted: ${summary(accepted[name])}`);
    if (accepted[name].length < pairs) console.log(`  ${name}, too few quiet pairs; with the rejected ones: ${summary(all[name])}`);
  }
}

const drain = (kind) => () => start(ours('drain', database(kind), jobs, slots)).result;
const drainTwin = () => start(theirs('drain', jobs, slots)).result;
const sums = (result, { called, returned }) => {
  const part = (from) => sorted(result.started.map((at, n) => at - from[n]));
  const adding = sorted(returned.map((at, n) => at - called[n]));
  return { exact: result.exact && result.started.length === called.length, called: part(called), returned: part(returned), adding };
};
async function pickup(worker, adder) {
  const working = start(worker);
  await Promise.race([working.ready, working.result]);
  await pause(300);
  const added = await start(adder).result;
  return sums(await working.result, added);
}
const across = (kind) => async () => {
  const url = database(kind);
  return pickup(ours('work', url, pickups.jobs), ours('add', url, pickups.jobs, pickups.gap));
};
const within = async () => {
  const result = await start(ours('both', database('sqlite'), pickups.jobs, pickups.gap)).result;
  return sums(result, result.added);
};
const pickupTwin = () => {
  const [program, words, env] = theirs('work', pickups.jobs);
  return pickup([program, words, env], [program, [twin, 'add', pickups.jobs, pickups.gap], env]);
};

const version = (program, ...words) => execFileSync(program, words, { encoding: 'utf8' }).trim().split('\n')[0];
const commit = version('git', 'rev-parse', '--short', 'HEAD');
const lock = JSON.parse(readFileSync(new URL('../bullmq/package-lock.json', import.meta.url))).packages;
const server = version('psql', '-At', '-d', postgres, '-c', "SELECT version() || ', fsync ' || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit')");
const disk = await start(ours('commits', folder)).result;
console.log(`Commit ${commit}, ${cpus().length} × ${cpus()[0].model}, ${new Date().toISOString().slice(0, 10)}`);
console.log(`${server}\n${version('redis-server', '--version')}, no persistence`);
console.log(`BullMQ ${lock['node_modules/bullmq'].version}, ioredis ${lock['node_modules/ioredis'].version}, Node ${process.version}; ${disk.fdatasync_per_second.toFixed(0)} fdatasync/s; ${priority ? `all programs at priority ${priority}` : 'no priority over other programs'}`);
const rate = { 'jobs/s': (result) => result.per_second };
const waits = {
  p50: (result) => at(result.called, 0.5),
  p99: (result) => at(result.called, 0.99),
  'p50 after the call returned': (result) => at(result.returned, 0.5),
  'p50 of the call itself': (result) => at(result.adding, 0.5),
};
await series(`Emptying ${jobs} jobs, ${slots} at a time, PostgreSQL with durable commits (goal ≥ 1.5)`, '', drain('postgres'), drainTwin, rate);
await series(`Emptying ${jobs} jobs, ${slots} at a time, SQLite FULL (goal ≥ 1.0)`, '', drain('sqlite'), drainTwin, rate);
await series('From adding to the start of the handler in another process, PostgreSQL (goal: p50 ≤ 0.5)', 'µs', across('postgres'), pickupTwin, waits);
await series('From adding to the start of the handler in one process, SQLite FULL, beside BullMQ across processes (goal: p50 ≤ 0.5)', 'µs', within, pickupTwin, waits);
rmSync(folder, { recursive: true });
if (faults.length) { console.error(`VOID, not every job exactly once:\n${faults.join('\n')}`); process.exit(1); }
console.log('\nEvery run delivered every job exactly once.');
