#!/usr/bin/env bash
# What a script sees of kvctl: exit codes, formats, wrong input of each kind.   kvctl_cli_test.sh KVCTL
. "$(dirname "$0")/kvctl_testing.sh"
# feed FILE WORDS: as kv, with a file as stdin.
feed() {
  "$kvctl" --db db "${@:2}" <"$1" >out 2>err
  taken $?
}

echo '-- one record'
kv put alpha one;                    check 'put says nothing' 0 ''
kv get alpha;                        check 'get' 0 one
kv get alpha -o json;                check 'get json' 0 '{"key":"alpha","value":"one"}'
kv get alpha -o hex;                 check 'get hex' 0 6f6e65
kv get alpha -o csv;                 check 'get csv' 0 $'key,value\r\nalpha,one\r'
kv get alpha -o raw;                 is 'raw has no newline' test "$(wc -c <out)" == 3
kv get beta;                         refused 'a key that is not there' 1 "no key 'beta'"
kv -q get beta;                      is 'quiet is quiet' test "$code$out$err" == 1
kv put '' 'empty key'; kv get '';    check 'the empty key' 0 'empty key'
kv put empty ''; kv get empty;       check 'the empty value' 0 ''
kv put -- --key --value; kv get -- --key; check 'a key like an option' 0 --value
kv put '[a,b]' '{}'; kv get '[a,b]'; check 'a key like a list' 0 '{}'
kv del -- --key '[a,b]' '' empty;    check 'del of several' 0 ''
kv del nothing;                      check 'del of nothing is no error' 0 ''
kv del --must-exist alpha nothing;   refused 'unless asked' 1 "no key 'nothing'"
kv get alpha;                        check 'and then nothing is deleted' 0 one
kv del --must-exist alpha; kv get alpha; refused 'deleted' 1 "no key 'alpha'"

echo '-- bytes'
printf '\x00\xff\n' >bytes
feed bytes put bin -;                check 'a value from stdin' 0 ''
kv get bin -o raw;                   is 'comes back byte for byte' cmp -s out bytes
kv get bin -o json;                  check 'not UTF-8: base64' 0 '{"key":"bin","value_b64":"AP8K"}'
kv put --key-format hex 00ff --value-format base64 AP8K; kv get --key-format base64 AP8= -o hex
check 'keys and values in other forms' 0 00ff0a
kv get --key-format hex 0x;          refused 'bad hex is usage' 2 "KEY: .*'x' at column 2"
kv put k --value-format base64 '***'; refused 'bad base64 is usage' 2 'VALUE: '
kv scan;                             check 'scan escapes' 0 $'\\x00\\xff\t\\x00\\xff\\n\nbin\t\\x00\\xff\\n'
kv del bin --key-format text; kv del --key-format hex 00ff

echo '-- many records'
for i in $(seq -w 1 2500); do echo "{\"key\":\"user/$i\",\"value\":\"value $i\"}"; done >in.ndjson
kv load --ack --batch 1000 in.ndjson; check 'acknowledgements' 0 $'committed 1000\ncommitted 2000\ncommitted 2500'
is 'says what it did' grep -q '2,500 records' err
kv count;                            check 'count' 0 2500
kv count -o json;                    check 'count json' 0 '{"count":2500}'
kv count --from user/0100 --to user/0200; check 'from is in, to is not' 0 100
kv count --from user/0200 --to user/0100; check 'an empty range' 0 0
kv scan --limit 2;                   check 'limit' 0 $'user/0001\tvalue 0001\nuser/0002\tvalue 0002'
kv scan --limit 2 --reverse --keys-only; check 'reverse' 0 $'user/2500\nuser/2499'
kv scan --reverse --from user/0001 --to user/0003 --keys-only; check 'reverse range' 0 $'user/0002\nuser/0001'
kv scan --limit 0;                   check 'none' 0 ''
kv scan --limit 1 -o csv;            check 'csv' 0 $'key,value\r\nuser/0001,value 0001\r'
kv scan --limit 1 -o hex --keys-only; check 'hex' 0 757365722f30303031
kv scan --limit 1 -o json;           check 'json' 0 $'[\n{"key":"user/0001","value":"value 0001"}\n]'
kv scan --from x -o json;            check 'json of nothing' 0 '[]'
kv scan -o ndjson;                   is 'ndjson is what was loaded' cmp -s out in.ndjson
kv dump;                             is 'dump has header and end' test "$(sed -n '1p;4p;5p;$p' out | tr '\n' ,)" == 'VERSION=3,HEADER=END, 757365722f30303031,DATA=END,'
cp out dump1
feed dump1 --db copy load -;         check 'a dump loads' 0 ''
run --db copy dump copy.dump;        is 'and comes back' cmp -s dump1 copy.dump
run --db copy dump copy.dump;        refused 'dump does not overwrite' 3 'copy.dump exists; -y'
run --db copy dump -y copy.dump;     check '-y does' 0 ''
run --db copy dump none/x;           refused 'a folder that is not there' 3 'none/x'
is 'nothing else is left' test "$(ls)" == $'bytes\ncopy\ncopy.dump\ndb\ndump1\nerr\nin.ndjson\nout'
if command -v mdb_load >/dev/null; then
  sed '1a mapsize=10485760' dump1 | mdb_load -n lmdb && mdb_dump -n lmdb >lmdb.dump
  run --db from_lmdb load lmdb.dump; run --db from_lmdb dump; is 'LMDB and back' cmp -s out dump1
