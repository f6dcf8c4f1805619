# SPDX-License-Identifier: Apache-2.0
"""Where the wall time of frames comes from: the source's own clock, its PTS, their arrival, or a file's start."""
import time

from support import case, sources
from support.pipelines import Gst, Pipeline, kvssink
from support.sources import Feed

FPS = 25
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
FRAME = SECOND // FPS
START = 1_700_000_000_123 * MILLISECOND  # 2023-11-14T22:13:20.123Z
NTP_EPOCH = 2_208_988_800 * SECOND  # from 1900 to 1970


def add_reference(buffer, caps, time_ns):
    buffer.add_reference_timestamp_meta(Gst.Caps.from_string(caps), time_ns, Gst.CLOCK_TIME_NONE)


class ClocksTest(case.IntegrationTest):
    def setUp(self):
        super().setUp()
        self.local = self.service()
        self.units = sources.encode(3 * FPS, FPS, key_interval=FPS, tune="zerolatency")

    def times(self, stream, decode=True):
        """Wall times of all frames, in the order of the stream."""
        recording = self.exported(self.local, stream, decode)
        return [recording.date_ns + block.time_ns for block in recording.blocks]

    def stored(self, stream, shift=0, prepare=None, **properties):
        feed = Feed(self.local, stream, **properties)
        feed.prepare = prepare
        feed.play()
        feed.push(self.units, shift)
        feed.end()
        return self.times(stream)

    def expected(self, start):
        """Whole milliseconds from there on, a frame apart."""
        return [(start + number * FRAME) // MILLISECOND * MILLISECOND for number in range(len(self.units))]

    def test_pts_since_1970(self):
        self.assertEqual(self.stored("pts", START, timestamp_source="pts"), self.expected(START))

    def test_original_pts_is_the_older_name(self):
        self.assertEqual(self.stored("original", START, use_original_pts=True), self.expected(START))

    def test_reference_in_ntp_time(self):
        def prepare(buffer):
            add_reference(buffer, "timestamp/x-ntp", NTP_EPOCH + START + buffer.pts)
        self.assertEqual(self.stored("ntp", 0, prepare, timestamp_source="reference"), self.expected(START))

    def test_reference_in_unix_time_is_taken_by_itself(self):
        def prepare(buffer):
            add_reference(buffer, "timestamp/x-unix", START + buffer.pts)
        self.assertEqual(self.stored("unix", 0, prepare), self.expected(START))

    def test_arrival(self):
        encoder = sources.x264(FPS, tune="zerolatency")
        run = Pipeline(f"{sources.camera(2 * FPS, FPS)} ! {encoder} ! "
                       + kvssink(self.local, "arrival", frame_timecodes=False)).run()
        # Two that arrive within a millisecond bear one time, which ffmpeg complains of.
        times, arrivals = self.times("arrival", decode=False), [buffer.arrival_ns for buffer in run.entered]
        self.assertEqual(len(times), len(arrivals))
        for earliest, stored, latest in zip(arrivals, times, [*arrivals[1:], time.time_ns()]):
            # Both the first arrival and the distance to it are rounded down.
            self.assertGreater(stored, earliest - 2 * MILLISECOND)
            self.assertLessEqual(stored, latest)

    def test_the_start_of_a_file(self):
        start = START // SECOND
        self.assertEqual(self.stored("seconds", 0, file_start_time=start), self.expected(start * SECOND))

    def test_the_start_of_a_file_with_milliseconds(self):
        times = self.stored("iso", 5 * SECOND, file_start_time_iso="2023-11-14T22:13:20.123Z")
        self.assertEqual(times, self.expected(START))


if __name__ == "__main__":
    case.main()
