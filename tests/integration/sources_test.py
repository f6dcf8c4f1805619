# SPDX-License-Identifier: Apache-2.0
"""Sources that are exchanged while they play, and sources that say no time."""
from support import case, matroska
from support.pipelines import Gst, Pipeline, kvssink
from support.sources import camera, encode, x264

FPS = 25


class SourcesTest(case.IntegrationTest):
    def switched(self, second_size):
        """Two cameras behind an input-selector, which changes over in the middle of both groups."""
        service = self.service()
        branch = lambda number, size, pattern: (
            f"{camera(400, 50, size, pattern=pattern)} ! {x264(50, tune='zerolatency')} ! h264parse ! "
            f"video/x-h264,stream-format=avc ! selector.sink_{number} ")
        run = Pipeline(branch(0, (320, 240), "ball") + branch(1, second_size, "snow") +
                       f"input-selector name=selector sync-streams=false ! {kvssink(service, 'switched')}")
        selector, first_of_second = run["selector"], []
        selector.set_property("active-pad", selector.get_static_pad("sink_0"))

        def switch(_pad, _info):
            if len(run.tap.entered) == 75 and not first_of_second:
                first_of_second.append(75)
                selector.set_property("active-pad", selector.get_static_pad("sink_1"))
            return Gst.PadProbeReturn.OK

        run.sink.get_static_pad("video_0").add_probe(Gst.PadProbeType.BUFFER, switch)
        run.run()
        blocks = [block for path in service.export("switched") for block in matroska.read(path).blocks]
        self.assertTrue(first_of_second)
        stats = run.last_stats
        self.assertGreater(stats["skipped-after-gap"], 0)
        entered = run.entered
        self.assertEqual(len(blocks) + stats["skipped-after-gap"], len(entered))
        sent = {block.data for block in blocks}
        begins = next(i for i, buffer in enumerate(entered) if i >= 75 and buffer.data not in sent)
        again = next(i for i, buffer in enumerate(entered) if i > begins and buffer.data in sent)
        self.assertFalse(entered[again].delta, "the other camera begins with a key frame")
        self.assertTrue(run.structures("kvssink-frames-skipped"))

    def test_another_camera_with_other_caps(self):
        self.switched((160, 120))

    def test_another_camera_with_the_same_caps(self):
        self.switched((320, 240))

    def untimed(self, frames, caps, live, pause, **properties):
        """An appsrc that sets neither times nor durations."""
        service = self.service()
        run = Pipeline(f'appsrc name=source format=time is-live={str(live).lower()} caps="{caps}" ! '
                       f"{kvssink(service, 'untimed', **properties)}").play()
        try:
            for data, key in frames:
                buffer = Gst.Buffer.new_wrapped(data)
                if not key:
                    buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
                run["source"].emit("push-buffer", buffer)
                pause(run)
            run["source"].emit("end-of-stream")
            run.wait_eos()
        finally:
            run.stop()
        # Frames that arrive at no even pace are nothing that FFmpeg's null muxer takes without a word.
        return run, self.exported(service, "untimed", decode=not live)

    def byte_stream(self, count):
        return [(b"".join(b"\0\0\0\1" + bytes(unit) for unit in frame.units), frame.key)
                for frame in encode(count, FPS, tune="zerolatency")]

    def test_a_recording_without_times_has_the_rate_of_its_parameter_sets(self):
        frames = self.byte_stream(100)
        _, recording = self.untimed(frames, "video/x-h264,stream-format=byte-stream,alignment=au", False,
                                    lambda run: None, streaming_type="offline")
        times = [block.time_ns for block in recording.blocks]
        self.assertEqual(len(times), 100)
        self.assertAlmostEqual((times[-1] - times[0]) / 1e9, 99 / FPS, delta=0.01)

    def test_a_live_source_without_times_has_the_time_of_arrival(self):
        frames = self.byte_stream(60)
        arrived = []

        def pause(run):
            count = len(arrived) + 1
            run.wait_for(lambda: len(run.entered) >= count, "the frame is in")
            arrived.append(run.entered[-1].arrival_ns)
            run.poll(0.05)

        _, recording = self.untimed(frames, "video/x-h264,stream-format=byte-stream,alignment=au", True, pause)
        times = [block.time_ns for block in recording.blocks]
        self.assertEqual(len(times), 60)
        # The first one is appsrc's own: it says 0.
        self.assertAlmostEqual((times[-1] - times[1]) / 1e9, (arrived[-1] - arrived[1]) / 1e9, delta=0.5)


if __name__ == "__main__":
    case.main()
