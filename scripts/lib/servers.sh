# Sourced by scripts that need a real PostgreSQL and Redis: takes DATABASE_URL and REDIS_URL, else starts Debian's on free
# loopback ports in a temporary folder. Sets TEST_DATABASE_URL (a role that may create databases) and TEST_REDIS_URL.
servers_dir=

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

servers_start() {
  local pg ports
  pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1) || true
  [ -n "$pg" ] || pg=$(dirname "$(command -v initdb || echo /none)")
  if [ -z "${DATABASE_URL:-}" ] && ! [ -x "$pg/initdb" ]; then say "PostgreSQL is not installed (package postgresql) and DATABASE_URL is not set"; return 1; fi
  if [ -z "${REDIS_URL:-}" ] && ! have redis-server; then say "Redis is not installed (package redis-server) and REDIS_URL is not set"; return 1; fi
  servers_dir=$(mktemp -d)
  chmod 755 "$servers_dir"
  read -r -a ports <<<"$(free_ports 2)"
  if [ -n "${DATABASE_URL:-}" ]; then export TEST_DATABASE_URL=$DATABASE_URL
  else
    install -d -m 700 "$servers_dir/pg"
    [ "$(id -u)" != 0 ] || chown postgres "$servers_dir/pg"
    say "Starting PostgreSQL on port ${ports[0]}"
    # Nothing in it outlives the run, so it does not wait for the disk, unless a measurement wants that (servers_fsync=on).
    (cd / && as_postgres "$pg/initdb" -D "$servers_dir/pg/data" -U portal -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null &&
      as_postgres "$pg/pg_ctl" -D "$servers_dir/pg/data" -l "$servers_dir/pg/log" -w -t 60 start \
        -o "-p ${ports[0]} -h 127.0.0.1 -k $servers_dir/pg -c fsync=${servers_fsync:-off} -c max_connections=400" >/dev/null) || return 1
    servers_pg=$pg
    export TEST_DATABASE_URL="postgres://portal@127.0.0.1:${ports[0]}/postgres"
  fi
  if [ -n "${REDIS_URL:-}" ]; then export TEST_REDIS_URL=$REDIS_URL
  else
    say "Starting Redis on port ${ports[1]}"
    redis-server --bind 127.0.0.1 --port "${ports[1]}" --dir "$servers_dir" --save '' --appendonly no \
      --logfile "$servers_dir/redis.log" </dev/null >/dev/null 2>&1 &
    servers_redis=$!
    timeout 20 bash -c "until redis-cli -p ${ports[1]} ping >/dev/null 2>&1; do sleep 0.1; done" || return 1
    export TEST_REDIS_URL="redis://127.0.0.1:${ports[1]}"
  fi
}

# Safe to call twice and when nothing was started.
servers_stop() {
  [ -z "${servers_redis:-}" ] || kill "$servers_redis" 2>/dev/null || true
  [ -z "${servers_pg:-}" ] || (cd / && as_postgres "$servers_pg/pg_ctl" -D "$servers_dir/pg/data" -m immediate stop >/dev/null 2>&1) || true
  [ -z "$servers_dir" ] || rm -rf "$servers_dir"
  servers_dir='' servers_redis='' servers_pg=''
}
