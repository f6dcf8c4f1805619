# SPDX-License-Identifier: Apache-2.0
"""scripts/fuzz with stand-ins for Meson, Ninja and the targets: which run, how, and what is said of each."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
MESON = '#!/bin/sh\n[ "$1" != introspect ] || cat "$BUILD_DIR/tests.json"\n'
PROGRAMS = {
    "good": 'echo "stat::number_of_executed_units: 4711" >&2',
    "broken": 'echo "==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1" >&2; exit 77',
    "dumb": "exit 0",
}


class FuzzTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bin = pathlib.Path(folder.name, "bin")
        self.dir = pathlib.Path(folder.name, "a build")
        self.program(self.bin / "meson", MESON)
        self.program(self.bin / "ninja", '#!/bin/sh\necho "$@" >>"$BUILD_DIR/ninja-calls"\n')
        self.program(self.bin / "clang++", "#!/bin/sh\n")
        self.dir.mkdir()
        (self.dir / "build.ninja").write_text("", encoding="utf-8")

    @staticmethod
    def program(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def targets(self, *names):
        """The build's tests: these targets, each of which writes down its arguments, and one other test."""
        tests = [{"name": "unit-x", "suite": ["kvssink:unit"], "cmd": ["/bin/false"]}]
        for name in names:
            path = self.dir / "tests" / "fuzz" / f"fuzz-{name}"
            self.program(path, f'#!/bin/sh\nprintf "%s\\n" "$@" >"$0.arguments"\n{PROGRAMS[name]}\n')
            tests.append({"name": f"fuzz-{name}", "suite": ["kvssink:fuzz"],
                          "cmd": [str(path), "-runs=0", f"/corpus/{name}"]})
        (self.dir / "tests.json").write_text(json.dumps(tests), encoding="utf-8")

    def fuzz(self, *arguments):
        environment = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "BUILD_DIR": str(self.dir),
                       "KVSSINK_NO_INSTALL": "1", "CC": "clang", "CXX": "clang++"}
        return subprocess.run([PROJECT / "scripts" / "fuzz", *arguments], capture_output=True, text=True,
                              check=False, env=environment)

    def test_every_target_of_the_build_runs_for_that_long(self):
        self.targets("good")
        done = self.fuzz("--minutes", "1.5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ok     good: 4711 runs\n", done.stdout)
        arguments = (self.dir / "tests" / "fuzz" / "fuzz-good.arguments").read_text(encoding="utf-8").splitlines()
        self.assertIn("-max_total_time=90", arguments)
        self.assertEqual(arguments[-2:], [str(self.dir / "corpus" / "good"), "/corpus/good"])
        self.assertTrue((self.dir / "corpus" / "good").is_dir())

    def test_one_that_breaks_fails_it_and_the_others_run_all_the_same(self):
        self.targets("broken", "good", "dumb")
        done = self.fuzz("--minutes", "1", "-j", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("BROKEN broken: ==7==ERROR: AddressSanitizer: heap-buffer-overflow", done.stdout)
        self.assertIn("ok     good", done.stdout)
        self.assertIn("BROKEN dumb", done.stdout, "it ended well and ran nothing")
        self.assertTrue((self.dir / "findings" / "broken").is_dir())

    def test_those_that_are_named_are_built_and_run(self):
        self.targets("broken", "good")
        done = self.fuzz("--minutes", "1", "good")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("broken", done.stdout)
        calls = (self.dir / "ninja-calls").read_text(encoding="utf-8").splitlines()
        self.assertTrue(calls[0].endswith("build.ninja"), calls)
        self.assertTrue(calls[-1].endswith("tests/fuzz/fuzz-good"), calls)

    def test_mistakes_are_told(self):
        self.targets("good")
        for arguments, sentence in (((), "how long?"), (("--minutes", "x"), "takes a number"),
                                    (("--minutes", "0"), "above 0"), (("--minutes", "1", "-j", "0"), "above 0"),
                                    (("--minutes", "1", "none"), "no target 'none'; there are: good"),
                                    (("--minutes", "1", "--fast"), "unknown option --fast")):
            with self.subTest(arguments):
                done = self.fuzz(*arguments)
                self.assertEqual(done.returncode, 1)
                self.assertIn(sentence, done.stderr)


if __name__ == "__main__":
    unittest.main()
