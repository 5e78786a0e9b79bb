// The nginx of the container image on a free port, from the same configuration files.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Process, answers, freePorts } from './process.mjs';

const files = new URL('../../../docker/nginx/', import.meta.url).pathname;
const program = ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find(existsSync);

/** Why it cannot run here; false when it can. */
export const nginxMissing = program && existsSync('/usr/lib/nginx/modules/ngx_http_brotli_static_module.so')
  ? false : 'nginx with its brotli module is not installed (packages nginx-light libnginx-mod-http-brotli-static)';

/** Starts it before an API at `bff` (host:port) with the pages of `pages` (a folder), on `port` or any free one. */
export async function startNginx({ bff, pages, port }) {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  port ??= (await freePorts(1))[0];
  cpSync(files, folder, { recursive: true });
  mkdirSync(join(folder, 'tmp'));
  // Standard output is a socket here, which cannot be opened by name.
  const conf = readFileSync(join(folder, 'nginx.conf'), 'utf8')
    .replaceAll('/tmp/', `${folder}/tmp/`).replace('listen 8080', `listen 127.0.0.1:${port}`).replace('root /srv/portal', `root ${pages}`).replace('/dev/stdout', join(folder, 'access.log'));
  // Workers of a root master would run as nobody, who cannot look into a temporary folder.
  writeFileSync(join(folder, 'nginx.conf'), process.getuid() === 0 ? `user root;\n${conf}` : conf);
  writeFileSync(join(folder, 'tmp/portal-upstream.conf'),
    readFileSync(join(folder, 'upstream.conf.template'), 'utf8').replace('${BFF_SERVERS}', `server ${bff};`));
  const nginx = new Process('nginx', program, ['-c', join(folder, 'nginx.conf'), '-e', 'stderr', '-g', 'daemon off;']);
  const address = `http://127.0.0.1:${port}`;
  await answers(`${address}/nginx-health`, nginx, 10_000);
  return { address, process: nginx, async stop() { await nginx.stop(); rmSync(folder, { recursive: true, force: true }); } };
}
