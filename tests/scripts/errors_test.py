#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/errors.md against the guide's codes (tests/data) and against what the core raises; and every code that
is raised stands in a unit test that provokes it."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\*\*)?(0x[0-9a-f]{8,16})(?:\*\*)? \| (STATUS_\w+|INVALID_DURATION_VALUE) \| (.*) \|(.*)\|$",
                 re.MULTILINE)
NO_CODES = {"success", "unknown"}  # of ours alone


def lines_of(name):
    text = (ROOT / "tests" / "data" / name).read_text()
    return [line.split(",") for line in text.splitlines() if not line.startswith("#")]


def enumerators():
    text = (ROOT / "producer-core" / "base" / "status.h").read_text()
    found = dict(re.findall(r"^  (\w+) = (0x[0-9a-f]{8}),$", text, re.MULTILINE))
    return {name: code for name, code in found.items() if name not in NO_CODES}


class ErrorsPageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = (ROOT / "docs" / "errors.md").read_text()
        cls.rows = ROW.findall(cls.page)

    def test_has_every_code_of_the_guide_and_no_other(self):
        guide = [tuple(row) for row in lines_of("status_codes.csv")]
        self.assertEqual(len(guide), 313)
        self.assertEqual(sorted((code, name) for _, code, name, _, _ in self.rows), sorted(guide))

    def test_says_which_are_raised(self):
        bold = {code for mark, code, *_ in self.rows if mark}
        self.assertEqual(bold, set(enumerators().values()))

    def test_has_a_sentence_for_each_and_what_to_do_for_ours(self):
        for mark, code, _, when, what in self.rows:
            self.assertTrue(when.strip(), code)
            self.assertEqual(bool(mark), bool(what.strip()), code)

    def test_lists_every_limit(self):
        for name, _, _ in lines_of("quotas.csv"):
            self.assertIn(name, self.page)

    def test_each_code_that_is_raised_is_provoked(self):
        tests = "".join(path.read_text() for path in (ROOT / "tests" / "unit").rglob("*.cpp"))
        for name in enumerators():
            self.assertTrue(re.search(rf"StatusCode::{name}\b", tests), name)

    def test_the_codes_of_each_gstreamer_error_are_the_elements(self):
        source = (ROOT / "gst" / "report" / "errors.cpp").read_text()
        codes = enumerators()
        for short in ("NOT_AUTHORIZED", "NOT_FOUND", "NO_SPACE_LEFT", "BUSY"):
            row = re.search(rf"^\| `GST_RESOURCE_ERROR_{short}` \| (.*) \|$", self.page, re.MULTILINE)
            told = set(re.findall(r"0x[0-9a-f]{8}", row.group(1)))
            ours = {codes[name] for name in
                    re.findall(rf"\{{StatusCode::(\w+), GST_RESOURCE_ERROR_{short}\}}", source)}
            self.assertEqual(told, ours, short)


if __name__ == "__main__":
    unittest.main()
