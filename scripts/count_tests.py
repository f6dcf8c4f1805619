#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts test cases in the logs of `meson test` and prints `N passed, N failed`; before that line `N skipped`, where
there are any.

A program of GoogleTest or unittest counts with each of its cases, any other with one. What the log of a
failed program does not show as a failed case (a crash, a time-out, a leak) counts as one more failure.

    count_tests.py LOG.json...      exit status 1 when a case failed or none ran
"""
import json
import re
import sys
from collections import Counter

GTEST = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}
GTEST_CASE = re.compile(r"^\[ +(OK|FAILED|SKIPPED) +\] \S+.* \(\d+ ms\)$", re.MULTILINE)
UNITTEST_TOTAL = re.compile(r"^Ran (\d+) tests? in [\d.]+s\n\n(\w+)(?: \((.*)\))?$", re.MULTILINE)
RAN_NOTHING = re.compile(r"^(Ran 0 tests in|\[=+\] 0 tests from) ", re.MULTILINE)
MESON = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


def gtest_cases(output):
    return Counter(GTEST[found] for found in GTEST_CASE.findall(output))


def unittest_cases(output):
    """unittest's own sum, which stands in its output at every verbosity."""
    count = Counter()
    for ran, _, details in UNITTEST_TOTAL.findall(output):
        named = {key: int(number) for key, number in re.findall(r"(\w+)=(\d+)", details)}
        failed = named.get("failures", 0) + named.get("errors", 0) + min(1, named.get("successes", 0))
        skipped = named.get("skipped", 0)
        count += Counter(passed=int(ran) - failed - skipped, failed=failed, skipped=skipped)
    return count


def count_program(test):
    """The cases of one program that Meson ran, a Counter of passed, failed, skipped."""
    output = test.get("stdout", "") + "\n" + test.get("stderr", "")
    verdict = MESON.get(test["result"], "failed")
    count = gtest_cases(output) + unittest_cases(output)
    if verdict == "skipped":
        return Counter(skipped=max(1, count.total()))
    if not count.total():
        return Counter() if verdict == "passed" and RAN_NOTHING.search(output) else Counter({verdict: 1})
    if verdict == "failed" and not count["failed"]:
        count["failed"] = 1
    return count


def main(logs):
    count = Counter()
    for log in logs:
        with open(log, encoding="utf-8") as lines:
            for line in lines:
                count += count_program(json.loads(line))
    if count["skipped"]:
        print(f"{count['skipped']} skipped")
    print(f"{count['passed']} passed, {count['failed']} failed")
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