else
  echo 'SKIPPED: LMDB and back: mdb_load is not installed (package lmdb-utils)'
fi
if command -v db5.3_load >/dev/null; then
  db5.3_load -f dump1 bdb && db5.3_dump -p bdb >bdb.dump
  run --db from_bdb load bdb.dump; run --db from_bdb dump; is 'Berkeley DB, printed, and back' cmp -s out dump1
else
  echo 'SKIPPED: Berkeley DB, printed, and back: db5.3_load is not installed (package db5.3-util)'
fi

echo '-- looking changes nothing'
before=$(tree db)
for words in 'get user/0001' 'scan --limit 5' count dump stat 'stat -o json' lsm verify doctor; do
  # shellcheck disable=SC2086
  kv $words; is "$words works" test "$code" == 0
done
is 'every file and time is as it was' test "$before" == "$(tree db)"
kv verify;                           is 'verify says ok' grep -qE '^ok: [0-9]+ files, [0-9]+ bytes$' out
kv verify -o json;                   is 'verify json' grep -q '"problems":\[\]' out
kv stat;                             is 'stat' grep -q Healthy out
kv lsm;                              is_not 'lsm has no colour' grep -q $'\x1b' out
kv doctor;                           is 'doctor speaks of the fast path' grep -qi 'io_uring' out
is 'registration was tried' grep -qE '^ok +registered buffers +on: [1-9][0-9,]* transfers|^warn +registered buffers +off' out
is 'direct I/O was tried' grep -qE '^ok +O_DIRECT +on: 4 KiB were|^warn +O_DIRECT +off' out
run doctor;                          is 'doctor needs no database' test "$code" == 0
kv compact;                          check compact 0 ''
kv count;                            check 'compacted, not lost' 0 2500

echo '-- wrong command lines'
run;                                 refused 'nothing at all' 2 Examples
kv gett k;                           refused 'unknown command' 2 "did you mean 'get'"
kv get;                              refused 'missing argument' 2 'KEY is missing'
kv put k;                            refused 'missing value' 2 'VALUE is missing'
kv get a b;                          refused 'one too many' 2 "too many: 'b'"
kv get k --keyformat hex;            refused 'unknown option' 2 "did you mean '--key-format'"
kv scan --limit ten;                 refused 'bad number' 2 "--limit: 'ten'"
kv scan -o xml;                      refused 'bad format' 2 "'xml' is none of"
kv lsm -o csv;                       refused 'a format the command has not' 2 'it has text'
kv --memory-budget huge get k;       refused 'bad size' 2 "'huge' is not a size"
kv load --batch 0 in.ndjson;         refused 'bad batch' 2 '--batch'
kv put --durability always k v;      refused 'bad durability' 2 "'always' is none of"
run get k;                           refused 'no database named' 2 'KVCTL_DB'
kv help gett;                        refused 'help of nothing' 2 "did you mean 'get'"
KVCTL_DB=db run get user/0001;       check 'KVCTL_DB' 0 'value 0001'
KVCTL_DB=none run get user/0001 --db db; check '--db wins' 0 'value 0001'

echo '-- wrong input'
bad_load() { # NAME PATTERN: bad.in is refused with exit 3, and nothing is made
  run --db fresh load bad.in
  refused "$1" 3 "$2"
  [[ -e fresh ]] && run --db fresh count && check "$1: nothing was stored" 0 0
  rm -rf fresh
}
: >bad.in;                                             bad_load 'empty input' 'bad.in: line 1: the input is empty'
echo hello >bad.in;                                    bad_load 'neither format' 'line 1: neither NDJSON'
echo '{"key":"a"}' >bad.in;                            bad_load 'no value' 'line 1: no "value"'
echo '{"key":"a","value":"b"' >bad.in;                 bad_load 'cut JSON' 'line 1: not JSON at column'
echo '{"key":"a","value":[1]}' >bad.in;                bad_load 'value of another type' 'line 1: "value" is not a string'
echo '{"key":"a","value":1e999}' >bad.in;              bad_load 'a number beyond all' 'line 1: not usable: number overflow'
echo '{"key":"a","value":"b","value":"c"}' >bad.in;    bad_load 'a field twice' 'line 1: "value" is given twice'
printf '{"key":"a","value":"\xff"}' >bad.in;           bad_load 'not UTF-8' 'line 1: not JSON'
echo VERSION=3 >bad.in;                                bad_load 'cut header' 'line 1: the input ends'
printf 'VERSION=3\nHEADER=END\n zz\n' >bad.in;         bad_load 'bad hex' "line 3: the key: 'z'"
printf 'VERSION=3\nHEADER=END\n 61\nDATA=END\n' >bad.in; bad_load 'key without value' 'line 4: DATA=END'
run --db fresh load nofile;                            refused 'missing file' 3 'nofile: No such file'
run --db fresh load db;                                refused 'a directory' 3 'db is a directory'
is 'nothing was made' test ! -e fresh
(head -n 500 dump1; echo ' zz') >bad.in
run --db part load bad.in;           refused 'damaged dump' 3 'line 501: .*248 records were committed and stay'
run --db part count;                 check 'what stays is there' 0 248
head -c 30000 dump1 >bad.in
run --db part2 load bad.in;          refused 'truncated dump' 3 'line [0-9]+'
(head -n 3 in.ndjson; echo oops) >bad.in
run --db part3 load --ack --batch 2 bad.in; is 'acknowledged before the error' test "$code$out" == $'3committed 2\ncommitted 3'
is 'and the line is named' grep -q 'line 4' err

