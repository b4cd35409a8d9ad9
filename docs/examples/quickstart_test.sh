#!/usr/bin/env bash
# The README's example is this file, to the letter, and prints what it should, also the second time.
set -euo pipefail
program=$1 readme=$2
sed -n '/^```cpp$/,/^```$/p' "$readme" | sed '1d;$d' | diff - docs/examples/quickstart.cc
for _ in 1 2; do
  diff <("$program" "$TEST_TMPDIR/quickstart") - <<<$'apple is red\napple\nbanana'
done
echo '1 passed'
