#!/usr/bin/env python3
"""The main part of tools/demo: load, kill, compare, finish, compact, query.   demo_run.py KVCTL FOLDER"""
import base64
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

BUDGET = "16MiB"
OUR_FILES = re.compile(r"LOCK|CURRENT|TAIL|MANIFEST-\d+|\d+\.(wal|sst)")
CURRENT_MAGIC = b"TRCURRNT"  # docs/format/current.md


def remove_earlier(path):
    """Removes the database that an earlier run left at `path`; what is anything else stays, and ends the demo."""
    if not os.path.lexists(path):
        return

    def refuse(why):
        sys.exit(f"demo: {path} {why}; name another folder, or move it away")

    if os.path.islink(path) or not os.path.isdir(path):
        refuse("is not a folder of ours")
    names = os.listdir(path)
    for name in names:
        if not OUR_FILES.fullmatch(name) or not os.path.isfile(os.path.join(path, name)):
            refuse(f"holds '{name}', which is no file of a treering database")
    if names and names != ["LOCK"]:  # a creation that was cut short leaves the lock alone
        if "CURRENT" not in names:
            refuse("has no CURRENT, so it is no treering database")
        with open(os.path.join(path, "CURRENT"), "rb") as file:
            slots = (file.read(4096), file.read(4096))
        if not any(slot.startswith(CURRENT_MAGIC) for slot in slots):
            refuse("has a CURRENT that is not treering's")
    for name in names:
        os.unlink(os.path.join(path, name))
    os.rmdir(path)


def stanzas():
    """The package index as (key, value) pairs of bytes, in its own order."""
    text = subprocess.run(["apt-cache", "dumpavail"], check=True, capture_output=True).stdout
    for stanza in text.split(b"\n\n"):
        fields = {}
        for line in stanza.split(b"\n"):
            name, colon, rest = line.partition(b":")
            if colon and not line.startswith(b" "):
                fields.setdefault(name, rest.strip())
        if b"Package" in fields:
            yield fields[b"Package"] + b"/" + fields.get(b"Version", b"?"), stanza + b"\n"


def unique(records):
    """Each key once, where it came first, with the value that came last."""
    return list(dict(records).items())


def ndjson(key, value):
    record = {}
    for name, data in (("key", key), ("value", value)):
        try:
            record[name] = data.decode("utf-8")
        except UnicodeDecodeError:
            record[name + "_b64"] = base64.b64encode(data).decode()
    return (json.dumps(record, ensure_ascii=False) + "\n").encode()


def from_ndjson(line):
    record = json.loads(line)

    def field(name):
        return base64.b64decode(record[name + "_b64"]) if name + "_b64" in record else record[name].encode()
    return field("key"), field("value")


