#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which citations scripts/check refuses: those that nobody who has the project alone can look up."""
import importlib.util
import pathlib
import sys
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check_sources.py"
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("check_sources", SCRIPT)
check_sources = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check_sources)

PAGES = {"README.md", "errors.md"}


def cited(text):
    return [(line, words) for line, words, _ in check_sources.cited_in(text, PAGES)]


class Citations(unittest.TestCase):
    def test_numbered_rules_are_refused(self):
        for text in ("// never (RULES 6).", "// RULES 24: who is behind", "// (RULES, smaller ones)", "Rule 3 says"):
            self.assertEqual(len(cited(text)), 1, text)

    def test_lines_of_a_document_are_refused(self):
        text = "// (guide, lines 4638-4760)\n\n// from line 8755 on"
        self.assertEqual(cited(text), [(1, "lines 4638"), (3, "line 8755")])

    def test_numbers_of_issues_are_refused(self):
        self.assertEqual(cited("as issue 4 and Issue #12 ask"), [(1, "issue 4"), (1, "Issue #12")])

    def test_pages_that_are_not_here_are_refused(self):
        text = "see docs/errors.md, [README](../README.md)\n// PROTOCOL.md's table"
        self.assertEqual(cited(text), [(2, "PROTOCOL.md")])

    def test_public_documents_by_title_and_section_are_welcome(self):
        for text in ("RFC 9112, 6.3", 'guide, "Producer SDK quotas"', "ITU-T H.264, 7.3.2.1.1", "the rules; line 12",
                     "LIST_OF_RULES", "curl#8515"):
            self.assertEqual(cited(text), [], text)


if __name__ == "__main__":
    unittest.main()
