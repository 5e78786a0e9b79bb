# Sourced by scripts/test: what comes from other people. What needs the network and has none is a visible skip, never green.

# rust_may WHAT...: the rules of deny.toml over everything in the two lock files.
rust_may() {
  local manifest
  for manifest in Cargo.toml fuzz/Cargo.toml; do
    cargo-deny --manifest-path "$manifest" --config deny.toml --log-level error check --hide-inclusion-graph "$@" >&2 || return 1
  done
}

# rust_rules_bite: a rule that everything breaks is found broken. Without this, a tool that reads nothing would be green.
rust_rules_bite() {
  local rules result=0; rules=$(mktemp --suffix .toml)
  sed '/^deny = \[/a { crate = "serde", reason = "negative control" },' deny.toml >"$rules"
  { cargo-deny --config "$rules" --log-level error check bans 2>&1 || true; } | grep '^error\[banned\]' >/dev/null || result=1
  sed 's/^allow = \["Apache-2.0", "MIT"/allow = ["Apache-2.0"/' deny.toml >"$rules"
  { cargo-deny --config "$rules" --log-level error check licenses 2>&1 || true; } | grep '^error\[rejected\]' >/dev/null || result=1
  rm -f "$rules"
  return $result
}

# npm_advisories FOLDER: 0 nothing known against its lock file, 1 something of at least moderate weight, 2 nobody could be asked.
npm_advisories() {
  local answer; answer=$(timeout 60 npm --prefix "$1" audit --package-lock-only --json --audit-level=moderate 2>/dev/null) || true
  node -e 'let answer; try { answer = JSON.parse(process.argv[1]); } catch { process.exit(2); }
    const counts = answer.metadata?.vulnerabilities;
    if (!counts) process.exit(2);
    for (const [name, { severity, range }] of Object.entries(answer.vulnerabilities ?? {})) console.error(`${severity}: ${name} ${range}`);
    process.exit(counts.moderate + counts.high + counts.critical > 0 ? 1 : 0);' "$answer"
}

supply_chain() {
  local lock folder outcome
  if scripts/tools deny; then
    check "licences, bans and sources of crates" rust_may licenses bans sources
    check "the rules for crates bite" rust_rules_bite
    if timeout 120 cargo-deny --config deny.toml --log-level off fetch db >/dev/null 2>&1 && [ -n "$(ls "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" 2>/dev/null)" ]; then
      check "advisories of crates" rust_may advisories
    else skip "advisories of crates" "the RustSec database cannot be fetched here"; fi
  else broken "cargo-deny (could not be installed)"; fi
  while read -r lock; do
    folder=$(dirname "$lock") outcome=0
    npm_advisories "$folder" || outcome=$?
    case $outcome in
      2) skip "advisories of npm packages in $folder" "the registry answers no audit here" ;;
      *) check "advisories of npm packages in $folder" test "$outcome" = 0 ;;
    esac
  done < <(git ls-files '*package-lock.json')
}