class Demo:
    def __init__(self, kvctl, folder):
        self.kvctl = [kvctl, "--db", os.path.join(folder, "packages"), "--memory-budget", BUDGET]

    def run(self, *arguments):
        return subprocess.run([*self.kvctl, *arguments], check=True, stdout=subprocess.PIPE).stdout

    def stored(self):
        return dict(from_ndjson(line) for line in self.run("scan", "-o", "ndjson").splitlines())

    def load_and_kill(self, records):
        """Feeds the loader, kills it at a random moment between 20 % and 80 %; returns the acknowledged count."""
        limit = len(records) * 8 // 10  # it gets no more than that
        target = random.randrange(len(records) * 2 // 10 + 1, len(records) * 7 // 10)
        batch = max(1, min(100, len(records) // 20))  # so that an acknowledgement follows before the limit
        loader = subprocess.Popen([*self.kvctl, "load", "--ack", "--batch", str(batch), "-"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        feeder = os.fork()
        if feeder == 0:  # a second process feeds, so that reading acknowledgements never waits for writing
            loader.stdout.close()
            try:
                for key, value in records[:limit]:
                    loader.stdin.write(ndjson(key, value))
                loader.stdin.flush()
                time.sleep(60)  # the loader must not see an end before it is killed
            except BrokenPipeError:
                pass
            os._exit(0)
        loader.stdin.close()
        acknowledged = 0
        for line in loader.stdout:
            acknowledged = int(line.split()[1])
            if acknowledged >= target:
                break
        time.sleep(random.uniform(0, 0.05))
        loader.send_signal(signal.SIGKILL)
        os.kill(feeder, signal.SIGKILL)
        os.waitpid(feeder, 0)
        for line in loader.stdout:  # what it had acknowledged before it died
            if line.endswith(b"\n"):
                acknowledged = int(line.split()[1])
        if loader.wait() != -signal.SIGKILL:
            sys.exit(f"demo: the loader ended by itself, with {loader.returncode}, before it was killed")
        return acknowledged

    def load(self, records):
        """Feeds the loader to its end."""
        loader = subprocess.Popen([*self.kvctl, "load", "-"], stdin=subprocess.PIPE)
        try:
            for key, value in records:
                loader.stdin.write(ndjson(key, value))
            loader.stdin.close()
        except BrokenPipeError:
            pass  # it has said why
        if loader.wait() != 0:
            sys.exit("demo: the load failed")

    def compare(self, expected, stored):
        wrong = [key for key, value in expected.items() if stored.get(key) != value]
        for key in wrong[:5]:
            print(f"   WRONG: {key.decode(errors='replace')}: stored {stored.get(key, b'nothing')[:40]!r}")
        if wrong:
            sys.exit(f"demo: {len(wrong)} acknowledged values differ")


def main():
    demo = Demo(sys.argv[1], sys.argv[2])
    remove_earlier(demo.kvctl[2])

    print("\n== 2. Real input: this machine's Debian package index")
    records = unique(stanzas())
    if len(records) < 100:
        sys.exit(f"demo: apt-cache dumpavail printed {len(records)} packages, too few to show anything; "
                 "run 'apt-get update' first")
    size = sum(len(key) + len(value) for key, value in records)
    print(f"   {len(records):,} packages, {size / 1e6:.1f} MB; key package/version, value the whole stanza")

    print(f"\n== 3. Load with a memory budget of {BUDGET}, and kill -9 the loader on the way")
    acknowledged = demo.load_and_kill(records)
    print(f"   killed after it had acknowledged {acknowledged:,} of {len(records):,} records")

    print("\n== 4. Open again and compare every acknowledged value, byte for byte")
    started = time.time()
    stored = demo.stored()
    demo.compare(dict(records[:acknowledged]), stored)
    known = dict(records[: len(records) * 8 // 10])
    extra = [key for key, value in stored.items() if known.get(key) != value]
    if extra:
        sys.exit(f"demo: {len(extra)} keys are stored with what was never sent for them")
    print(f"   recovered and read in {time.time() - started:.1f} s: {len(stored):,} keys, "
          f"all {acknowledged:,} acknowledged records are there, none differs")

    missing = records[acknowledged:]
    print(f"\n== 5. Finish the load with the {len(missing):,} records that were not acknowledged, then compact")
    demo.load(missing)
    demo.run("compact")
    everything = dict(records)
    stored = demo.stored()
    demo.compare(everything, stored)
    if len(stored) != len(everything):
        sys.exit(f"demo: {len(stored)} keys are stored, {len(everything)} were sent")
    print(f"   {len(stored):,} keys, each compared again")

    print("\n== 6. Queries: a point and a range")
    key = next((key for key in everything if key.startswith(b"bash/")), next(iter(everything)))
    value = demo.run("-o", "raw", "get", key.decode())
    if value != everything[key]:
        sys.exit("demo: get gave another value")
    print(f"   $ kvctl get {key.decode()}")
    for line in value.decode(errors="replace").splitlines()[:4]:
        print(f"     {line}")
    found = demo.run("scan", "--from", "lib", "--to", "lic", "--limit", "5", "-o", "ndjson").splitlines()
    print("   $ kvctl scan --from lib --to lic --limit 5")
    for line in found:
        print(f"     {from_ndjson(line)[0].decode()}")

    print("\n== 7. The tree")
    print(demo.run("lsm").decode())


if __name__ == "__main__":
    main()
