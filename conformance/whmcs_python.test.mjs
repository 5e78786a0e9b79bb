// WHMCS as `whmcspy` from PyPI sees it: the cases are Python's, each is counted here by its own name.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { startSandbox } from './lib/sandbox.mjs';

const python = new URL('../target/python/bin/python', import.meta.url).pathname;
const file = new URL('whmcs_client.py', import.meta.url).pathname;
const run = (args, env = {}) => spawnSync(python, [file, ...args], { encoding: 'utf8', timeout: 60_000, env: { PATH: process.env.PATH, ...env } });

// Without Python the list is one test that fails with the reason.
const listed = run(['--list']);
const names = listed.status === 0 ? listed.stdout.trim().split('\n') : [];

let sandbox;
before(async () => { if (names.length > 0) sandbox = await startSandbox(); });
after(() => sandbox?.stop());

test('the Python client is installed and has its cases', () => {
  assert.equal(listed.status, 0, `${listed.error ?? ''}${listed.stderr}: run scripts/tools conformance`);
  assert.ok(names.length >= 6, `${names}`);
});

for (const name of names) {
  test(`whmcspy: ${name.replace(/^test_/, '').replaceAll('_', ' ')}`, () => {
    const done = run([name], {
      WHMCS_API: `${sandbox.setting('WHMCS__BASE_URL').replace(/\/$/, '')}/includes/api.php`, WHMCS_IDENTIFIER: sandbox.setting('WHMCS__IDENTIFIER'),
      WHMCS_SECRET: sandbox.setting('WHMCS__SECRET'), SANDBOX_CONSOLE: `http://127.0.0.1:${sandbox.web}`,
    });
    assert.equal(done.status, 0, done.stderr);
    // One case and no other: a name that Python does not find must not pass.
    assert.match(done.stderr, /^Ran 1 test/m);
  });
}
