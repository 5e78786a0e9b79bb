# Sourced by scripts/test: checks of docker/ that need no container engine.

# nginx_config: nginx itself reads our configuration, with the upstream filled in.
nginx_config() (
  set -e
  dir=$(mktemp -d)
  trap 'rm -rf "$dir"' EXIT
  sed "s|/tmp/|$dir/|g" docker/nginx/nginx.conf >"$dir/nginx.conf"
  cp docker/nginx/headers.conf "$dir/"
  sed "s|\${BFF_SERVERS}|server 127.0.0.1:8080;|" docker/nginx/upstream.conf.template >"$dir/portal-upstream.conf"
  PATH=$PATH:/usr/sbin nginx -t -q -c "$dir/nginx.conf" -e stderr
)

# compose_reader: how compose.yaml can be read here, nothing when it cannot.
compose_reader() {
  if docker compose version >/dev/null 2>&1; then echo compose
  elif /usr/bin/python3 -c 'import yaml' 2>/dev/null; then echo yaml; fi
}

# compose_file FILE: parses, and every name that a service uses is defined.
compose_file() {
  if [ "$(compose_reader)" = compose ]; then docker compose -f "$1" config --quiet --no-env-resolution; return; fi
  /usr/bin/python3 scripts/lib/compose-check.py "$1"
}

# docker_settings: every setting that docker/ names is one of the portal's.
docker_settings() {
  local name unknown=0
  for name in $(grep -ohE 'PORTAL_[A-Z_]+' docker/compose*.yaml docker/upstreams.env.example docker/portal-entrypoint | sort -u); do
    grep -q "\`${name%_FILE}\`" docs/configuration.md || { echo "$name is not in docs/configuration.md" >&2; unknown=1; }
  done
  return $unknown
}

docker_files() {
  scripts/tools docker || true
  if [ -e /usr/lib/nginx/modules/ngx_http_brotli_static_module.so ]; then check "nginx configuration" nginx_config
  else skip "nginx configuration" "nginx is not installed and cannot be without root (packages nginx-light libnginx-mod-http-brotli-static)"; fi
  check "settings in docker/" docker_settings
  local file
  for file in docker/compose*.yaml; do
    if [ -n "$(compose_reader)" ]; then check "$file" compose_file "$file"
    else skip "$file" "neither docker compose nor python3-yaml is here"; fi
  done
}
