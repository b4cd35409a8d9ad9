#!/usr/bin/env bash
# Opens the golden database of each format: every key and value compared, the directory unchanged by reading, the same
# content after a compaction and another open.
set -euo pipefail
kvctl=$1
tree() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k2); }
for golden in tests/golden/v*; do
  db=$TEST_TMPDIR/$(basename "$golden")
  mkdir -m 700 "$db"
  cp -L "$golden"/db/* "$db"
  chmod 600 "$db"/*
  before=$(tree "$db")
  "$kvctl" --db "$db" dump | diff "$golden/expected.dump" - >/dev/null || { echo "$golden: another content"; exit 1; }
  "$kvctl" --db "$db" verify
  [[ $before == "$(tree "$db")" ]] || { echo "$golden: reading changed the directory"; exit 1; }
  "$kvctl" --db "$db" compact
  "$kvctl" --db "$db" dump | diff "$golden/expected.dump" - >/dev/null || { echo "$golden: changed by a compaction"; exit 1; }
  echo "$golden: ok"
done
