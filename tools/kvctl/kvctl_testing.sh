# What the shell tests of kvctl share: sourced with the program as $1; leaves the test in an empty folder.
set -u
kvctl=$(realpath "$1")
dir=$(mktemp -d "${TEST_TMPDIR:-/var/tmp}/kvctl.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
unset KVCTL_DB NO_COLOR
failed=0 code= out= err=

# kv WORDS: the program on the test's database; what it gave is in $code, $out and $err.
kv() { run --db db "$@"; }
run() {
  "$kvctl" "$@" >out 2>err </dev/null
  taken $?
}
# taken CODE: the same of a run that was started otherwise.
taken() {
  code=$1
  out=$(tr '\0' '?' <out)
  err=$(tr '\0' '?' <err)
}
fail() {
  failed=$((failed + 1))
  echo "FAILED $1: exit $code" >&2
  printf '  | %s\n' "out: ${out:0:300}" "err: ${err:0:300}" >&2
}
# check NAME EXIT OUT: the last run ended so, with exactly that on stdout.
check() { [[ $code == "$2" && $out == "$3" ]] || fail "$1 (wanted exit $2, stdout '${3:0:60}')"; }
# refused NAME EXIT PATTERN: nothing on stdout, and a message that matches.
refused() { [[ $code == "$2" && -z $out && $err =~ $3 ]] || fail "$1 (wanted exit $2 and '$3')"; }
# is NAME WORDS: a test that holds; is_not NAME WORDS: one that does not.
is() { "${@:2}" || fail "$1"; }
is_not() { ! "${@:2}" || fail "$1"; }
# wait_for WORDS: until they hold, ten seconds at most.
wait_for() {
  for _ in $(seq 200); do
    "$@" 2>/dev/null && return
    sleep 0.05
  done
  fail "waited in vain for: $*"
}
# Each file's bytes and time, and the folder's.
tree() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k2 && find . -printf '%p %T@\n' | sort); }
# records FROM TO: so many lines of NDJSON.
records() { seq -f '%06g' "$1" "$2" | sed 's/.*/{"key":"user\/&","value":"value & of a record"}/'; }
finish() {
  ((failed == 0)) && echo 'all as it should be'
  exit "$failed"
}
