# Sourced by scripts/test: runs checks, adds up what every runner counted, and prints the closing line.
passed=0 failed=0 skipped=0
failures=() skips=()
logs=$(mktemp -d)

skip() { skipped=$((skipped + ${3:-1})); skips+=("$1: $2"); say "SKIPPED $1: $2"; }
broken() { failed=$((failed + 1)); failures+=("$1"); printf '\033[31m✗ %s\033[0m\n' "$1" >&2; }

# check NAME CMD...: one check, passed when the command succeeds.
check() {
  local name=$1 from=$SECONDS; shift
  say "$name"
  if "$@"; then passed=$((passed + 1)); say "$name: ok ($((SECONDS - from)) s)"; else broken "$name"; fi
}

# sum FIELD FILE: adds up `N FIELD` of all "test result:" lines of cargo test.
sum() { awk -v field="$1" '/^test result:/ { for (i = 2; i <= NF; i++) if (index($i, field) == 1) n += $(i - 1) } END { print n + 0 }' "$2"; }

# cargo_tests NAME ARG...: runs `cargo test ARG...` to its end and counts every test in it.
cargo_tests() {
  local name=$1 from=$SECONDS log="$logs/cargo.$RANDOM" ok=yes bad ignored; shift
  say "$name"
  cargo test --no-fail-fast "$@" 2>&1 | tee "$log" || ok=no
  bad=$(sum failed "$log"); ignored=$(sum ignored "$log")
  passed=$((passed + $(sum passed "$log"))); failed=$((failed + bad)); skipped=$((skipped + ignored))
  # Tests are left out by name only where something that they need is missing; the caller lists it in `left_out`.
  local without; without=$(sum filtered "$log")
  [ "$without" = 0 ] || skip "tests that need ${left_out[*]:-something else}" "it is not installed and cannot be without root" "$without"
  while read -r line; do skips+=("$line"); done < <(sed -n 's/^test \(.*\) \.\.\. ignored,* *\(.*\)$/\1: \2/p' "$log")
  while read -r line; do failures+=("$line"); done < <(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$log")
  if [ $ok = no ] && [ "$bad" = 0 ]; then broken "$name (did not build or ended early)"; fi
  say "$name: $((SECONDS - from)) s"
}

# node_tests NAME ARG...: runs `node --test ARG...` and counts every test in it, with the reasons of those skipped.
node_tests() {
  local name=$1 from=$SECONDS tap="$logs/tap.$RANDOM" ok=yes bad; shift
  say "$name"
  node --test --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$tap" "$@" || ok=no
  count() { awk -v what="$1" '$1 == "#" && $2 == what { n = $3 } END { print n + 0 }' "$tap"; }
  bad=$(($(count fail) + $(count cancelled)))
  passed=$((passed + $(count pass))); failed=$((failed + bad))
  # Counted by their lines: a skipped suite is not in the runner's own sum.
  skipped=$((skipped + $(grep -cE '^ *ok [0-9]+ - .* # (SKIP|TODO)' "$tap" || true)))
  while read -r line; do skips+=("$line"); done < <(sed -n 's/^ *ok [0-9]* - \(.*\) # \(SKIP\|TODO\) *\(.*\)$/\1: \3/p' "$tap")
  while read -r line; do failures+=("$line"); done < <(sed -n 's/^ *not ok [0-9]* - \(.*\)$/\1/p' "$tap")
  if [ $ok = no ] && [ "$bad" = 0 ]; then broken "$name (ended early)"; fi
  say "$name: $((SECONDS - from)) s"
}

# report: the reasons of skips, the names of failures, the closing line; fails when a test failed or none ran.
report() {
  rm -rf "$logs"
  local line
  for line in "${skips[@]}"; do echo "skipped: $line"; done
  for line in "${failures[@]}"; do echo "failed: $line"; done
  echo "All groups took $SECONDS s."
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
