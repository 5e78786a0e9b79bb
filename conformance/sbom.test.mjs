// What scripts/sbom writes, as the CycloneDX project's own validator reads it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

const root = new URL('..', import.meta.url).pathname;
const VALID = `import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
for name in sys.argv[1:]:
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(name).read())
    if fault: sys.exit(f'{name}: {fault}')`;

let first, second;
before(() => {
  [first, second] = [0, 1].map(() => {
    const folder = mkdtempSync(join(tmpdir(), 'sbom-'));
    execFileSync(join(root, 'scripts/sbom'), [folder], { stdio: 'ignore' });
    return folder;
  });
});
after(() => [first, second].forEach((folder) => folder && rmSync(folder, { recursive: true })));
const read = (name) => JSON.parse(readFileSync(join(first, name), 'utf8'));
const names = (name) => new Set(read(name).components.map((one) => one.name));

test('every file keeps the schema of CycloneDX 1.6, and a broken one does not', () => {
  const python = (text, ...files) => execFileSync(join(root, 'target/python/bin/python'), ['-c', text, ...files], { stdio: 'pipe' });
  const files = readdirSync(first).map((name) => join(first, name));
  assert.ok(files.length >= 6, `${files}`);
  python(VALID, ...files);
  const broken = VALID.replace('open(name).read()', `open(name).read().replace('"library"', '"book"')`);
  assert.throws(() => python(broken, files[0]), /is not one of|book/);
});

test('the same lock files give the same bytes', () => {
  for (const name of readdirSync(first)) assert.equal(readFileSync(join(first, name), 'utf8'), readFileSync(join(second, name), 'utf8'), name);
});

test('what is shipped is listed with checksum and licence, what only tests is not', () => {
  const portal = names('portal.cdx.json');
  for (const name of ['actix-web', 'sea-orm', 'rustls', 'argon2', 'domain']) assert.ok(portal.has(name), name);
  for (const name of ['proptest', 'criterion', 'foreign', 'leptos']) assert.ok(!portal.has(name), name);
  const browser = names('browser.cdx.json');
  assert.ok(browser.has('leptos') && !browser.has('sea-orm') && !browser.has('tokio-rustls'));
  for (const one of [...read('portal.cdx.json').components, ...read('browser.cdx.json').components]) {
    assert.ok(one.licenses, `${one.name} has a licence`);
    const ours = ['domain', 'integrations', 'platform', 'bff', 'worker', 'sandbox', 'migrations'].includes(one.name);
    assert.ok(ours || /^[0-9a-f]{64}$/.test(one.hashes?.[0].content), `${one.name} has a checksum`);
  }
});

test('every edge ends at a component', () => {
  for (const name of readdirSync(first)) {
    const { metadata, components, dependencies } = read(name);
    const known = new Set([metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])]);
    for (const { ref, dependsOn } of dependencies) for (const one of [ref, ...dependsOn]) assert.ok(known.has(one), `${name}: ${one}`);
  }
});
