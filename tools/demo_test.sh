#!/usr/bin/env bash
# The demo's main part, on a small package index.   demo_test.sh DEMO_RUN KVCTL
set -u
demo=$(realpath "$1") kvctl=$(realpath "$2")
dir=$(mktemp -d "${TEST_TMPDIR:-/var/tmp}/demo.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
failed=0
fail() {
  failed=$((failed + 1))
  echo "FAILED: $* (exit $code)" >&2
  sed 's/^/  | /' out err >&2
}
demo() { # KVCTL FOLDER
  python3 "$demo" "$1" "$2" >out 2>err
  code=$?
}

# 400 packages; each fortieth comes again with other content, and one is not UTF-8.
mkdir bin folder
for i in $(seq 400); do
  printf 'Package: package-%03d\nVersion: 1.%d\nDescription: what it does\n line %d of it\n\n' "$i" "$i" "$i"
  ((i % 40)) || printf 'Package: package-%03d\nVersion: 1.%d\nDescription: came twice\n\n' "$i" "$i"
done >index
printf 'Package: latin\nVersion: 1\nDescription: caf\xe9\n\n' >>index
printf '#!/bin/sh\n[ "$*" = dumpavail ] && exec cat %q\n' "$dir/index" >bin/apt-cache
chmod +x bin/apt-cache
export PATH=$dir/bin:$PATH

for pass in first second; do
  demo "$kvctl" folder
  [[ $code == 0 ]] || fail "the $pass run"
  acknowledged=$(sed -nE 's/.*killed after it had acknowledged ([0-9]+) of 401 records/\1/p' out)
  ((acknowledged * 10 >= 401 * 2 && acknowledged * 10 <= 401 * 8)) || fail "killed at '$acknowledged' of 401"
  grep -q "loaded $((401 - acknowledged)) records" err || fail "did not finish with the rest alone"
  grep -q '401 keys, each compared again' out || fail "not all were compared"
done

# A kvctl that gives back another value once.
cat >bin/liar <<END
#!/usr/bin/env bash
if [[ " \$* " == *' scan '* ]]; then '$kvctl' "\$@" | sed '/"package-001/s/what it does/what it did/'; else exec '$kvctl' "\$@"; fi
END
chmod +x bin/liar
demo "$dir/bin/liar" folder
[[ $code == 1 ]] || fail "a difference passed"
grep -q 'WRONG: package-001/1.1' out || fail "the difference is not named"

# What is no database of ours stays.
for name in notes 000001.log; do
  mkdir -p "other/packages"
  echo MANIFEST-000001 >other/packages/CURRENT
  echo mine >"other/packages/$name"
  demo "$kvctl" other
  [[ $code == 1 && $(cat "other/packages/$name") == mine ]] || fail "took a folder with $name for its own"
  grep -q "other/packages holds '" err || fail "does not say what is wrong with $name"
  rm -r other
done
mkdir -p other/packages && echo MANIFEST-000001 >other/packages/CURRENT
demo "$kvctl" other
[[ $code == 1 && -e other/packages/CURRENT ]] || fail "took another CURRENT for ours"
rm -r other && mkdir other && ln -s ../folder/packages other/packages
demo "$kvctl" other
[[ $code == 1 && -e folder/packages/CURRENT ]] || fail "followed a link"

((failed == 0)) && echo passed
exit "$failed"
