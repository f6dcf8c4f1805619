# SPDX-License-Identifier: Apache-2.0
"""The examples do what their first line says, against kvs-local."""
import os
import re
import subprocess
import sys

from support import case, matroska, preload

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "python")
BUILT = os.environ.get("KVS_EXAMPLES", "")
CAMERA = "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1"


class ExamplesTest(case.IntegrationTest):
    maxDiff = None

    def run_command(self, command):
        done = subprocess.run(command, env=preload.watched(), capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def example(self, name, service, stream, *arguments, camera=CAMERA):
        return self.run_command([sys.executable, os.path.join(EXAMPLES, f"{name}.py"), "--stream", stream, "--endpoint",
                                 service.url, "--camera", camera, *arguments])

    def count_frames(self, service, stream):
        return sum(fragment["frames"] for fragment in service.fragments(stream))

    def test_react_to_a_lost_connection(self):
        service = self.service(faults=[{"match": {"operation": "putMedia"}, "when": {"afterFragments": 1},
                                        "action": {"type": "reset"}}])
        camera = CAMERA.replace("is-live", "num-buffers=180 is-live")
        said = self.example("react_to_lost_connection", service, "lost", camera=camera)
        states = re.findall(r"^connection: (\w+)", said, re.MULTILINE)
        self.assertEqual(states.count("streaming"), 2, said)
        first = states.index("streaming")
        self.assertTrue({"disconnected", "retrying"} & set(states[first:]), said)
        self.assertNotIn("lost:", said)
        self.assertEqual(self.count_frames(service, "lost"), 180)

    def test_count_acknowledgements(self):
        service = self.service()
        said = self.example("count_acknowledgements", service, "counted", "--seconds", "5")
        counts = dict(re.findall(r"^(\w+): (\d+)$", said, re.MULTILINE))
        stored = len(service.fragments("counted"))
        self.assertGreaterEqual(stored, 4)
        self.assertEqual({counts[name] for name in ("buffering", "received", "persisted")}, {str(stored)}, said)

    def test_metadata_on_motion(self):
        service = self.service()
        ball = CAMERA.replace("videotestsrc", "videotestsrc pattern=ball")
        said = self.example("metadata_on_motion", service, "moving", "--seconds", "5", camera=ball)
        self.assertGreater(int(re.search(r"marked (\d+) times", said)[1]), 0)
        self.assertIn("motion", {name for name, _ in self.tags(service, "moving")})
        still = CAMERA.replace("videotestsrc", "videotestsrc pattern=blue")
        said = self.example("metadata_on_motion", service, "still", "--seconds", "3", camera=still)
        self.assertIn("marked 0 times", said)
        self.assertEqual(self.tags(service, "still"), [])

    def tags(self, service, stream):
        return [tag for path in service.export(stream) for tag in matroska.read(path).tags]

    def test_stop_and_resume_without_tearing_down(self):
        service = self.service()
        said = self.example("stop_and_resume", service, "resumed", "--times", "3", "--seconds", "2")
        self.assertEqual(re.findall(r"^recording \d: (.*)$", said, re.MULTILINE), ["stored"] * 3)
        starts = [fragment["timecode_ms"] for fragment in service.fragments("resumed")]
        gaps = [later - sooner for sooner, later in zip(starts, starts[1:])]
        self.assertEqual(sum(gap >= 2000 for gap in gaps), 2, f"two pauses: {gaps}")

    def test_add_and_remove_on_a_running_tee(self):
        service = self.service()
        said = self.example("sink_on_running_tee", service, "tee", "--times", "2", "--seconds", "2")
        branches = re.findall(r"^branch \d: (\d+) of (\d+) frames are stored$", said, re.MULTILINE)
        self.assertEqual(len(branches), 2, said)
        for stored, taken in branches:
            self.assertEqual(stored, taken)
            self.assertGreater(int(stored), 10)
        self.assertEqual(self.count_frames(service, "tee"), sum(int(stored) for stored, _ in branches))

    def test_embedding_in_c(self):
        service = self.service()
        said = self.run_command([os.path.join(BUILT, "embed"), "c-stream", service.url, "3"])
        self.assertRegex(said, r"(?m)^persisted: \d+ fragments$")
        self.assertGreater(self.count_frames(service, "c-stream"), 30)


if __name__ == "__main__":
    case.main()
