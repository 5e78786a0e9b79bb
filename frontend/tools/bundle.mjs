// Builds the release of the browser client into dist/: compile, bind, shrink, style, hash, compress, and measure.
//
//   node tools/bundle.mjs            build when something has changed
//   node tools/bundle.mjs --force    build in any case
//
// Fails when the first load (wasm + js + css + texts of one language, brotli) is above the budget.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
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
  const parts = ["src", "locales", "styles", "public", "tools", "build.rs", "index.html", "Cargo.toml", "package-lock.json"];
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

/** Cuts the pages of src/pages.rs out of the client; built once into target/tools when it is not on PATH. */
const SPLITTER = { crate: "wasm_split_cli_support", version: "0.2.4", name: "wasm-split-cli" };

function splitter() {
  if (spawnSync(SPLITTER.name, ["--help"], { stdio: "ignore" }).status === 0) return SPLITTER.name;
  const tools = join(root, "target", "tools");
  const own = join(tools, "bin", SPLITTER.name);
  if (!existsSync(own)) {
    console.log(`Building ${SPLITTER.name} ${SPLITTER.version} (about 50 CPU seconds, once)`);
    const from = ["install", "--quiet", SPLITTER.crate, "--version", SPLITTER.version, "--features", "build-binary"];
    run("cargo", [...from, "--debug", "--root", tools], { env: { ...process.env, CARGO_PROFILE_DEV_DEBUG: "0" } });
  }
  return own;
}

