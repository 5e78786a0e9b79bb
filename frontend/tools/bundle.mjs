// Builds the release of the browser client into dist/: compile, bind, shrink, style, hash, compress, and measure.
//
//   node tools/bundle.mjs            build when something has changed
//   node tools/bundle.mjs --force    build in any case
//
// Fails when the first load (wasm + js + css, brotli) is above the budget.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const BUDGET_KB = 180;
const frontend = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const root = resolve(frontend, "..");
const dist = join(frontend, "dist");
const target = process.env.PORTAL_WASM_TARGET_DIR ?? join(root, "target", "wasm");
const work = join(target, "bundle");
const stampFile = join(dist, ".stamp");

// wasm-opt is told which features the compiler uses. `--all-features` and old releases (Debian's 108) write files that
// browsers refuse, so the one from package.json is the only one that is used.
const WASM_FEATURES = [
  "--enable-bulk-memory",
  "--enable-reference-types",
  "--enable-nontrapping-float-to-int",
  "--enable-sign-ext",
  "--enable-mutable-globals",
  "--enable-multivalue",
];

function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (done.error) throw new Error(`${command} could not be started: ${done.error.message}`);
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${done.status ?? done.signal}`);
}
const tool = (name) => {
  const path = join(frontend, "node_modules", ".bin", name);
  if (!existsSync(path)) throw new Error(`${name} is missing: run npm ci in frontend/`);
  return path;
};

function files(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .filter((name) => name !== "node_modules" && name !== "target")
    .sort()
    .flatMap((name) => files(join(path, name)));
}

/** A hash of everything the bundle is made of. */
function inputs() {
  const hash = createHash("sha256");
  const parts = ["src", "locales", "styles", "public", "tools", "index.html", "Cargo.toml", "package-lock.json"];
  const all = [
    ...parts.map((part) => join(frontend, part)),
    join(root, "crates", "domain", "src"),
    join(root, "crates", "domain", "Cargo.toml"),
    join(root, "Cargo.toml"),
    join(root, "Cargo.lock"),
  ].flatMap(files);
  for (const file of all) hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

/** The wasm-bindgen release that Cargo.lock asks for; another one would produce glue that does not fit. */
function checkBindgen() {
  const lock = readFileSync(join(root, "Cargo.lock"), "utf8");
  const wanted = /name = "wasm-bindgen"\nversion = "([^"]+)"/.exec(lock)?.[1];
  const found = spawnSync("wasm-bindgen", ["--version"], { encoding: "utf8" });
  const version = found.stdout?.trim().split(" ").pop();
  if (version !== wanted) throw new Error(`wasm-bindgen ${wanted} is needed on PATH, found ${version ?? "none"}`);
}

function compile() {
  checkBindgen();
  run("cargo", ["build", "-p", "frontend", "--target", "wasm32-unknown-unknown", "--profile", "wasm-release", "--locked"], {
    env: { ...process.env, CARGO_TARGET_DIR: target },
  });
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const compiled = join(target, "wasm32-unknown-unknown", "wasm-release", "frontend.wasm");
  run("wasm-bindgen", ["--target", "web", "--no-typescript", "--out-dir", work, "--out-name", "client", compiled]);
  const small = join(work, "client.wasm");
  run(tool("wasm-opt"), ["-Oz", "--strip-debug", "--strip-producers", ...WASM_FEATURES, join(work, "client_bg.wasm"), "-o", small]);
  run(tool("tailwindcss"), ["-i", join(frontend, "styles", "main.css"), "-o", join(work, "main.css"), "--minify"], { cwd: frontend });
}

const hashed = (name, extension, body) => `${name}-${createHash("sha256").update(body).digest("hex").slice(0, 12)}.${extension}`;

/** Writes hashed assets and the page that names them. */
function assemble() {
  rmSync(dist, { recursive: true, force: true });
  const assets = join(dist, "assets");
  mkdirSync(assets, { recursive: true });
  const put = (name, extension, body) => {
    const file = hashed(name, extension, body);
    writeFileSync(join(assets, file), body);
    return `/assets/${file}`;
  };
  const wasm = put("client", "wasm", readFileSync(join(work, "client.wasm")));
  const glue = put("client", "js", shrinkGlue(readFileSync(join(work, "client.js"), "utf8")));
  const css = put("main", "css", readFileSync(join(work, "main.css")));
  const theme = put("theme", "js", readFileSync(join(frontend, "public", "theme.js")));
  const boot = put("boot", "js", `import init from "${glue}";\nawait init({ module_or_path: "${wasm}" });\n`);
  cpSync(join(frontend, "public"), dist, { recursive: true, filter: (path) => !path.endsWith("theme.js") });

  const links = [
    `<link rel="stylesheet" href="${css}" />`,
    `<link rel="modulepreload" href="${glue}" />`,
    `<link rel="preload" href="${wasm}" as="fetch" type="application/wasm" crossorigin />`,
    `<script type="module" src="${boot}"></script>`,
  ].join("\n    ");
  const page = readFileSync(join(frontend, "index.html"), "utf8")
    .replace("/theme.js", theme)
    .replace(/^ *<!-- Trunk.*-->\n/m, "")
    .replace(/(\s*<link data-trunk[^>]*>)+/, `\n    ${links}`);
  if (/data-trunk|style=/.test(page)) throw new Error("index.html keeps a trunk link or an inline style");
  writeFileSync(join(dist, "index.html"), page);
  return [wasm, glue, css, boot, theme];
}

/** Takes comments and indentation out of the generated glue; brotli does the rest. */
function shrinkGlue(text) {
  return text
    .replace(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, "")
    .replace(/^\s*\/\/.*\n/gm, "")
    .replace(/^[ \t]+/gm, "")
    .replace(/\n{2,}/g, "\n");
}

function compress() {
  for (const file of files(dist)) {
    if (!/\.(wasm|js|css|html|svg)$/.test(file)) continue;
    const body = readFileSync(file);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
    writeFileSync(`${file}.br`, brotliCompressSync(body, { params }));
    writeFileSync(`${file}.gz`, gzipSync(body, { level: 9 }));
  }
}

/** Prints the sizes; true when the first load is within the budget. */
function measure(firstLoad) {
  const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(8);
  const row = (name, [raw, gz, br]) => console.log(`${name.padEnd(34)}${kb(raw)}${kb(gz)}${kb(br)}`);
  const sizes = (path) => ["", ".gz", ".br"].map((end) => statSync(join(dist, path + end)).size);
  console.log(`${"file (kB)".padEnd(34)}${"raw".padStart(8)}${"gzip".padStart(8)}${"brotli".padStart(8)}`);
  const all = firstLoad.map((path) => [path, sizes(path)]);
  for (const [path, size] of all) row(path.replace("/assets/", ""), size);
  const total = all.reduce((sum, [, size]) => sum.map((n, i) => n + size[i]), [0, 0, 0]);
  row("first load", total);
  const kilobytes = total[2] / 1000;
  const fits = kilobytes <= BUDGET_KB;
  console.log(`budget ${BUDGET_KB} kB brotli: ${fits ? "kept" : "BROKEN"} (${kilobytes.toFixed(1)} kB)`);
  return fits;
}

const stamp = inputs();
if (!process.argv.includes("--force") && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) {
  console.log("front end: nothing has changed");
} else {
  try {
    compile();
    const firstLoad = assemble();
    compress();
    if (!measure(firstLoad)) process.exit(1);
    writeFileSync(stampFile, stamp);
  } catch (error) {
    console.error(`front end: ${error.message}`);
    process.exit(1);
  }
}
