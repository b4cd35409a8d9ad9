#!/usr/bin/env bash
# kvctl beside another process: readers leave no trace after a crash and beside a writer, and a second writer is
# refused.   kvctl_beside_test.sh KVCTL
. "$(dirname "$0")/kvctl_testing.sh"

# reads_leave_no_trace NAME KEYS: each reading command works on the database, which stays as it is.
reads_leave_no_trace() {
  local before words
  before=$(tree db)
  for words in 'get user/000001' 'scan --limit 5' 'scan --reverse --limit 5' count dump stat 'stat -o json' lsm verify doctor; do
    # shellcheck disable=SC2086
    kv $words; is "$1: $words works" test "$code" == 0
    [[ $before == "$(tree db)" ]] || fail "$1: $words changed something: $(diff <(echo "$before") <(tree db))"
  done
  kv count; check "$1: count" 0 "$2"
}
# Whether a database's own files are all that is there.
only_ours() { [[ -z $(ls -A db | grep -vxE 'LOCK|CURRENT|TAIL|MANIFEST-[0-9]+|[0-9]+\.(wal|sst)') ]]; }
# begin_load RECORDS: a loader that has committed them and waits for more on descriptor 9; its number is in $pid.
begin_load() {
  rm -f feed && mkfifo feed
  "$kvctl" --db db load --ack --batch 10 - <feed >acks 2>load_err &
  pid=$!
  exec 9>feed
  records 1 "$1" >&9
  wait_for grep -q "^committed $1\$" acks
}
is_stopped() { grep -q '^State:.T' "/proc/$pid/status"; }

echo '-- after kill -9'
begin_load 20
records 21 25 >&9 # half a batch, never acknowledged
kill -9 $pid
wait $pid 2>/dev/null
exec 9>&-
reads_leave_no_trace 'killed once' 20
is 'no other files' only_ours
begin_load 5000 # over the old tail; the last of it again in the tail
kill -9 $pid
wait $pid 2>/dev/null
exec 9>&-
reads_leave_no_trace 'killed twice' 5000

echo '-- beside a writer that holds still'
begin_load 6000
kill -STOP $pid
wait_for is_stopped
reads_leave_no_trace 'beside' 6000
for words in 'put a b' 'del user/000001' 'load in.ndjson' compact; do
  records 1 3 >in.ndjson
  before=$(tree db)
  # shellcheck disable=SC2086
  kv $words; refused "$words beside a writer" 3 "held by pid $pid,"
  is "$words leaves no trace" test "$before" == "$(tree db)"
done
kill -CONT $pid
records 6001 6010 >&9
exec 9>&-
wait $pid
code=$? out=$(tail -1 acks) err=$(cat load_err)
check 'the writer goes on as if nothing had been' 0 'committed 6010'
kv count; check 'and all is there' 0 6010

echo '-- beside a writer at work'
# A view whose files go again and again while it is opened answers that it is too old: ask once more.
patiently() {
  for _ in $(seq 5); do
    kv "$@"
    [[ $err =~ 'is too old' ]] || return
    echo "$*: the writer moved on while the view was opened; once more"
  done
}
records 1 20000 >in.ndjson
(for _ in $(seq 30); do cat in.ndjson; done) | "$kvctl" --db db --memory-budget 16MiB load - 2>load_err &
pid=$!
rounds=0
while kill -0 $pid 2>/dev/null && ((rounds < 20)); do
  rounds=$((rounds + 1))
  for words in 'get user/000001' count 'scan --limit 5' dump lsm verify; do
    # shellcheck disable=SC2086
    patiently $words; is "$words works beside a writer at work" test "$code" == 0
  done
  is 'no other files' only_ours
done
wait $pid
code=$? err=$(cat load_err)
is 'the writer does not notice' test "$code" == 0
is 'readers were beside it' test "$rounds" -gt 0
kv count; check 'all is there' 0 20000
kv verify; is 'and sound' test "$code" == 0
finish