echo '-- no database, or not ours'
for words in 'get k' scan count dump stat lsm verify compact; do
  # shellcheck disable=SC2086
  run --db none $words;              refused "$words without a database" 3 "no database at none"
  is "$words makes none" test ! -e none
done
mkdir foreign; echo hello >foreign/file
for words in 'get k' 'put a b' 'load in.ndjson' verify; do
  # shellcheck disable=SC2086
  run --db foreign $words;           refused "$words: not ours" 3 foreign
done
is 'and it is untouched' test "$(ls -A foreign)" == file
run --db bytes get k;                refused 'a file is no database' 3 bytes
mkdir vacant; run --db vacant get k; refused 'an empty directory is none' 3 vacant
is 'and stays empty' test -z "$(ls -A vacant)"

echo '-- damage'
for table in db/*.sst; do # all: some may be waiting for their deletion; the second data block
  printf '\x5a\x5a\x5a\x5a' | dd of="$table" bs=1 seek=9000 conv=notrunc status=none
done
kv verify;                           is 'verify finds damage' test "$code" == 1
is 'names the file' grep -qE '/[0-9]+\.sst' out
is 'and the offset' grep -qE 'offset [0-9]+' out
is 'and says what can be read' grep -q -- '--from behind it, or --reverse' err
kv verify -o json;                   is 'it was complete' grep -q '"complete":true' out
kv scan --keys-only;                 is 'scan stops at it' test "$code" == 3
is 'with what is before it' test "$(head -1 out)" == user/0001
kv scan --keys-only --reverse;       is 'in reverse, too' test "$code,$(head -1 out)" == 3,user/2500
kv scan --keys-only --from user/2000; is 'and reads on behind it' test "$code,$(wc -l <out)" == 0,501
cp -r copy lost; rm lost/*.sst
run --db lost verify;                is 'a missing table is damage' test "$code" == 1
is 'named' grep -qE '/[0-9]+\.sst is missing' out
run --db lost verify -o json;        is 'in JSON too, and it looked at all' grep -q '"complete":true' out
run --db lost dump;                  is 'dump stops at it' test "$code" == 3
is 'and says where' grep -qE '/[0-9]+\.sst is missing' err

echo '-- meta'
run version;                         is version grep -qE '^treering [0-9]+\.' out
run version --json;                  is 'version json' grep -qE '^\{"version":"[^"]+","format":[0-9]+\}$' out
run --version;                       is '--version too' grep -q treering out
run --help;                          is 'help has examples first' test "$(grep -nE '^(Examples|Commands):' out | cut -d: -f2 | tr '\n' ,)" == Examples,Commands,
for command in get put del scan count load dump stat lsm compact verify doctor version help; do
  run help "$command";               is "help of $command" grep -q Examples out
  run "$command" --help;             is "$command --help" grep -q "Usage" out
done

echo '-- pipes and signals'
"$kvctl" --db copy scan --keys-only | head -1 >out; is 'a reader that stops early' test "$(cat out)" == user/0001
"$kvctl" --db copy scan >/dev/full 2>err; code=$?; out=; err=$(cat err); refused 'a full disk below stdout' 3 'stdout: No space'
for i in $(seq 60); do echo; cat in.ndjson; done >long.ndjson
"$kvctl" --db unheard load --ack --batch 1 long.ndjson 2>err | head -1 >out
is 'acknowledgements that nobody takes end a load' grep -q 'nobody takes the acknowledgements; .* committed and stay' err
mkfifo pipe
"$kvctl" --db stopped load --ack --batch 10 - <pipe >out 2>err &
pid=$!
exec 9>pipe
head -n 25 in.ndjson >&9
for _ in $(seq 100); do grep -q 'committed 20' out && break; sleep 0.1; done
kill -INT $pid; wait $pid; code=$?
exec 9>&-
out=$(tail -1 out); err=$(cat err)
[[ $code == 130 && $out == 'committed 25' && $err =~ 'interrupted; 25 records were committed' ]] || fail 'Ctrl-C finishes the batch'
run --db stopped count;              check 'and what was said is there' 0 25

finish
