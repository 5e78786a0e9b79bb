# Sourced by every script: where the repository is, how to speak, how to install what a machine lacks.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
export PATH="$root/target/tools/bin:$PATH"

say() { printf '\033[1m» %s\033[0m\n' "$*" >&2; }
fail() { printf '\033[31m✗ %s\033[0m\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# as_root CMD...: as it is for root, else through sudo when that needs no password or somebody can type one.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then sudo "$@"
  else return 1; fi
}

# apt_install PACKAGE...: installs Debian packages without starting their services; 1 when that is not possible here.
apt_install() {
  local missing=() package policy=/usr/sbin/policy-rc.d ours=no
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  have apt-get && as_root true || return 1
  say "Installing Debian packages: ${missing[*]}"
  if ! [ -e $policy ]; then printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null && as_root chmod 755 $policy && ours=yes; fi
  local log; log=$(mktemp)
  if as_root env DEBIAN_FRONTEND=noninteractive sh -c \
    'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' sh "${missing[@]}" >"$log" 2>&1
  then local result=0; else local result=1; tail -20 "$log" >&2; fi
  [ $ours = no ] || as_root rm -f $policy
  rm -f "$log"
  return $result
}

# locked_version CRATE: the version that Cargo.lock holds.
locked_version() { awk -v name="\"$1\"" '$1 == "name" { found = ($3 == name) } found && $1 == "version" { gsub(/"/, "", $3); print $3; exit }' Cargo.lock; }

# free_ports N: that many free loopback ports.
free_ports() {
  node -e 'const net = require("net"), n = +process.argv[1], all = [];
    for (let i = 0; i < n; i++) { const s = net.createServer().listen(0, "127.0.0.1", () => {
      all.push(s); if (all.length === n) { console.log(all.map(x => x.address().port).join(" ")); all.forEach(x => x.close()); } }); }' "$1"
}
