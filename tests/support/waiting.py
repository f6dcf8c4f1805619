# SPDX-License-Identifier: Apache-2.0
"""Waiting on conditions, never for luck."""
import os
import time

SLOWNESS = 5 if os.environ.get("KVS_TEST_SANITIZER") else 1  # of a program that is watched

# Generous: a loaded machine needs many times what an idle one does, and only a failure waits so long.
PATIENCE = 40.0 * SLOWNESS


def wait_until(condition, what, timeout=PATIENCE, interval=0.02):
    """Returns condition()'s first true answer. AssertionError with `what` where none came in `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"after {timeout:g} s still not so: {what}")
        time.sleep(interval)
