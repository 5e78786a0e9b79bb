// Bills of materials from what the lock files hold: node sbom.mjs OUT LOCK…
// `portal.cdx.json` is the executable (crates that end in it), `browser.cdx.json` the app (crates built for wasm32),
// `npm-*.cdx.json` one for each lock file of npm: tools of build and test, none is shipped.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [out, ...locks] = process.argv.slice(2);
const byRef = (a, b) => (a['bom-ref'] ?? a.ref) < (b['bom-ref'] ?? b.ref) ? -1 : 1;
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** A document whose serial number follows from its content, so that the same input gives the same bytes. */
function write(name, root, components, dependencies) {
  const metadata = { component: root };
  if (process.env.SOURCE_DATE_EPOCH) metadata.timestamp = new Date(process.env.SOURCE_DATE_EPOCH * 1000).toISOString();
  const content = { metadata, components: components.sort(byRef), dependencies: dependencies.sort(byRef) };
  const hash = sha256(JSON.stringify(content));
  // Version 8: a UUID of one's own making.
  const serial = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  const document = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${serial}`, version: 1, ...content };
  writeFileSync(join(out, `${name}.cdx.json`), `${JSON.stringify(document, null, 2)}\n`);
  console.log(`${join(out, name)}.cdx.json: ${components.length} components`);
}

/** An SPDX expression; the old way of writing "or" is put right. */
const licences = (text) => text ? { licenses: [{ expression: text.replace(/\s*\/\s*/g, ' OR ') }] } : {};

/** Checksums of Cargo.lock by `name version`. */
function checksums() {
  const found = new Map();
  for (const block of readFileSync('Cargo.lock', 'utf8').split('[[package]]')) {
    const value = (key) => block.match(new RegExp(`^${key} = "(.*)"$`, 'm'))?.[1];
    if (value('checksum')) found.set(`${value('name')} ${value('version')}`, value('checksum'));
  }
  return found;
}

/** The crates that end in a package for a target: normal dependencies; what only builds or tests is left out. */
function cargo(name, wanted, target, type) {
  const args = ['metadata', '--locked', '--format-version', '1', '--filter-platform', target];
  const { packages, resolve } = JSON.parse(execFileSync('cargo', args, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] }));
  const known = new Map(packages.map((one) => [one.id, one]));
  const nodes = new Map(resolve.nodes.map((one) => [one.id, one]));
  const sums = checksums();
  const purl = (one) => `pkg:cargo/${one.name}@${one.version}`;
  const below = (id) => nodes.get(id).deps.filter((dep) => dep.dep_kinds.some((how) => how.kind === null)).map((dep) => dep.pkg);
  const start = packages.find((one) => one.name === wanted && one.source === null);
  const reached = new Set();
  for (const next = [start.id]; next.length;) {
    const id = next.pop();
    if (!reached.has(id)) { reached.add(id); next.push(...below(id)); }
  }
  const component = (one, kind) => {
    const sum = sums.get(`${one.name} ${one.version}`);
    return {
      type: kind, 'bom-ref': purl(one), name: one.name, version: one.version, purl: purl(one), ...licences(one.license),
      ...(sum ? { hashes: [{ alg: 'SHA-256', content: sum }] } : {}),
    };
  };
  const all = [...reached].map((id) => known.get(id));
  write(name, component(start, type), all.filter((one) => one !== start).map((one) => component(one, 'library')),
    all.map((one) => ({ ref: purl(one), dependsOn: [...new Set(below(one.id).map((id) => purl(known.get(id))))].sort() })));
}

/** The packages of a lock file of npm (version 2 or 3). */
function npm(lock) {
  const { name, packages } = JSON.parse(readFileSync(lock, 'utf8'));
  const purl = (path, one) => `pkg:npm/${nameOf(path, one).replace('@', '%40')}@${one.version}`;
  const nameOf = (path, one) => one.name ?? path.slice(path.lastIndexOf('node_modules/') + 13);
  const root = packages[''];
  const entries = Object.entries(packages).filter(([path, one]) => path && one.version);
  /** Where `node` finds a package that is asked for from a folder. */
  const found = (from, wanted) => {
    for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
      const path = `${at ? `${at}/` : ''}node_modules/${wanted}`;
      if (packages[path]?.version) return purl(path, packages[path]);
      if (!at) return undefined;
    }
  };
  const below = (path, one) => {
    const names = Object.keys({ ...one.dependencies, ...one.optionalDependencies, ...(path ? {} : one.devDependencies) });
    return [...new Set(names.map((wanted) => found(path, wanted)).filter(Boolean))].sort();
  };
  const self = `pkg:npm/${name}@0`;
  const components = new Map();
  const dependencies = new Map([[self, below('', root)]]);
  for (const [path, one] of entries) {
    const ref = purl(path, one);
    const [alg, hash] = (one.integrity ?? '').split('-');
    components.set(ref, {
      type: 'library', 'bom-ref': ref, name: nameOf(path, one), version: one.version, purl: ref, scope: 'excluded', ...licences(one.license),
      ...(alg === 'sha512' ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }] } : {}),
    });
    dependencies.set(ref, [...new Set([...(dependencies.get(ref) ?? []), ...below(path, one)])].sort());
  }
  write(`npm-${dirname(lock).replaceAll('/', '-')}`, { type: 'application', 'bom-ref': self, name, version: '0' },
    [...components.values()], [...dependencies].map(([ref, dependsOn]) => ({ ref, dependsOn })));
}

cargo('portal', 'portal', 'x86_64-unknown-linux-gnu', 'application');
cargo('browser', 'frontend', 'wasm32-unknown-unknown', 'application');
for (const lock of locks) npm(lock);
