# SPDX-License-Identifier: Apache-2.0
"""The example without GStreamer sends an Annex B file: every frame arrives."""
import os
import subprocess

from support import case, frames, h264, sources
from support.waiting import PATIENCE

FPS = 25
PROGRAM = os.path.join(os.environ.get("KVS_EXAMPLES", "examples"), "annexb_producer")


class AnnexBProducerTest(case.IntegrationTest):
    def produce(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)

    def send(self, units, code=b"\0\0\0\1"):
        path = os.path.join(self.folder, "film.h264")
        with open(path, "wb") as file:
            for unit in units:
                file.write(h264.join_byte_stream(unit.units, code))
        service = self.service()
        done = self.produce(path, "--stream-name", "film", "--endpoint", service.url, "--fps", str(FPS))
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertIn(f"{len(units)} frames put, {len(units)} persisted", done.stdout)
        wanted = [frames.Frame(index * 1_000_000_000 // FPS, unit.key, h264.join_lengths(unit.units))
                  for index, unit in enumerate(units)]
        recording = self.exported(service, "film")
        frames.check_bytes(self, wanted, recording.blocks)
        frames.check_times(self, wanted, recording.blocks)
        frames.check_clusters(self, recording)
        frames.check_header(self, recording, wanted)

    def test_a_file(self):
        self.send(sources.encode(300, FPS, bframes=0))

    def test_a_file_with_slices_delimiters_and_short_start_codes(self):
        self.send(sources.encode(100, FPS, bframes=0, aud="true", option_string="slices=3"), b"\0\0\1")

    def test_what_cannot_work_is_said(self):
        done = self.produce(os.path.join(self.folder, "nothing.h264"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("nothing.h264", done.stderr + done.stdout)


if __name__ == "__main__":
    case.main()
