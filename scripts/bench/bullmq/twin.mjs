// The BullMQ side of scripts/bench/queue: jobs that do nothing, default settings, no waiting for the disk.
// `drain JOBS SLOTS`, `work JOBS`, `add JOBS GAP_US`; REDIS_URL names the server, QUEUE the queue. Each prints one JSON line.
import { Queue, Worker } from 'bullmq';
import IORedis from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';

const [, , command, ...numbers] = process.argv;
const [jobs, second] = numbers.map(Number);
const name = process.env.QUEUE;
const connect = () => new IORedis(process.env.REDIS_URL, { maxRetriesPerRequest: null });
/** Microseconds since 1970; one clock for all processes of this machine. */
const now = () => Math.round((performance.timeOrigin + performance.now()) * 1000);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** A worker that counts runs, and a promise of the moment when so many jobs are completed in Redis. */
function working(concurrency, each) {
  const runs = new Map();
  let completed = 0;
  const connection = connect();
  const worker = new Worker(name, async (job) => {
    each?.(job);
    runs.set(job.id, (runs.get(job.id) ?? 0) + 1);
  }, { connection, concurrency, autorun: false });
  const all = new Promise((resolve) => worker.on('completed', () => { completed += 1; if (completed === jobs) resolve(); }));
  const once = () => runs.size === jobs && [...runs.values()].every((n) => n === 1);
  return { worker, all, once };
}

async function drain(slots) {
  const queue = new Queue(name, { connection: connect() });
  for (let from = 0; from < jobs; from += 1000) {
    const batch = Array.from({ length: Math.min(1000, jobs - from) }, (_, i) => ({ name: 'bench', data: { n: from + i } }));
    await queue.addBulk(batch);
  }
  const { worker, all, once } = working(slots);
  await worker.waitUntilReady();
  const started = performance.now();
  worker.run();
  await all;
  const seconds = (performance.now() - started) / 1000;
  await pause(50); // a second completion of a job would show by now
  const counts = await queue.getJobCounts();
  const exact = once() && counts.completed === jobs && Object.entries(counts).every(([state, n]) => state === 'completed' || n === 0);
  say({ jobs, seconds, per_second: jobs / seconds, exact, states: counts });
  await queue.obliterate({ force: true });
}

async function work() {
  const started = [];
  const { worker, all, once } = working(100, (job) => { started[job.data.n] = now(); });
  await worker.waitUntilReady();
  worker.run();
  process.stderr.write('ready\n');
  await all;
  say({ jobs: started.length, exact: once(), started });
}

async function add(gap) {
  const queue = new Queue(name, { connection: connect() });
  await queue.waitUntilReady();
  const called = [];
  const returned = [];
  for (let n = 0; n < jobs; n += 1) {
    await pause(gap / 1000);
    called.push(now());
    await queue.add('bench', { n });
    returned.push(now());
  }
  say({ called, returned });
}

await { drain: () => drain(second), work, add: () => add(second) }[command]();
process.exit(0);
