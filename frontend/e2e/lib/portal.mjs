// The two ways the portal runs, started for real on free ports and temporary data: one process on the embedded default,
// and separate processes on PostgreSQL and Redis.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Process, answers, eventually, freePorts } from './process.mjs';
import { registerMailbox } from './mailbox.mjs';
import { Sandbox } from './sandbox.mjs';

const repository = new URL('../../../', import.meta.url).pathname;
const builtPortal = process.env.E2E_PORTAL || join(repository, 'target/debug/portal');
/** The built client. */
export const pages = process.env.E2E_PAGES || join(repository, 'frontend/dist');

/** The customer whom `portal run` and `portal seed-demo` create. */
export const demo = { email: 'mika@example.com', password: 'sakura-demo-2026' };

/** A person of the operator's staff, without a customer account; created along with the customer. */
export const staff = { email: 'staff@example.com', password: 'yamabuki-demo-2026', name: 'Aoi' };

const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;
/** Why the separate processes cannot run here; false when they can. */
export const separateMissing = databaseUrl && redisUrl ? false : 'needs TEST_DATABASE_URL and TEST_REDIS_URL (scripts/test sets them)';

/** Nobody types as fast as a test, and every test comes from one address. */
const rates = Object.fromEntries(['ADDRESS', 'PERSON', 'READ', 'WRITE', 'LOGIN', 'LOGIN_PER_ACCOUNT', 'REGISTER', 'REFRESH', 'ORDERS', 'LIVE'].map((what) => [`PORTAL_BFF__RATE_${what}`, '10000']));
/** Short waits; what a worker does after a crash is the same. */
const patience = { PORTAL_WORKER__LEASE_MS: '2000', PORTAL_WORKER__SETTLE_MS: '1500', PORTAL_WORKER__LOOK_GAP_MS: '200', PORTAL_WORKER__RECONCILE_MS: '2000' };
const sandboxSettings = ([web, salesforce, tls, pubsub, smtp = 0]) => ({
  PORTAL_SANDBOX__WEB_PORT: `${web}`, PORTAL_SANDBOX__SALESFORCE_PORT: `${salesforce}`,
  PORTAL_SANDBOX__SALESFORCE_TLS_PORT: `${tls}`, PORTAL_SANDBOX__PUBSUB_PORT: `${pubsub}`, PORTAL_SANDBOX__SMTP_PORT: `${smtp}`,
  PORTAL_SANDBOX__LATENCY_MS: '0', PORTAL_SANDBOX__CARRIER_MS: '0',
});

/** A temporary folder for one portal's data. */
export function dataFolder() {
  const path = mkdtempSync(join(tmpdir(), 'portal-e2e-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** `portal run` on the given folder and five ports (portal, then the sandbox's four); not waited for. */
export function spawnEmbedded({ binary = builtPortal, folder, ports, env = {} }) {
  return new Process('portal run', binary, ['run'], {
    PORTAL_DATA_DIR: folder, PORTAL_BFF__LISTEN: `127.0.0.1:${ports[0]}`, PORTAL_BFF__PUBLIC_URL: `http://localhost:${ports[0]}`,
    PORTAL_BFF__STATIC_DIR: pages, ...sandboxSettings(ports.slice(1)), ...rates, ...env,
  });
}

/** The embedded default. `delays` are those of the sandbox; none unless given. */
export async function startEmbedded({ binary, delays, env } = {}) {
  const folder = dataFolder();
  const ports = await freePorts(5);
  const child = spawnEmbedded({ binary, folder: folder.path, ports, env });
  const address = `http://localhost:${ports[0]}`;
  const sandbox = new Sandbox(`http://127.0.0.1:${ports[1]}`);
  await answers(`${address}/health/ready`, child);
  registerMailbox(address, sandbox);
  if (delays) await sandbox.delays(delays);
  return {
    address, addresses: [address], sandbox, demo, staff, process: child, tail: () => child.tail(),
    async stop() { const ended = await child.stop(); folder.remove(); return ended; },
  };
}

/** Two API processes, one worker and the sandbox on PostgreSQL and Redis, with a database of their own. */
export async function startSeparate({ binary = builtPortal, delays } = {}) {
  const folder = dataFolder();
  const name = `e2e_${randomBytes(6).toString('hex')}`;
  const ports = await freePorts(7);
  psql(`CREATE DATABASE ${name}`);
  const database = new URL(databaseUrl);
  database.pathname = `/${name}`;
  const store = {
    PORTAL_STORE__DATABASE_URL: database.href, PORTAL_CACHE__REDIS_URL: redisUrl, PORTAL_CACHE__PREFIX: name,
    PORTAL_BFF__JWT_KEY: randomBytes(32).toString('hex'), PORTAL_BFF__REFRESH_KEY: randomBytes(32).toString('hex'),
    PORTAL_BFF__SECRETS_KEY: randomBytes(32).toString('hex'),
  };
  const running = [];
  const spawn = (what, args, env) => { const child = new Process(`portal ${what}`, binary, args, env); running.push(child); return child; };
  const once = async (what) => {
    const child = spawn(what, [what], store);
    if ((await child.exited) !== 0) throw new Error(`portal ${what} failed\n${child.tail()}`);
  };
  const stop = async () => {
    for (const child of running.reverse()) await child.stop();
    psql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    folder.remove();
  };
  try {
    const settings = join(folder.path, 'settings');
    const upstream = spawn('sandbox', ['sandbox', '--settings-dir', settings], { PORTAL_DATA_DIR: folder.path, ...sandboxSettings(ports.slice(0, 4)) });
    await once('migrate');
    await once('seed-demo');
    await eventually('the sandbox has written its settings', () => existsSync(join(settings, 'sandbox.env')) || !upstream.alive);
    if (!upstream.alive) throw new Error(upstream.tail());
    const upstreams = Object.fromEntries(readFileSync(join(settings, 'sandbox.env'), 'utf8').trim().split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    const sandbox = new Sandbox(`http://127.0.0.1:${ports[0]}`);
    if (delays) await sandbox.delays(delays);

    const addresses = [ports[4], ports[5]].map((port) => `http://localhost:${port}`);
    for (const address of addresses) registerMailbox(address, sandbox);
    const servers = addresses.map((address) => spawn('bff', ['bff'], {
      ...store, ...upstreams, ...rates, PORTAL_BFF__LISTEN: `127.0.0.1:${new URL(address).port}`, PORTAL_BFF__PUBLIC_URL: address, PORTAL_BFF__STATIC_DIR: pages,
    }));
    const workerEnv = { ...store, ...upstreams, ...patience, PORTAL_BFF__PUBLIC_URL: addresses[0], PORTAL_WORKER__LISTEN: `127.0.0.1:${ports[6]}` };
    let worker = spawn('worker', ['worker'], workerEnv);
    const workerReady = () => answers(`http://127.0.0.1:${ports[6]}/health/ready`, worker);
    await Promise.all([workerReady(), ...addresses.map((address, i) => answers(`${address}/health/ready`, servers[i]))]);
    return {
      address: addresses[0], addresses, sandbox, demo, staff, stop, tail: () => running.map((process) => process.tail(15)).join('\n'),
      /** A statement on the portal's own database. */
      sql: (statement) => psql(statement, database.href),
      async killWorker() { await worker.stop('SIGKILL'); },
      async startWorker() { worker = spawn('worker', ['worker'], workerEnv); await workerReady(); },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function psql(statement, url = databaseUrl) { execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', statement], { stdio: ['ignore', 'ignore', 'pipe'] }); }
