#!/usr/bin/env bash
# treering and RocksDB side by side: the same workloads, the same memory, O_DIRECT, in turns A B A B; prints a
# Markdown table of medians.
#
#   bench/compare.sh [--keys 20000000] [--rounds 3] [--rows P9,P1,P8,P5,P12] [--dir DIR] [--treering PATH] [--rocksdb PATH]
#
# --keys 4000000 gives a quick look. DIR (default /var/tmp) must be on the disk to measure; about 300 bytes a key are
# needed there, and are freed at the end. PATH defaults to the optimised build (bazel build --config=opt //:db_bench)
# and to Debian's db_bench.
set -euo pipefail
cd "$(dirname "$0")/.."

keys=20000000 rounds=3 rows=P9,P1,P8,P5,P12 base=/var/tmp
treering= rocksdb=/usr/bin/db_bench
usage() { sed -n '2,10s/^# \{0,1\}//p' bench/compare.sh; }
while (($#)); do
  case $1 in
    --keys) keys=$2 ;;
    --rounds) rounds=$2 ;;
    --rows) rows=$2 ;;
    --dir) base=$2 ;;
    --treering) treering=$2 ;;
    --rocksdb) rocksdb=$2 ;;
    --help) usage && exit 0 ;;
    *) echo "compare.sh: unknown argument $1" >&2 && usage >&2 && exit 2 ;;
  esac
  shift 2
done
[[ -n $treering ]] || treering=$(tools/bazel-run info --config=opt bazel-bin 2>/dev/null)/bench/db_bench
for program in "$treering" "$rocksdb"; do
  [[ -x $program ]] || { echo "compare.sh: $program is missing (tools/setup --bench; bazel build --config=opt //:db_bench)" >&2 && exit 3; }
done
[[ $keys =~ ^[1-9][0-9]*$ && $rounds =~ ^[1-9][0-9]*$ ]] || { echo "compare.sh: --keys and --rounds are numbers" >&2 && exit 2; }

mkdir -p "$base"
dir=$(mktemp -d "$base/treering-compare.XXXXXX")
trap 'rm -rf "$dir"' EXIT
reads=$((keys / 20 > 1000 ? keys / 20 : 1000))
small_keys=$((keys / 10 > 1000 ? keys / 10 : 1000))
syncs=$((keys / 4000 > 100 ? keys / 4000 : 100))
mib=$((1 << 20))

# The settings of each engine; memory is cache + 2 x 64 MiB of write buffers for both.
engine_run() { # engine cache_bytes arguments...
  local engine=$1 cache=$2
  shift 2
  local common=(--db="$dir/$engine" --key_size=16 --value_size=100 --compression_type=none --bloom_bits=10
    --cache_size="$cache" --write_buffer_size=$((64 * mib)) --max_write_buffer_number=2 --max_background_jobs=2
    --use_direct_reads=1 --use_direct_io_for_flush_and_compaction=1)
  if [[ $engine == treering ]]; then
    "$treering" "${common[@]}" "$@"
  else
    "$rocksdb" "${common[@]}" --cache_index_and_filter_blocks=1 --pin_l0_filter_and_index_blocks_in_cache=1 "$@"
  fi
}

# Puts the time in front of each line, then the program's CPU seconds in a last line. Fails as the program does.
stamped() {
  local TIMEFORMAT='cpu %U %S' code
  { time "$@" 2>>"$dir/log"; } 2>"$dir/time" | while IFS= read -r line; do printf '%s %s\n' "$EPOCHREALTIME" "$line"; done
  code=${PIPESTATUS[0]}
  cat "$dir/time"
  return "$code"
}
cpu_seconds() { awk '$1 == "cpu" { print $2 + $3 }' "$1"; }
ops_per_second() { awk -v name="$2" '$2 == name && / ops\/sec / { for (i = 1; i < NF; i++) if ($(i + 1) == "ops/sec") v = $i } END { if (v == "") exit 1; print v }' "$1"; }
operations() { awk -v name="$2" '$2 == name && / ops\/sec / { for (i = 1; i < NF; i++) if ($(i + 1) ~ /^operations/) v = $i } END { print v }' "$1"; }
fill_seconds() { awk -v name="$2" '$2 == name && / seconds / { for (i = 1; i < NF; i++) if ($(i + 1) == "seconds") v = $i } END { print v }' "$1"; }
add() { # row engine column value; a figure that is missing is a failure
  [[ $4 =~ ^[0-9.]+$ ]] || { echo "$1 of $2 gave no $3" >>"$dir/log" && return 1; }
  printf '%s\n' "$4" >>"$dir/figure.$1.$2.$3"
}

# The column of the first " Sum" row; both engines count written bytes per flushed byte.
write_amplification() { # engine output
  local column=9
  [[ $1 == rocksdb ]] && column=13
  awk -v column=$column '$2 == "Sum" && !seen++ { print $column }' "$2"
}

# Quiet: when the last table was written, for both alike. RocksDB's own waiting looks every ten seconds only.
quiet_seconds() { # engine output
  local filled newest
  filled=$(awk '$2 == "fillrandom" && / ops\/sec / { print $1 }' "$2")
  newest=$(find "$dir/$1" -name '*.sst' -printf '%T@\n' | sort -n | tail -1)
  awk -v fill="$(fill_seconds "$2" fillrandom)" -v filled="$filled" -v newest="${newest:-0}" \
    'BEGIN { extra = newest - filled; print fill + (extra > 0 ? extra : 0) }'
}

