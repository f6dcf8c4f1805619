#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What scripts/count_tests.py makes of each kind of test program, in every way that one can end."""
import importlib.util
import pathlib
import sys
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "count_tests.py"
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("count_tests", SCRIPT)
count_tests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(count_tests)

GTEST_TWO_OF_THREE = """\
[ RUN      ] Block.hasItsTime
[       OK ] Block.hasItsTime (0 ms)
[ RUN      ] Block.isWhole
[  FAILED  ] Block.isWhole (3 ms)
[ RUN      ] Block/Sizes.fit/2
[       OK ] Block/Sizes.fit/2 (11 ms)
[==========] 3 tests from 2 test suites ran. (14 ms total)
[  FAILED  ] 1 test, listed below:
[  FAILED  ] Block.isWhole
"""
UNITTEST_ONE_OF_FOUR = "....\nRan 4 tests in 0.012s\n\nFAILED (failures=1, errors=1, skipped=1)\n"


def counted(result, stdout="", stderr=""):
    count = count_tests.count_program({"result": result, "stdout": stdout, "stderr": stderr})
    return count["passed"], count["failed"], count["skipped"]


class CountProgram(unittest.TestCase):
    def test_plain_program_counts_once(self):
        self.assertEqual(counted("OK"), (1, 0, 0))
        self.assertEqual(counted("FAIL"), (0, 1, 0))
        self.assertEqual(counted("TIMEOUT"), (0, 1, 0))
        self.assertEqual(counted("SKIP"), (0, 0, 1))

    def test_each_gtest_case_counts_once(self):
        self.assertEqual(counted("FAIL", GTEST_TWO_OF_THREE), (2, 1, 0))

    def test_skipped_gtest_case(self):
        self.assertEqual(counted("OK", "[       OK ] A.b (0 ms)\n[  SKIPPED ] A.c (0 ms)\n"), (1, 0, 1))

    def test_crash_after_passed_cases_is_a_failure(self):
        self.assertEqual(counted("FAIL", "[       OK ] A.b (0 ms)\n[ RUN      ] A.c\n"), (1, 1, 0))

    def test_unittest_sum(self):
        self.assertEqual(counted("FAIL", "", UNITTEST_ONE_OF_FOUR), (1, 2, 1))
        self.assertEqual(counted("OK", "", "..\nRan 2 tests in 1.500s\n\nOK\n"), (2, 0, 0))

    def test_program_that_ran_nothing_did_not_pass(self):
        self.assertEqual(counted("OK", "[==========] 0 tests from 0 test suites ran. (0 ms total)\n"), (0, 0, 0))
        self.assertEqual(counted("OK", "", "\nRan 0 tests in 0.000s\n\nOK\n"), (0, 0, 0))


if __name__ == "__main__":
    unittest.main()
