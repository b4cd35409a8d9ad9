#!/usr/bin/env python3
"""Each rule of lint.py is shown to find a planted offender, and to leave a clean file alone."""
import tempfile
import unittest
from pathlib import Path

import lint

CLEAN = """// Thing: one.
//
// Owner: x.
// Threads: any.
// Invariants: none.
#ifndef TREERING_ENGINE_WAL_THING_H_
#define TREERING_ENGINE_WAL_THING_H_
#include "engine/base/check.h"
#endif
"""


class LintTest(unittest.TestCase):
    def run_on(self, **files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder) / name.replace("__", "/").replace("_DOT_", ".")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return list(lint.findings(Path(folder)))

    def rules(self, **files):
        return [finding.split(": ")[1] for finding in self.run_on(**files)]

    def test_clean_header_passes(self):
        self.assertEqual(self.run_on(engine__wal__thing_DOT_h=CLEAN), [])

    def test_upward_include_is_found(self):
        self.assertEqual(self.rules(engine__wal__a_DOT_cc='#include "engine/db/db_core.h"\n'), ["layers"])

    def test_public_header_does_not_see_the_engine(self):
        text = CLEAN.replace("ENGINE_WAL_THING", "API_DB")
        self.assertEqual(self.rules(api__db_DOT_h=text), ["layers"])
        self.assertEqual(self.rules(api__db_DOT_cc='#include "engine/db/db_core.h"\n'), [])

    def test_value_header_includes_nothing_of_the_engine(self):
        self.assertEqual(self.rules(api__status_DOT_cc='#include "engine/base/check.h"\n'), ["layers"])

    def test_example_sees_the_api_only(self):
        self.assertEqual(self.rules(docs__examples__x_DOT_cc='#include "engine/base/check.h"\n'), ["layers"])

    def test_unknown_folder_is_found(self):
        self.assertEqual(self.rules(engine__wal__a_DOT_cc='#include "thing.h"\n'), ["layers"])

    def test_calls_outside_their_seam_are_found(self):
        offenders = ["int fd = ::open(path, 0);", "fsync(fd);", "std::mutex m;", "std::thread t;",
                     "auto t = std::chrono::steady_clock::now();", "io_uring_submit(&ring);", "#include <fcntl.h>",
                     "std::random_device d;", "std::hash<int> h;", "std::ifstream in(path);",
                     "std::this_thread::yield();", "std::unordered_map<Frame*, int> m;", "getenv(name);"]
        for line in offenders:
            self.assertEqual(self.rules(engine__wal__a_DOT_cc=line + "\n"), ["seams"], line)

    def test_calls_inside_their_seam_pass(self):
        self.assertEqual(self.rules(engine__io__a_DOT_cc="int fd = ::open(path, 0);\n"), [])
        self.assertEqual(self.rules(engine__base__a_DOT_cc="std::mutex m;\n"), [])

    def test_methods_comments_and_strings_are_not_calls(self):
        text = 'disk->open(x);\n// fsync(fd)\nconst char* s = "fsync(fd)";\nio::open(y);\n'
        self.assertEqual(self.rules(engine__wal__a_DOT_cc=text), [])

    def test_missing_contract_word_is_found(self):
        for word in ("Owner:", "Threads:", "Invariants:"):
            self.assertEqual(self.rules(engine__wal__thing_DOT_h=CLEAN.replace(word, "Word:")), ["contracts"])

    def test_wrong_guard_is_found(self):
        self.assertEqual(self.rules(engine__wal__other_DOT_h=CLEAN), ["guards"])


if __name__ == "__main__":
    unittest.main()
