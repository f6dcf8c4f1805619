# SPDX-License-Identifier: Apache-2.0
"""scripts/sanitize: the programs that are watched from outside, and those that must not be."""
import os
import pathlib
import subprocess
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
HOSTS = str(PROJECT / "tests" / "sanitizers" / "hosts")

# The real functions, with what builds and runs taken out: each says how it was called.
STEPS = """
set -euo pipefail
source scripts/lib.sh
source scripts/suites.sh
project=$WHERE
library_path() { say "/lib/$1"; }
gst-inspect-1.0() { :; }
configure_build() { say "configure $(command -v python3)"; }
build() { say "build $(command -v python3)"; }
run_sanitized "$1" --suite unit
"""
MESON = "#!/bin/sh\necho \"test $(command -v python3) $(command -v gst-launch-1.0)\"\n"


class SanitizeTest(unittest.TestCase):
    def steps(self, kind):
        with tempfile.TemporaryDirectory() as folder:
            where = pathlib.Path(folder, "project")
            (where / "tests" / "sanitizers").mkdir(parents=True)
            (where / "tests" / "sanitizers" / "hosts").symlink_to(HOSTS)
            meson = pathlib.Path(folder, "meson")
            meson.write_text(MESON, encoding="utf-8")
            meson.chmod(0o755)
            environment = {**os.environ, "WHERE": str(where), "PATH": f"{folder}:{os.environ['PATH']}"}
            done = subprocess.run(["bash", "-c", STEPS, "steps", kind], capture_output=True, text=True, check=False,
                                  cwd=PROJECT, env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            lines = dict(line.split(" ", 1) for line in done.stdout.splitlines()
                         if line.startswith(("configure ", "build ", "test ")))
            return {name: text.replace(str(where), "PROJECT") for name, text in lines.items()}

    def test_only_running_tests_find_the_watched_programs(self):
        for kind in ("address", "thread"):
            with self.subTest(kind):
                steps = self.steps(kind)
                self.assertNotIn("sanitizers/hosts", steps["configure"])
                self.assertNotIn("sanitizers/hosts", steps["build"])
                self.assertEqual(steps["test"], "PROJECT/tests/sanitizers/hosts/python3 "
                                                "PROJECT/tests/sanitizers/hosts/gst-launch-1.0")


if __name__ == "__main__":
    unittest.main()
