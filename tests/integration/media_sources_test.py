# SPDX-License-Identifier: Apache-2.0
"""The Producer Client's three sources: what each produces arrives, with its own times, in a stream of its own."""
import calendar
import os
import signal
import subprocess

from support import case, frames, h264, judges, matroska, sources
from support.waiting import PATIENCE, wait_until

FPS = 25
SECOND = 1_000_000_000
PROGRAM = os.path.join(os.environ.get("KVS_EXAMPLES", "examples"), "media_sources")
DATA_TRACK = 0x21
COLUMNS = 10


class MediaSourcesTest(case.IntegrationTest):
    def start(self, service, *arguments):
        program = subprocess.Popen([PROGRAM, "--endpoint", service.url, *arguments], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(program.stdout.close)
        self.addCleanup(lambda: program.poll() is None and program.kill())
        return program

    def finish(self, program):
        output, _ = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 0, output)
        return output

    def number_in(self, picture):
        """What the camera wrote into its first row: a bright square is 1, the highest bit first."""
        width, rows = COLUMNS * 16, 96
        self.assertEqual(len(picture), width * rows * 3 // 2)
        return sum((picture[8 * width + 16 * bit + 8] > 128) << (COLUMNS - 1 - bit) for bit in range(COLUMNS))

    def decoded_numbers(self, path):
        raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-fps_mode", "passthrough", "-f", "rawvideo",
                              "-pix_fmt", "yuv420p", "-"], capture_output=True, check=True, timeout=PATIENCE)
        self.assertEqual(raw.stderr, b"")
        size = COLUMNS * 16 * 96 * 3 // 2
        return [self.number_in(raw.stdout[at:at + size]) for at in range(0, len(raw.stdout), size)]

    def test_a_camera_without_an_encoder(self):
        service = self.service()
        self.finish(self.start(service, "--camera", "yard", "--frames", "110", "--fps", str(FPS)))
        recording = self.exported(service, "yard", decode=False)
        self.assertEqual(len(recording.blocks), 110)
        self.assertEqual([block.time_ns - recording.blocks[0].time_ns for block in recording.blocks],
                         [index * SECOND // FPS for index in range(110)])
        self.assertEqual([bool(cluster.blocks[0].key) for cluster in recording.clusters], [True] * 3)
        self.assertEqual(self.decoded_numbers(service.export("yard")[0]), list(range(110)))
        self.assertIn(("first-frame", "0"), recording.tags)
        self.assertIn(("first-frame", "50"), recording.tags)
        self.assertIn(("camera", "synthetic"), recording.tags)

    def test_a_recording_stands_where_it_was_recorded(self):
        units = sources.encode(3 * FPS, FPS, bframes=0, key_interval=FPS)
        path = os.path.join(self.folder, "door.h264")
        with open(path, "wb") as file:
            for unit in units:
                file.write(h264.join_byte_stream(unit.units, b"\0\0\0\1"))
        service = self.service()
        self.finish(self.start(service, "--recording", f"door={path}", "--fps", str(FPS),
                               "--recorded-at", "2024-02-29T12:00:00Z"))
        recording = self.exported(service, "door")
        wanted = [frames.Frame(index * SECOND // FPS, unit.key, h264.join_lengths(unit.units))
                  for index, unit in enumerate(units)]
        frames.check_bytes(self, wanted, recording.blocks)
        begin = calendar.timegm((2024, 2, 29, 12, 0, 0)) * SECOND
        self.assertEqual([recording.date_ns + block.time_ns for block in recording.blocks],
                         [begin + frame.time_ns for frame in wanted])

    def test_without_a_time_it_ends_when_the_file_was_written(self):
        path = os.path.join(self.folder, "door.h264")
        with open(path, "wb") as file:
            for unit in sources.encode(2 * FPS, FPS, bframes=0, key_interval=FPS):
                file.write(h264.join_byte_stream(unit.units, b"\0\0\1"))
        written = 1_700_000_000
        os.utime(path, (written, written))
        service = self.service()
        self.finish(self.start(service, "--recording", f"door={path}", "--fps", str(FPS)))
        recording = self.exported(service, "door")
        self.assertEqual(recording.date_ns + recording.blocks[0].time_ns, (written - 2) * SECOND)

    def test_a_log_is_followed_over_its_rotation(self):
        path = os.path.join(self.folder, "messages")
        with open(path, "w", encoding="utf-8") as log:
            log.write("first\nsecond\nhalf of the ")
        service = self.service()
        program = self.start(service, "--log", f"log={path}", "--whole-log")
        wait_until(lambda: self.has_open(program, path), "the log to be followed")
        with open(path, "a", encoding="utf-8") as log:
            log.write("third\n\nfourth\n")
        os.rename(path, path + ".1")
        with open(path, "w", encoding="utf-8") as log:
            log.write("fifth\n")
        program.send_signal(signal.SIGINT)
        self.finish(program)
        self.assertEqual(self.lines(service), [b"first", b"second", b"half of the third", b"fourth", b"fifth"])
        track = matroska.read(service.export("log")[0]).tracks[0]
        self.assertEqual((track.kind, track.codec_id, track.name), (DATA_TRACK, "S_TEXT/UTF8", "log"))

    def has_open(self, program, path):
        folder = f"/proc/{program.pid}/fd"
        return any(os.path.realpath(os.path.join(folder, name)) == path for name in os.listdir(folder))

    def lines(self, service):
        return [block.data for path in service.export("log") for block in matroska.read(path).blocks]

    def read_until(self, program, text):
        for line in program.stdout:
            if text in line:
                return
        self.fail(f"the program ended without saying: {text}")

    def test_three_at_once_and_one_that_fails(self):
        path = os.path.join(self.folder, "messages")
        with open(path, "w", encoding="utf-8") as log:
            log.write("hello\n")
        broken = os.path.join(self.folder, "broken.h264")
        with open(broken, "wb") as file:
            file.write(b"this is not H.264")
        service = self.service()
        program = self.start(service, "--camera", "yard", "--log", f"log={path}", "--whole-log",
                             "--recording", f"door={broken}")
        self.read_until(program, "door: failed: ")
        self.read_until(program, "yard: stored fragment")
        program.send_signal(signal.SIGINT)
        output, _ = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 1, output)
        self.assertNotIn("yard: not all of it was stored", output)
        self.assertEqual(self.lines(service), [b"hello"])
        self.assertEqual(judges.complaints(service.export("yard")[0]), [])

    def test_what_cannot_work_is_said(self):
        for arguments in (["--log", "messages"], ["--recording", "door=x.h264", "--recorded-at", "yesterday"]):
            done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("must be", done.stderr)


if __name__ == "__main__":
    case.main()
