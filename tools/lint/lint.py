#!/usr/bin/env python3
"""Lint: the rules of the tree that a compiler does not hold.

    tools/lint/lint.py [ROOT]     prints "file:line: rule: what" per finding, exits 1 when there is one

Rules: layers (a file includes only from folders below its own), seams (calls that belong behind a seam stay there),
contracts (each header says Owner, Threads and Invariants), guards (each header has its own include guard).
"""
import re
import sys
from pathlib import Path

# From the bottom up; a folder may include itself and what stands before it. Folders in one tuple do not see each other.
LAYERS = [
    ("api-values",),
    ("engine/base",),
    ("engine/key",),
    ("engine/io",),
    ("engine/memtable",),
    ("engine/wal",),
    ("engine/cache",),
    ("engine/manifest",),
    ("engine/table",),
    ("engine/compaction",),
    ("engine/runtime",),
    ("engine/db",),
    ("api",),
    ("tools", "bench", "tests", "docs/examples"),
]
RANK = {folder: rank for rank, group in enumerate(LAYERS) for folder in group}
VALUE_HEADERS = {"status", "result", "slice", "options", "durability", "comparator", "write_batch", "pinned_value",
                 "db_types"}

# (pattern, folders that may, what to use)
SEAMS = [
    (r"(?<![\w.>:])(?:::)?(open|openat|openat2|pread|pwrite|preadv2?|pwritev2?|fsync|fdatasync|fallocate|ftruncate|unlinkat?|"
     r"renameat2?|linkat|mkdirat?|mmap|munmap|flock|fstat|statx|getdents64)\s*\(", ("engine/io",), "io::Disk"),
    (r"\bio_uring_\w+|<liburing\.h>|<linux/io_uring\.h>", ("engine/io",), "io::Queue"),
    (r"#include <(fcntl\.h|sys/mman\.h|sys/stat\.h|sys/file\.h|dirent\.h)>", ("engine/io",), "io::Disk"),
    (r"\bstd::(fstream|ifstream|ofstream|filesystem)\b|\bfopen\s*\(", ("tools", "bench", "tests"), "io::Disk"),
    (r"\bstd::(thread|jthread|mutex|shared_mutex|recursive_mutex|condition_variable)\b|\bpthread_create\b",
     ("engine/base",), "base::Thread, base::Mutex, base::CondVar"),
    (r"\bstd::this_thread\b|\b(usleep|nanosleep|sched_yield)\s*\(", ("engine/base",), "base::SleepNanos, base::SpinPause"),
    (r"\bstd::chrono\b|\b(clock_gettime|gettimeofday)\s*\(|(?<![\w.>:])time\s*\(", ("engine/base",), "base::Clock"),
    (r"\bstd::(random_device|mt19937(_64)?|default_random_engine)\b|(?<![\w.>:])rand\s*\(|\bgetrandom\s*\(",
     ("engine/base",), "base::Prng"),
    (r"\bstd::hash\b", (), "base::Mix64 with a seed"),
    (r"\bstd::unordered_(map|set)<[^<>]*\*", (), "a table in a fixed order"),
    (r"\bgetenv\s*\(", ("tools", "bench", "tests"), "an option"),
]
# Tests may start threads and look at the file system: they are the world.
TEST_FILE = re.compile(r"(_test|_testing|_bench)\.(cc|h)$|conformance\w*\.(cc|h)$")


def folder_of(path):
    parts = path.parts
    if parts[0] == "api":
        return "api-values" if len(parts) == 2 and path.stem in VALUE_HEADERS else "api"
    if parts[0] == "engine":
        return "/".join(parts[:2])
    if parts[:2] == ("docs", "examples"):
        return "docs/examples"
    return parts[0]


def strip_comments(text):
    """Comments and string bodies become blanks; line numbers stay."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'

    return re.sub(pattern, lambda match: re.sub(r"[^\n]", " ", match.group(0)), text, flags=re.S)


def layer_findings(path, lines):
    own = folder_of(path)
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#include "([^"]+)"', line)
        if not match:
            continue
        target = folder_of(Path(match.group(1)))
        if target not in RANK:
            yield number, "layers", f'"{match.group(1)}" is in no known folder; include from the root of the tree'
        elif target == own:
            continue
        elif own == "api" and target.startswith("engine/") and (path.suffix == ".h"):
            yield number, "layers", f"a public header includes {target}; only its .cc may"
        elif own == "docs/examples" and target not in ("api", "api-values"):
            yield number, "layers", f"an example includes {target}; users have api/ only"
        elif RANK[target] >= RANK[own] and not (target in LAYERS[-1] and own in LAYERS[-1]):
            yield number, "layers", f"{own} includes {target}, which stands above it"


def seam_findings(path, text):
    own = folder_of(path)
    if TEST_FILE.search(path.name) or own in ("tests", "tools", "bench", "docs/examples"):
        return
    code = strip_comments(text)
    for number, line in enumerate(code.split("\n"), 1):
        for pattern, allowed, instead in SEAMS:
            match = re.search(pattern, line)
            if match and own not in allowed:
                yield number, "seams", f"{match.group(0).strip()} belongs behind a seam; use {instead}"


def header_findings(path, text):
    if path.suffix != ".h":
        return
    head = text[: text.find("#ifndef")] if "#ifndef" in text else ""
    for word in ("Owner:", "Threads:", "Invariants:"):
        if word not in head:
            yield 1, "contracts", f"the header's opening comment has no '{word}'"
    guard = "TREERING_" + re.sub(r"\W", "_", str(path)).upper() + "_"
    if f"#ifndef {guard}\n#define {guard}\n" not in text:
        yield 1, "guards", f"the include guard is not {guard}"


def findings(root):
    for folder in ("api", "engine", "tools", "bench", "tests", "docs"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".h", ".cc") or not file.is_file():
                continue
            path = file.relative_to(root)
            text = file.read_text(encoding="utf-8")
            found = list(layer_findings(path, text.split("\n")))
            found += seam_findings(path, text)
            found += header_findings(path, text)
            for number, rule, what in sorted(found):
                yield f"{path}:{number}: {rule}: {what}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent.parent)
    count = 0
    for finding in findings(root):
        print(finding)
        count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
