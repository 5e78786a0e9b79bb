// Writes the style sheet for `trunk serve` (a pre-build hook in Trunk.toml). Releases use tools/bundle.mjs.
import { spawnSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const frontend = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const done = spawnSync(
  join(frontend, "node_modules", ".bin", "tailwindcss"),
  ["-i", join(frontend, "styles", "all.css"), "-o", join(frontend, ".styles", "main.css")],
  { cwd: frontend, stdio: "inherit" },
);
if (done.error) console.error(`tailwindcss could not be started (npm ci in frontend/?): ${done.error.message}`);
process.exit(done.status ?? 1);
