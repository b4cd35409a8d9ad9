#!/usr/bin/env bash
# What a person sees of kvctl on a terminal, and what Ctrl-C does.   kvctl_terminal_test.sh KVCTL
. "$(dirname "$0")/kvctl_testing.sh"
export TERM=xterm
escape=$'\x1b'
wiped=$'\r\x1b[K' # how the progress line begins

# on_terminal COMMAND: a shell's command whose descriptors are a terminal; what it shows is in $out.
on_terminal() {
  script -qec "$1" /dev/null >out 2>err </dev/null
  taken $?
}
shows() { [[ $out == *"$1"* ]]; }

records 1 2500 >in.ndjson
kv load in.ndjson

echo '-- colour'
for words in lsm doctor help 'scan --limit ten'; do
  on_terminal "$kvctl --db db $words";            is "$words has colour on a terminal" shows "$escape"
  on_terminal "NO_COLOR=1 $kvctl --db db $words"; is_not "$words: NO_COLOR" shows "$escape"
  on_terminal "TERM=dumb $kvctl --db db $words";  is_not "$words: TERM=dumb" shows "$escape"
done
for words in lsm doctor 'scan --limit ten'; do
  on_terminal "$kvctl --db db --no-color $words"; is_not "$words: --no-color" shows "$escape"
  on_terminal "$kvctl --db db $words 2>&1 | cat"; is_not "$words: into a pipe" shows "$escape"
done

echo '-- progress'
slow="(cat in.ndjson; sleep 1.3; cat in.ndjson) | $kvctl --db db"
on_terminal "$slow load -";          is 'a line after a second' shows "${wiped}load  3,000  "
is 'with a rate' shows '/s  0:0'
is 'which is wiped' shows "${wiped}kvctl load: loaded 5,000 records"
on_terminal "$slow load - 2>plain";  is_not 'none in a file' grep -q $'\r' plain
is 'where the result stands' grep -q '^kvctl load: loaded 5,000 records' plain
on_terminal "$slow -q load -";       is_not 'none when quiet' shows "$wiped"
on_terminal "$kvctl --db db count";  is_not 'none for what is quick' shows "$wiped"

echo '-- Ctrl-C'
records 1 100000 >many.ndjson
run --db big load many.ndjson
before=$(tree big)
mkfifo pipe
# interrupted NAME WORDS: they write into the pipe, which nobody empties until the signal has come.
interrupted() {
  "$kvctl" --db big "${@:2}" >stdout 2>err &
  local pid=$! line
  exec 8<pipe
  IFS= read -r line <&8
  kill -INT $pid
  cat <&8 >out
  wait $pid
  taken $?
  exec 8<&-
  [[ $code == 130 && $err =~ 'interrupted after '[0-9,]+' records' ]] || fail "$1 (wanted exit 130)"
}
rm -f stdout && ln -s pipe stdout
interrupted 'scan' scan
is 'scan stopped on the way' test "$(wc -l <out)" -lt 99999
interrupted 'scan to JSON' scan -o json
interrupted 'dump' dump
is_not 'and is not taken for whole' grep -q DATA=END out
run --db half load out;              is 'nor loaded as such' test "$code" == 3
rm -f stdout
interrupted 'dump into a pipe by name' dump pipe
# A dump into a file may be done before the signal comes; then it is whole, otherwise not there.
"$kvctl" --db big dump whole.dump 2>err &
pid=$!
wait_for compgen -G 'whole.dump*' >/dev/null
kill -INT $pid
wait $pid
code=$?
if [[ $code == 0 ]]; then
  is 'a dump that was done' grep -q DATA=END whole.dump
else
  is 'a dump that was not' test "$code,$(compgen -G 'whole.dump*')" == 130,
fi
run --db big count;                  check 'the database opens' 0 100000
is 'and is as it was' test "$before" == "$(tree big)"

for signal in INT TERM; do
  "$kvctl" --db loaded load --ack --batch 10 - <pipe >out 2>err &
  pid=$!
  exec 9>pipe
  head -n 25 in.ndjson >&9
  wait_for grep -q 'committed 20' out
  kill -$signal $pid
  wait $pid
  taken $?
  exec 9>&-
  [[ $code == 130 && $(tail -1 out) == 'committed 25' ]] || fail "load, SIG$signal (wanted exit 130)"
  run --db loaded count;             check 'what was committed is there' 0 25
  run --db loaded verify;            is 'and sound' test "$code" == 0
  rm -r loaded
done
finish
