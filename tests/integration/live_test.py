# SPDX-License-Identifier: Apache-2.0
"""Live sources of every framing arrive whole: each frame, byte for byte, in order, to the millisecond."""
import time

from support import case, h264, sources
from support.pipelines import Pipeline, kvssink
from support.sources import Feed, camera, x264

FRAMES = 200
NAL = "video/x-h264,stream-format=byte-stream,alignment=nal"


class LiveTest(case.IntegrationTest):
    def stream(self, *elements, **properties):
        """camera ! elements ! kvssink; answers what ran and the recording of it."""
        service = self.service()
        description = " ! ".join([camera(FRAMES), *elements, kvssink(service, "live", **properties)])
        run = Pipeline(description).run()
        self.assertEqual(run.warnings(), [])
        self.assertEqual(run.stats()["times-repaired"], 0)
        recording = self.check_whole(service, "live", run.entered)
        self.assertEqual(len(recording.blocks), FRAMES)
        self.check_wall_clock(run, recording)
        return run, recording

    def check_wall_clock(self, run, recording):
        """Frames are dated by the wall clock when they were taken."""
        times = [recording.date_ns + block.time_ns for block in recording.blocks]
        self.assertGreaterEqual(min(times), run.started_ns - 1_000_000)
        self.assertLessEqual(max(times), time.time_ns())

    def formats(self, run):
        return {(buffer.stream_format, buffer.alignment) for buffer in run.entered}

    def test_encoder_alone(self):
        self.stream(x264())

    def test_parsed(self):
        self.stream(x264(), "h264parse")

    def test_zero_latency(self):
        self.stream(x264(tune="zerolatency"))

    def test_b_frames(self):
        run, _ = self.stream(x264(bframes=2), "h264parse")
        times = [buffer.time_ns for buffer in run.entered]
        self.assertNotEqual(times, sorted(times), "there are B-frames in the stream")

    def test_byte_stream(self):
        run, _ = self.stream(x264(), "video/x-h264,stream-format=byte-stream")
        self.assertEqual(self.formats(run), {("byte-stream", "au")})

    def test_nal_aligned(self):
        run, _ = self.stream(x264(), "h264parse", NAL)
        self.assertEqual(self.formats(run), {("byte-stream", "nal")})
        self.assertGreater(len(run.entered), FRAMES)

    def test_nal_aligned_with_slices_and_delimiters(self):
        encoder = x264(aud="true", option_string="slices=3", bframes=2)
        run, recording = self.stream(encoder, "h264parse", NAL)
        kinds = [h264.kind(unit) for unit in h264.split_lengths(recording.blocks[1].data, 4)]
        self.assertIn(h264.DELIMITER, kinds)
        self.assertEqual(sum(kind in h264.SLICES for kind in kinds), 3)
        self.assertGreater(len(run.entered), 3 * FRAMES)

    def test_avc3(self):
        run, _ = self.stream(x264(), "h264parse", "video/x-h264,stream-format=avc3,alignment=au")
        self.assertEqual(self.formats(run), {("avc3", "au")})

    def test_avc(self):
        run, _ = self.stream(x264(), "h264parse", "video/x-h264,stream-format=avc,alignment=au")
        self.assertEqual(self.formats(run), {("avc", "au")})

    def test_relative_times(self):
        service = self.service()
        run = Pipeline(f"{camera(FRAMES)} ! {x264()} ! {kvssink(service, 'live', absolute_fragment_times='false')}").run()
        recording = self.check_whole(service, "live", run.entered)
        self.check_wall_clock(run, recording)


class FramingTest(case.IntegrationTest):
    def feed(self, units, framing, caps):
        service = self.service()
        feed = Feed(service, "framing", framing, caps).play()
        feed.push(units)
        feed.end()
        self.assertEqual(feed.warnings(), [])
        recording = self.check_whole(service, "framing", feed.entered)
        self.assertEqual(len(recording.blocks), len(units))

    def avc(self, units, size):
        record = sources.decoder_configuration(units, size).hex()
        caps = f"stream-format=avc,alignment=au,codec_data=(buffer){record},width=64,height=48"
        self.feed(units, lambda nals: h264.join_lengths(nals, size), caps)

    def small_units(self):
        """Every NAL unit fits into a length field of one byte."""
        units = sources.encode(60, size=(64, 48), option_string="slice-max-size=200", bitrate=100)
        units = sources.without(units, h264.SEI)
        self.assertLess(max(len(nal) for unit in units for nal in unit.units), 256)
        return units

    def test_avc_with_lengths_of_one_byte(self):
        self.avc(self.small_units(), 1)

    def test_avc_with_lengths_of_two_bytes(self):
        self.avc(sources.encode(60, size=(64, 48)), 2)

    def test_start_codes_of_three_bytes(self):
        self.feed(sources.encode(60), lambda nals: h264.join_byte_stream(nals, b"\0\0\1"),
                  "stream-format=byte-stream,alignment=au")

    def test_caps_without_alignment_and_size(self):
        self.feed(sources.encode(60), h264.join_byte_stream, "stream-format=byte-stream")

    def test_delta_frames_before_the_first_key_frame_are_skipped_and_counted(self):
        service = self.service()
        feed = Feed(service, "late").play()
        feed.push_and_wait(sources.encode(60)[5:])
        self.assertEqual(feed.stats()["skipped-before-key-frame"], 20)
        feed.end()
        recording = self.check_whole(service, "late", feed.entered)
        self.assertEqual(len(recording.blocks), 35)


class CreatingTest(case.IntegrationTest):
    def test_frames_are_held_while_the_stream_is_created(self):
        service = self.service("--creating-ms", "3000")
        run = Pipeline(f"{camera(FRAMES)} ! {x264()} ! {kvssink(service, 'new')}").run()
        self.assertGreater(time.time_ns() - run.started_ns, 3_000_000_000)
        recording = self.check_whole(service, "new", run.entered)
        self.assertEqual(len(recording.blocks), FRAMES)

    def test_flags_of_the_first_frames_are_no_reason_to_drop_them(self):
        service = self.service()
        flags = sources.Gst.BufferFlags
        feed = Feed(service, "flags").play()
        feed.first_flags = flags.DISCONT | flags.HEADER | flags.RESYNC
        units = sources.encode(50)
        feed.push(units)
        feed.end()
        recording = self.check_whole(service, "flags", feed.entered)
        self.assertEqual(len(recording.blocks), len(units))


if __name__ == "__main__":
    case.main()
