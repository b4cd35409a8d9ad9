#!/usr/bin/env bash
# A misspelt filter fails a smoke test.   smoke_filter_test.sh SMOKE_TEST
set -u
smoke=$1
run() { "$smoke" --benchmark_min_time=0.0001 --benchmark_filter="$1" >out 2>err; }
cd "${TEST_TMPDIR:?}" && smoke=$OLDPWD/$smoke || exit 1
run '.*' || { echo "all cases fail" >&2 && cat err >&2 && exit 1; }
for filter in nosuchcase -nosuchcase; do
  ! run "$filter" || { echo "--benchmark_filter=$filter passed" >&2 && exit 1; }
  grep -q -- "--benchmark_filter=$filter" err || { echo "the filter is not named:" >&2 && cat err >&2 && exit 1; }
done
echo passed
