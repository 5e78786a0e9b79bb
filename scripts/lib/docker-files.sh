# Sourced by scripts/test: checks of docker/ that need no container engine.

# nginx_config: nginx itself reads our configuration, with the upstream filled in.
nginx_config() (
  set -e
  dir=$(mktemp -d)
  trap 'rm -rf "$dir"' EXIT
  sed "s|/tmp/|$dir/|g" docker/nginx/nginx.conf >"$dir/nginx.conf"
  cp docker/nginx/headers.conf "$dir/"
  sed "s|\${PORTAL_BFF}|127.0.0.1:8080|" docker/nginx/upstream.conf.template >"$dir/portal-upstream.conf"
  PATH=$PATH:/usr/sbin nginx -t -q -c "$dir/nginx.conf" -e stderr
)

# compose_reader: how compose.yaml can be read here, nothing when it cannot.
compose_reader() {
  if docker compose version >/dev/null 2>&1; then echo compose
  elif /usr/bin/python3 -c 'import yaml' 2>/dev/null; then echo yaml; fi
}

# compose_file: parses, and every name that a service uses is defined.
compose_file() {
  if [ "$(compose_reader)" = compose ]; then docker compose -f docker/compose.yaml --profile sandbox config --quiet; return; fi
  /usr/bin/python3 - docker/compose.yaml <<'PY'
import os, sys, yaml
path = sys.argv[1]
file = yaml.safe_load(open(path))
services, faults = file["services"], []
for name, service in services.items():
    if not ("image" in service or "build" in service):
        faults.append(f"{name}: neither image nor build")
    for other in service.get("depends_on", {}):
        if other not in services:
            faults.append(f"{name}: depends on the unknown service {other}")
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if not source.startswith((".", "/")) and source not in file.get("volumes", {}):
            faults.append(f"{name}: unknown volume {source}")
    for kind in ("secrets", "networks"):
        for used in service.get(kind, []):
            if used not in file.get(kind, {}):
                faults.append(f"{name}: unknown {kind[:-1]} {used}")
    build = service.get("build")
    if build:
        folder = os.path.join(os.path.dirname(path), build["context"])
        dockerfile = os.path.join(folder, build["dockerfile"])
        if not os.path.exists(dockerfile):
            faults.append(f"{name}: no {dockerfile}")
        elif f" AS {build['target']}\n" not in open(dockerfile).read():
            faults.append(f"{name}: no target {build['target']} in {dockerfile}")
print("\n".join(faults), file=sys.stderr)
sys.exit(bool(faults))
PY
}

docker_files() {
  scripts/tools docker || true
  if [ -e /usr/lib/nginx/modules/ngx_http_brotli_static_module.so ]; then check "nginx configuration" nginx_config
  else skip "nginx configuration" "nginx is not installed and cannot be without root (packages nginx-light libnginx-mod-http-brotli-static)"; fi
  if [ -n "$(compose_reader)" ]; then check "compose file" compose_file
  else skip "compose file" "neither docker compose nor python3-yaml is here"; fi
}
