#!/usr/bin/env bash
# compare.sh at a tiny size, with treering in both places: the table is whole and nothing is left behind.
# Usage: compare_test.sh COMPARE_SH DB_BENCH
set -euo pipefail
compare=$PWD/$1 db_bench=$PWD/$2
dir=$(mktemp -d "${TEST_TMPDIR:-/var/tmp}/compare.XXXXXX")
trap 'rm -rf "$dir"' EXIT
"$compare" --keys 2000 --rounds 2 --dir "$dir/data" --treering "$db_bench" --rocksdb "$db_bench" >"$dir/out" 2>"$dir/err" || {
  cat "$dir/out" "$dir/err" >&2
  exit 1
}
for row in P9 P1 P8 P5 P12; do
  grep -qE "^\| $row \| [^|]+ \| [1-9][0-9]* \| [1-9][0-9]* \| [0-9.]+x \|" "$dir/out" || {
    echo "no whole row $row:" >&2
    cat "$dir/out" >&2
    exit 1
  }
done
[[ -z $(ls "$dir/data") ]] || { echo "data was left in $dir/data" >&2 && exit 1; }
! "$compare" --rows P99 --treering "$db_bench" --rocksdb "$db_bench" >/dev/null 2>&1 || { echo "took an unknown row" >&2 && exit 1; }

# A program that fails, or that prints no figure, ends it: no table of nothing.
for body in 'exit 1' 'echo "fillrandom : nothing"'; do
  printf '#!/bin/sh\n%s\n' "$body" >"$dir/stub"
  chmod +x "$dir/stub"
  code=0
  "$compare" --keys 2000 --rounds 1 --rows P12 --dir "$dir/data" --treering "$db_bench" --rocksdb "$dir/stub" \
    >"$dir/out" 2>"$dir/err" || code=$?
  [[ $code == 3 && ! -s $dir/out ]] || { echo "took '$body' for a result ($code)" >&2 && cat "$dir/out" >&2 && exit 1; }
done
echo passed
