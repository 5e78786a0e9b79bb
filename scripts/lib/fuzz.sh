#!/usr/bin/env bash
# Fuzzes one target: scripts/lib/fuzz.sh TARGET SECONDS. New inputs stay out of the kept corpus.
set -euo pipefail
cd "$(dirname "$0")/../.."
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
export PATH="$PWD/target/tools/bin:$PATH" CARGO_TARGET_DIR="$PWD/target/fuzz"
cargo +nightly fuzz run "$1" "$new" "fuzz/corpus/$1" -- -max_total_time="$2" -max_len=4096 -rss_limit_mb=2048
