# SPDX-License-Identifier: Apache-2.0
"""Libraries that must stand in front of all others in a program that loads our plugin: a sanitizer's
(scripts/sanitize, KVS_TEST_SANITIZER) and what it needs, a resolver. A program that lacks them starts itself again; its children are
as ever, but for those that load the plugin too (tests/sanitizers/hosts)."""
import os
import sys

SANITIZER = os.environ.get("KVS_TEST_SANITIZER", "")
PYTHON = sys.executable
HOSTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sanitizers", "hosts")


def loaded():
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return {line.split()[-1] for line in maps}


def watched():
    """The environment of a program that loads our plugin and is none of tests/sanitizers/hosts."""
    return {**os.environ, "LD_PRELOAD": SANITIZER}


def host(*libraries):
    wanted = [os.path.realpath(one) for one in (*SANITIZER.split(":"), *libraries) if one]
    if set(wanted) <= loaded():
        os.environ.pop("LD_PRELOAD", None)
        if SANITIZER:
            os.environ["KVS_TEST_PYTHON"] = PYTHON
            sys.executable = os.path.join(HOSTS, "python3")
        return
    os.environ["LD_PRELOAD"] = ":".join(wanted)
    os.execv(PYTHON, [PYTHON, *sys.orig_argv[1:]])
