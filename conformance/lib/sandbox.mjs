// The sandbox as a process of its own, and what a client needs to be let in: the same settings that bff and worker get.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Process, eventually, freePorts } from '../../frontend/e2e/lib/process.mjs';
import { Sandbox as Console } from '../../frontend/e2e/lib/sandbox.mjs';

const binary = process.env.E2E_PORTAL || new URL('../../target/debug/portal', import.meta.url).pathname;

/** Starts `portal sandbox` on free ports; `env` adds settings by variable name. */
export async function startSandbox(env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'portal-conformance-'));
  const settings = join(folder, 'settings');
  const [web, salesforce, tls, pubsub] = await freePorts(4);
  const child = new Process('portal sandbox', binary, ['sandbox', '--settings-dir', settings], {
    PORTAL_DATA_DIR: folder, PORTAL_SANDBOX__WEB_PORT: `${web}`, PORTAL_SANDBOX__SALESFORCE_PORT: `${salesforce}`,
    PORTAL_SANDBOX__SALESFORCE_TLS_PORT: `${tls}`, PORTAL_SANDBOX__PUBSUB_PORT: `${pubsub}`,
    PORTAL_SANDBOX__LATENCY_MS: '0', PORTAL_SANDBOX__CARRIER_MS: '0', ...env,
  });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.on('exit', remove);
  const stop = async () => { await child.stop(); remove(); };
  try {
    await eventually('the sandbox has written its settings', () => existsSync(join(settings, 'sandbox.env')) || !child.alive);
    if (!child.alive) throw new Error(child.tail());
    const given = Object.fromEntries(readFileSync(join(settings, 'sandbox.env'), 'utf8').trim().split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    /** A setting without its prefix, read from its file when it has one. */
    const setting = (name) => given[`PORTAL_${name}`] ?? readFileSync(given[`PORTAL_${name}_FILE`], 'utf8');
    /** The connected app's secret: the portal has no use for it, so it is not among the settings. */
    const clientSecret = () => JSON.parse(readFileSync(join(folder, 'sandbox', 'keys.json'), 'utf8')).client_secret;
    return { setting, clientSecret, console: new Console(`http://127.0.0.1:${web}`), web, tls: `https://localhost:${tls}`, stop, tail: () => child.tail() };
  } catch (error) {
    await stop();
    throw error;
  }
}