function compile() {
  checkBindgen();
  const split = splitter();
  // Erased components: one compiled form of a view for many. Relocations tell the splitter what belongs together.
  const flags = ["-p", "frontend", "--bin", "frontend", "--target", "wasm32-unknown-unknown", "--profile", "wasm-release"];
  run("cargo", ["rustc", ...flags, "--features", "split", "--locked", "--", "-C", "link-arg=--emit-relocs"], {
    env: { ...process.env, CARGO_TARGET_DIR: target, RUSTFLAGS: "--cfg erase_components" },
  });
  rmSync(work, { recursive: true, force: true });
  const parts = join(work, "parts");
  mkdirSync(parts, { recursive: true });
  const compiled = join(target, "wasm32-unknown-unknown", "wasm-release", "frontend.wasm");
  run(split, [compiled, parts, "--out-name", "client"], { stdio: ["ignore", "ignore", "inherit"] });
  const bind = ["--target", "web", "--no-typescript", "--keep-lld-exports", "--out-dir", work, "--out-name", "client"];
  run("wasm-bindgen", [...bind, join(parts, "client.wasm")]);
  renameSync(join(work, "client_bg.wasm"), join(parts, "client.wasm"));
  renameSync(join(work, "client.js"), join(parts, "client.js"));
  for (const file of files(parts).filter((name) => name.endsWith(".wasm"))) {
    // A second round finds what the first one has laid open: 0.2 % of the first load.
    run(tool("wasm-opt"), ["-Oz", "-Os", "--strip-debug", "--strip-producers", ...WASM_FEATURES, file, "-o", file], {
      stdio: ["ignore", "ignore", "ignore"],
    });
  }
  for (const name of ["main.css", "later.css"]) {
    run(tool("tailwindcss"), ["-i", join(frontend, "styles", name), "-o", join(work, name), "--minify"], {
      cwd: frontend,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
}

const digest = (body) => createHash("sha256").update(body).digest("hex").slice(0, 12);

/** The texts of a language as lines in the order of their keys, which build.rs numbers in the same order. */
function lines(language, part) {
  const groups = JSON.parse(readFileSync(join(frontend, "locales", `${language}${part}.json`), "utf8"));
  const keys = Object.entries(groups).flatMap(([group, texts]) => Object.entries(texts).map(([key, text]) => [`${group}.${key}`, text]));
  return keys.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text).join("\n");
}

/** Writes hashed assets and the page that names them. Returns the files of the first load of the public page. */
function assemble() {
  rmSync(dist, { recursive: true, force: true });
  const assets = join(dist, "assets");
  mkdirSync(assets, { recursive: true });
  const put = (name, extension, body) => {
    const file = `${name}-${digest(body)}.${extension}`;
    writeFileSync(join(assets, file), body);
    return `/assets/${file}`;
  };
  // The parts of the client name each other in a circle, so they share one hash.
  const parts = files(join(work, "parts"));
  const build = digest(Buffer.concat(parts.map((file) => readFileSync(file))));
  const named = (file) => file.replace(/\.(wasm|js)$/, `-${build}.$1`);
  for (const file of parts) {
    const name = relative(join(work, "parts"), file);
    // Only addresses are renamed: the same texts as keys of the import object are names inside the wasm.
    const renamed = (text) => text.replace(/(from |URL\()"\.\/([\w.]+)"/g, (_, before, other) => `${before}"./${named(other)}"`);
    const body = name.endsWith(".js") ? renamed(shrinkGlue(readFileSync(file, "utf8"))) : readFileSync(file);
    writeFileSync(join(assets, named(name)), body);
  }
  const [glue, split, wasm] = ["client.js", "__wasm_split.js", "client.wasm"].map((name) => `/assets/${named(name)}`);
  const css = put("main", "css", readFileSync(join(work, "main.css")));
  const later = put("later", "css", readFileSync(join(work, "later.css")));
  const theme = put("theme", "js", readFileSync(join(frontend, "public", "theme.js")));
  const boot = put("boot", "js", `import init from "${glue}";\nawait init({ module_or_path: "${wasm}" });\n`);
  const texts = ["en", "ja"].flatMap((language) => [["first", ""], ["later", ".later"]].map(([name, part]) => [`${language}-${name}`, lines(language, part)]));
  const before = `/assets/texts-${digest(JSON.stringify(texts))}-`;
  for (const [name, body] of texts) writeFileSync(join(dist, `${before}${name}.txt`), body);
  cpSync(join(frontend, "public"), dist, { recursive: true, filter: (path) => !path.endsWith("theme.js") });

  const links = [
    `<link rel="stylesheet" href="${css}" />`,
    `<link rel="modulepreload" href="${glue}" />`,
    `<link rel="modulepreload" href="${split}" />`,
    `<link rel="preload" href="${wasm}" as="fetch" type="application/wasm" crossorigin />`,
    `<script type="module" src="${boot}"></script>`,
  ].join("\n    ");
  const page = readFileSync(join(frontend, "index.html"), "utf8")
    .replace("/theme.js", theme)
    .replace("<html ", `<html data-texts="${before}" data-styles="${later}" `)
    .replace(/^ *<!-- Trunk.*-->\n/m, "")
    .replace(/(\s*<link data-trunk[^>]*>)+/, `\n    ${links}`);
  if (/data-trunk|style=/.test(page)) throw new Error("index.html keeps a trunk link or an inline style");
  writeFileSync(join(dist, "index.html"), page);
  // One language is fetched; the Japanese one is the longer.
  return [wasm, glue, split, css, boot, theme, `${before}ja-first.txt`];
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
    if (!/\.(wasm|js|css|html|svg|txt)$/.test(file)) continue;
    const body = readFileSync(file);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
    writeFileSync(`${file}.br`, brotliCompressSync(body, { params }));
    writeFileSync(`${file}.gz`, gzipSync(body, { level: 9 }));
  }
}

/** Prints the sizes; true when the first load (the public page, with everything it needs) is within the budget. */
function measure(firstLoad) {
  const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(8);
  const row = (name, [raw, gz, br]) => console.log(`${name.padEnd(34)}${kb(raw)}${kb(gz)}${kb(br)}`);
  const sizes = (path) => ["", ".gz", ".br"].map((end) => statSync(join(dist, path + end)).size);
  console.log(`${"file (kB)".padEnd(34)}${"raw".padStart(8)}${"gzip".padStart(8)}${"brotli".padStart(8)}`);
  const all = firstLoad.map((path) => [path, sizes(path)]);
  for (const [path, size] of all) row(path.replace("/assets/", ""), size);
  const total = all.reduce((sum, [, size]) => sum.map((n, i) => n + size[i]), [0, 0, 0]);
  row("first load", total);
  const later = files(join(dist, "assets"))
    .filter((file) => file.endsWith(".wasm") && !firstLoad.includes(`/assets/${relative(join(dist, "assets"), file)}`))
    .map((file) => [relative(join(dist, "assets"), file), sizes(relative(dist, file))]);
  for (const [name, size] of later) row(`  later: ${name.replace(/_\d{10,}/, "").replace(/-[0-9a-f]{12}/, "")}`, size);
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
