#!/usr/bin/env bash
# Runs every benchmark at a small size and looks at what it prints. Usage: db_bench_test.sh DB_BENCH
set -euo pipefail
db_bench=$1
dir=$(mktemp -d "${TEST_TMPDIR:-/var/tmp}/db_bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT
num=1000
line_end='[0-9]+\.[0-9]{3} micros/op [0-9]+ ops/sec [0-9]+\.[0-9]{3} seconds [0-9]+ operations;'

fail() {
  echo "FAILED: $*" >&2
  sed 's/^/  | /' "$dir/out" "$dir/err" >&2
  exit 1
}
run() { "$db_bench" --db="$dir/db" --num=$num --seed=7 "$@" >"$dir/out" 2>"$dir/err" || fail "exit $?: $*"; }
refuse() { ! "$db_bench" --db="$dir/db" --num=$num "$@" >"$dir/out" 2>"$dir/err" || fail "accepted: $*"; }
line_of() { grep -qE "^$1 +: +$line_end" "$dir/out" || fail "no line of $1"; }
shown() { grep -qE -- "$1" "$dir/out" || fail "not shown: $1"; }
warned() { [[ $(grep -c -- "$1" "$dir/err") == 1 ]] || fail "not exactly one warning of $1"; }

# Every benchmark that --help names runs and prints its line.
"$db_bench" --help >"$dir/help"
all=$(sed -n '/^Benchmarks:/,/^Flags/p' "$dir/help" | sed '1d;$d' | xargs | tr ' ' ',')
run --benchmarks="fillrandom,$all" --writes=200 --seek_nexts=3
for name in ${all//,/ }; do
  case $name in
    stats | levelstats | sstables) ;;
    *) line_of "$name" ;;
  esac
done
shown '^ Sum '
shown '^Cumulative writes: [1-9]'
shown '^Cumulative compaction: '
shown '^Cumulative stall: '
shown '^Uptime\(secs\): '
shown '^Level Files Size\(MB\)'
# rawsync ran after fillsync here, so no percentage was printed.
! grep -q 'of rawsync' "$dir/out" || fail "a limit out of nothing"

# The header says what was measured.
for word in driver registered_buffers 'Memory budget' kProcess Device Compression Seed; do shown "$word"; done

# What was written is found, in each way of reading, by several threads too.
run --benchmarks=fillseq,readrandom,readmissing,multireadrandom,seekrandom,readseq,readreverse \
  --threads=2 --batch_size=7
shown '^readrandom .*\(2000 of 2000 found\)'
shown '^readmissing .*; \(0 of 2000 found\)'
shown '^multireadrandom .*\(2000 of 2000 found\)'
shown '^seekrandom .*\(2000 of 2000 found\)'
shown '^readseq .* 2000 operations; +[0-9.]+ MB/s$'
shown '^readreverse .* 2000 operations;'
run --benchmarks=filluniquerandom,readseq
shown '^readseq .* 1000 operations;'
run --benchmarks=fillbatch,deleteseq,readrandom
shown '^readrandom .*\(0 of 1000 found\)'
run --benchmarks=fillseq
run --use_existing_db=1 --benchmarks=fillseq,readrandom
shown '^fillseq +: skipped'
shown '^readrandom .*\(1000 of 1000 found\)'
run --readonly=1 --use_existing_db=1 --benchmarks=readrandom
shown '^readrandom .*\(1000 of 1000 found\)'

# Durability, drivers and logs.
run --benchmarks=rawsync,fillsync --writes=50
shown '^  limit: [0-9.]+ % of rawsync'
run --benchmarks=fillseq,readrandom --treering_io=posix --treering_log=write
shown 'posix'
run --benchmarks=fillseq,readrandom --disable_wal=1
shown 'kMemory'
run --benchmarks=fillseq --sync=1 --writes=50
shown 'kDisk'

# Histograms, intervals, JSON, statistics.
run --benchmarks=fillseq,readwhilewriting --histogram=1 --duration=2 --benchmark_write_rate_limit=100000 \
  --report_interval_seconds=1 --report_file="$dir/report.csv" --json="$dir/out.json" --statistics=1
shown '^Percentiles: P50: [0-9.]+ P75: [0-9.]+ P99: [0-9.]+ P99\.9: [0-9.]+ P99\.99: [0-9.]+$'
shown '^  writer +: '
shown '^  cost: '
shown '^STATISTICS:'
head -1 "$dir/report.csv" | grep -qx 'secs_elapsed,interval_qps' || fail "report.csv"
[[ $(wc -l <"$dir/report.csv") -ge 2 ]] || fail "report.csv has no line"
grep -q '"p99_9_us"' "$dir/out.json" || fail "out.json"

# Flags: each works, warns once, or is an error.
run --benchmarks=fillseq --universal_size_ratio=1 --use_direct_reads=false -nosync --undefok=xyz --xyz=1
warned universal_size_ratio
warned use_direct_reads
[[ $(wc -l <"$dir/err") == 2 ]] || fail "more than two warnings"
refuse --benchmarks=fillseq,nosuch
grep -q nosuch "$dir/err" || fail "the unknown benchmark is not named"
! grep -q '^fillseq' "$dir/out" || fail "ran before it checked the names"
refuse --nosuchflag=1
refuse --threads=many
refuse --compression_type=snappy
grep -q lz4 "$dir/err" || fail "lz4 is not named"
# A directory that is not a database stays as it is.
mkdir "$dir/foreign" && echo hello >"$dir/foreign/file"
! "$db_bench" --db="$dir/foreign" --benchmarks=fillseq --num=10 >"$dir/out" 2>"$dir/err" || fail "took a foreign directory"
[[ $(ls "$dir/foreign") == file ]] || fail "touched a foreign directory"
# Nothing is left beside the database.
[[ -z $(find "$dir" -name '*rawsync*') ]] || fail "rawsync left its file"
echo passed
