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
said() { grep -qF -- "$1" "$dir/err" || fail "not said: $1"; }
files() { (cd "$dir/db" && find . -type f -exec sha256sum {} + | sort -k2); }
# refuse, and the database that is there stays as it is.
refuse_early() {
  local before after
  before=$(files)
  refuse "$@"
  after=$(files)
  [[ -n $before && $before == "$after" ]] || fail "refused after it had touched the database: $*"
  ! grep -q ' micros/op ' "$dir/out" || fail "refused after it had run: $*"
}
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
shown '^Cumulative writes: '
shown '^Cumulative compaction: '
shown '^Cumulative stall: '
shown '^Uptime\(secs\): '
shown '^Level Files Size\(MB\)'
# rawsync ran after fillsync here, so no percentage was printed.
! grep -q 'of rawsync' "$dir/out" || fail "a limit out of nothing"

# The header says what was measured.
for word in driver registered_buffers 'Memory budget' kProcess Device Seed; do shown "$word"; done
# Options as the engine has them: the memtable's default follows from the budget.
shown '^Option memtable_bytes: +33554432$'
shown '^Option log: +k(Tail|Write)$' # not kAuto
for option in table_bytes block_bytes bloom_bits_per_key level0_trigger level_base_bytes level_multiplier \
  disable_auto_compactions compression; do shown "^Option $option: +[0-9a-z]"; done

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
# Read-only alone keeps what is there, too.
before=$(files)
run --readonly=1 --benchmarks=fillseq,fillsync,readrandom
shown '^fillseq +: skipped \(--readonly is true\)'
shown '^fillsync +: skipped'
shown '^readrandom .*\(1000 of 1000 found\)'
[[ $before == "$(files)" ]] || fail "read-only changed the database"
# Writes are calls, keys are what was in them.
run --benchmarks=fillbatch,stats
shown '^Cumulative writes: 1 writes, 1000 keys, '

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

# Limited to 2000 reads a second of both threads together, 1000 reads take half a second.
run --benchmarks=fillseq,readrandom --threads=2 --reads=500 --benchmark_read_rate_limit=2000
[[ $(awk '$1 == "readrandom" { for (i = 1; i < NF; i++) if ($(i + 1) == "seconds") print ($i > 0.45) }' "$dir/out") == 1 ]] ||
  fail "reads faster than their limit"
[[ ! -s $dir/err ]] || fail "a warning of the limit"

# A JSON file that cannot be made is an error before anything is run; an error is written into it.
refuse_early --benchmarks=fillseq --json=/nowhere/at/all.json
said '--json=/nowhere/at/all.json'
refuse --readonly=1 --benchmarks=readrandom,overwrite --json="$dir/error.json"
python3 - "$dir/error.json" <<'EOF' || fail "error.json"
import json, sys
report = json.load(open(sys.argv[1]))
assert [result["name"] for result in report["results"]] == ["readrandom"], report["results"]
assert report["error"].find("overwrite") >= 0, report["error"]
assert report["header"]["Option read_only"] == "true", report["header"]
EOF

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
# What cannot work is refused before the database that is there is touched, and the flag is named.
refuse_early --benchmarks=fillseq --compression_type=snappy
said lz4
for flag in compression_type=lz4 compression_type=zstd block_size=1000 bloom_bits=99 write_buffer_size=100 \
  treering_memory_budget=1000 max_background_jobs=1000; do
  refuse_early --benchmarks=fillseq "--$flag"
  said "--$flag"
done
refuse_early --benchmarks=fillseq --sync --treering_durability=memory
said '--sync and --treering_durability=memory contradict each other'
refuse_early --benchmarks=fillseq,fillsync --disable_wal
said 'fillsync syncs each write'
! "$db_bench" --help | grep -i lz4 | grep -v 'not in this build' || fail "--help offers lz4"
# A directory that is not a database stays as it is.
mkdir "$dir/foreign" && echo hello >"$dir/foreign/file"
! "$db_bench" --db="$dir/foreign" --benchmarks=fillseq --num=10 >"$dir/out" 2>"$dir/err" || fail "took a foreign directory"
[[ $(ls "$dir/foreign") == file ]] || fail "touched a foreign directory"
# Nothing is left beside the database.
[[ -z $(find "$dir" -name '*rawsync*') ]] || fail "rawsync left its file"
echo passed