run_P9() {
  local out=$dir/out
  stamped engine_run "$1" $((256 * mib)) --num="$keys" --benchmarks=fillrandom,waitforcompaction,stats >"$out" || return 1
  add P9 "$1" rate "$(awk -v n="$keys" -v s="$(quiet_seconds "$1" "$out")" 'BEGIN { printf "%d", n / s }')" || return 1
  add P9 "$1" cpu "$(awk -v n="$keys" -v c="$(cpu_seconds "$out")" 'BEGIN { printf "%.2f", c * 1e6 / n }')" || return 1
  local amplification
  amplification=$(write_amplification "$1" "$out")
  [[ -z $amplification ]] || add P9 "$1" amplification "$amplification" || return 1
}
run_existing() { # row engine benchmark reads cache
  local out=$dir/out count
  stamped engine_run "$2" "$5" --num="$keys" --use_existing_db=1 --benchmarks="$3" --reads="$4" >"$out" || return 1
  count=$(operations "$out" "$3")
  add "$1" "$2" rate "$(ops_per_second "$out" "$3")" || return 1
  add "$1" "$2" cpu "$(awk -v n="$count" -v c="$(cpu_seconds "$out")" 'BEGIN { printf "%.2f", c * 1e6 / n }')" || return 1
}
run_P1() { run_existing P1 "$1" readrandom "$reads" $((256 * mib)); }
run_P8() { run_existing P8 "$1" readseq "$keys" $((256 * mib)); }
run_P5() { # the second pass counts: the first one fills the cache
  local out=$dir/out
  stamped engine_run "$1" $((4096 * mib)) --num="$small_keys" --benchmarks=fillrandom,compact,readrandom,readrandom >"$out" || return 1
  add P5 "$1" rate "$(ops_per_second "$out" readrandom)" || return 1
}
run_P12() {
  local out=$dir/out names=fillsync
  [[ $1 == treering ]] && names=rawsync,fillsync
  stamped engine_run "$1" $((256 * mib)) --num="$syncs" --writes="$syncs" --sync=1 --benchmarks=$names >"$out" || return 1
  add P12 "$1" rate "$(ops_per_second "$out" fillsync)" || return 1
  [[ $1 != treering ]] || add P12 raw rate "$(ops_per_second "$out" rawsync)" || return 1
}

median() { # row engine column
  [[ -s $dir/figure.$1.$2.$3 ]] || { echo - && return; }
  sort -g "$dir/figure.$1.$2.$3" | awk '{ v[NR] = $1 } END { m = int((NR + 1) / 2); print NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2 }'
}
print_row() { # row text
  local a b
  a=$(median "$1" treering rate) b=$(median "$1" rocksdb rate)
  awk -v row="$1" -v text="$2" -v a="$a" -v b="$b" -v ca="$(median "$1" treering cpu)" -v cb="$(median "$1" rocksdb cpu)" \
    'BEGIN { printf "| %s | %s | %d | %d | %.2fx | %s | %s |\n", row, text, a, b, a / b, ca, cb }'
}

# P9 leaves the database that P1 and P8 read; P5 and P12 make their own and so come last.
for row in ${rows//,/ }; do
  declare -F "run_$row" >/dev/null || { echo "compare.sh: no row $row; P9, P1, P8, P5 and P12 exist" >&2 && exit 2; }
done
for ((round = 1; round <= rounds; ++round)); do
  for row in P9 P1 P8 P5 P12; do
    wanted=$row
    # The reading rows need what P9 fills, once.
    [[ $row == P9 && $round == 1 && ,$rows, == *,P[18],* ]] && wanted=always
    [[ $wanted == always || ,$rows, == *",$row,"* ]] || continue
    for engine in treering rocksdb; do
      echo "round $round: $row $engine" >&2
      "run_$row" "$engine" || { echo "compare.sh: $row of $engine failed" >&2 && tail -5 "$dir/log" >&2 && exit 3; }
    done
  done
done

echo "$(date -u +%F), $(uname -sr), $(nproc) cores, \`bench/compare.sh --keys $keys --rounds $rounds --rows $rows\`, RocksDB $("$rocksdb" --version | awk '{ print $NF }')."
"$treering" --db="$dir/header" --num=10 --benchmarks=fillseq --cache_size=$((256 * mib)) --write_buffer_size=$((64 * mib)) |
  awk '/^I\/O (driver|ring_flags|registered_buffers)/ || /^Device/ || /^Memory budget/ { sub(/: +/, ": "); printf "%s%s", sep, $0; sep = "; " } END { print " (P5: 4224 MB)." }'
echo
echo "| row | workload | treering, per s | RocksDB, per s | ratio | treering, CPU us/op | RocksDB, CPU us/op |"
echo "|---|---|---|---|---|---|---|"
for row in P9 P1 P8 P5 P12; do
  [[ ,$rows, == *",$row,"* ]] || continue
  case $row in
    P9) print_row P9 "fillrandom $keys keys until quiet; write amplification $(median P9 treering amplification) and $(median P9 rocksdb amplification)" ;;
    P1) print_row P1 "readrandom cold, $reads reads" ;;
    P8) print_row P8 "readseq cold, $keys keys" ;;
    P5) print_row P5 "readrandom in memory, $small_keys keys" ;;
    P12) print_row P12 "fillsync, 1 thread, $syncs writes; raw loop $(median P12 raw rate) per s" ;;
  esac
done
