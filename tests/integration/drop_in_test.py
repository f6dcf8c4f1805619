# SPDX-License-Identifier: Apache-2.0
"""What was written for another element of this name: its values run here, with at most one warning each, and what
cannot be stored ends with an error."""
import pathlib
import re

from support import case, sources
from support.pipelines import Gst, Pipeline, kvssink
from support.sources import x264

DATA = pathlib.Path(__file__).resolve().parents[1] / "data" / "properties.csv"
SOURCE = f"videotestsrc num-buffers=50 ! video/x-raw,width=160,height=120,framerate=25/1 ! {x264(25)} ! "
WARNING = re.compile(r"^WARNING: from element \S*(?:kvssink0|sink): (.*)$", re.MULTILINE)
ERROR = re.compile(r"^ERROR: from element \S*(?:kvssink0|sink): (.*)$", re.MULTILINE)
UNWAITED = ("stop-stream-timeout", "0")  # whatever is still on its way then may arrive, or not
# What can mean nothing: no room at all, and a time that no clock shows.
MEANINGLESS = {("storage-size", "0"), ("file-start-time", "18446744073709551615")}


def known_numbers():
    rows = (line.split(",") for line in DATA.read_text().splitlines() if not line.startswith("#"))
    return [(name, value) for name, _, _, _, least, most in rows if most for value in (least, most)]


def said_by_sink(run):
    """Its errors, each once: one from before PLAYING is said again by the change to PLAYING."""
    run.errors()
    return sorted({message.parse_error()[0].message for message in run.of_type(Gst.MessageType.ERROR)
                   if message.src == run.sink})


class Launched:
    """A pipeline to its end, and what kvssink said of it."""

    def __init__(self, test, source, properties="", sink="kvssink"):
        words = f"{source}{sink} endpoint={test.local.url} {properties}".split()
        self.done = test.launch(*words)
        self.text = self.done.stderr + self.done.stdout
        self.warnings, self.errors = WARNING.findall(self.text), sorted(set(ERROR.findall(self.text)))
        test.assertNotRegex(self.text, "CRITICAL|GLib-GObject-WARNING|Caught SIG")


class DropInTest(case.IntegrationTest):
    def setUp(self):
        super().setUp()
        self.local = self.service()

    def stored(self, stream):
        return sum(fragment["frames"] for fragment in self.local.fragments(stream))

    def runs(self, properties, stream="stream", warnings=0, source=SOURCE):
        run = Launched(self, source, f"stream-name={stream} {properties}")
        self.assertEqual(run.done.returncode, 0, f"{properties}: {run.text}")
        self.assertLessEqual(len(run.warnings), warnings, f"{properties}: {run.warnings}")
        self.assertEqual(self.stored(stream), 50, f"{properties}: {run.text}")
        return run

    def test_documented_values_that_are_smaller_than_the_service_serves(self):
        for index, properties in enumerate(("connection-staleness=5", "buffer-duration=5", "storage-size=5",
                                            "fragment-duration=500")):
            with self.subTest(properties):
                run = self.runs(properties, f"small-{index}", warnings=1)
                self.assertEqual(len(run.warnings), 1, run.text)

    def test_the_ends_of_every_range_run_or_mean_nothing(self):
        for index, (name, value) in enumerate(known_numbers()):
            with self.subTest(name=name, value=value):
                if (name, value) == UNWAITED:
                    run = Launched(self, SOURCE, f"stream-name=end-{index} {name}={value}")
                    self.assertEqual(run.done.returncode, 0, run.text)
                elif (name, value) not in MEANINGLESS:
                    self.runs(f"{name}={value}", f"end-{index}", warnings=1)
                else:
                    self.fails_once(SOURCE, f"stream-name=end-{index} {name}={value}",
                                    "(?i)" + name.replace("-", "."))

    def test_small_values_together_with_each_streaming_type(self):
        small = "connection-staleness=1 buffer-duration=1 storage-size=1 fragment-duration=1 max-latency=1"
        for kind in ("realtime", "near-realtime", "offline", "0", "1", "2"):
            for fragmentation in ("true", "false"):
                with self.subTest(kind=kind, fragmentation=fragmentation):
                    self.runs(f"{small} streaming-type={kind} key-frame-fragmentation={fragmentation}",
                              f"together-{kind}-{fragmentation}", warnings=4)

    def test_fragments_of_20_s_lose_no_group_that_would_pass_their_limit(self):
        source = SOURCE.replace("num-buffers=50", "num-buffers=600").replace("framerate=25/1", "framerate=10/1")
        source = source.replace("key-int-max=25", "key-int-max=30")
        for index, duration in enumerate(("20000", "4294967295")):
            with self.subTest(duration):
                run = Launched(self, source, f"stream-name=long-{index} fragment-duration={duration} "
                                             "key-frame-fragmentation=false streaming-type=offline")
                self.assertEqual(run.done.returncode, 0, run.text)
                self.assertEqual(self.stored(f"long-{index}"), 600, run.text)

    def file(self):
        path = self.write("recording.mkv", "")
        sources.run_to_end(f"{SOURCE}h264parse ! matroskamux ! filesink location={path}")
        return f"filesrc location={path} ! matroskademux ! h264parse ! "

    def fails_once(self, source, properties, wanted, sink="kvssink"):
        run = Launched(self, source, properties, sink)
        self.assertGreater(run.done.returncode, 0, run.text)
        self.assertEqual(len(run.errors), 1, run.text)
        self.assertRegex(run.errors[0], wanted)

    def test_times_from_0_that_are_to_count_from_1970_are_one_error(self):
        source = self.file()
        for kind in ("realtime", "offline"):
            with self.subTest(kind):
                self.fails_once(source, f"stream-name=pts use-original-pts=true streaming-type={kind}",
                                "None of the 50 frames .* 1970")

    def test_sound_and_picture_with_times_from_0_are_one_error_too(self):
        self.fails_once(SOURCE + "sink.video_0 audiotestsrc num-buffers=40 ! avenc_aac ! aacparse ! sink.audio_0 ",
                        "name=sink stream-name=pts timestamp-source=pts", "None of the .* 1970")

    def feed_to_the_end(self, units, **properties):
        feed = sources.Feed(self.local, "fed", **properties).play()
        feed.push(units)
        feed.source.emit("end-of-stream")
        feed.wait_for(lambda: feed.of_type(Gst.MessageType.EOS) or feed.of_type(Gst.MessageType.ERROR),
                      "the end", errors=False)
        ended, errors = feed.of_type(Gst.MessageType.EOS), said_by_sink(feed)
        feed.stop()
        return ended, errors

    def test_a_stream_without_a_key_frame_is_one_error(self):
        units = [unit for unit in sources.encode(50) if not unit.key]
        for kind in ("realtime", "offline"):
            with self.subTest(kind):
                ended, errors = self.feed_to_the_end(units, streaming_type=kind)
                self.assertEqual((ended, len(errors)), ([], 1))
                self.assertRegex(errors[0], "None of the .* no key frame")

    def test_a_stream_that_is_no_h264_is_one_error(self):
        noise = [sources.Encoded([b"\x00\x01\x02\x03" * 30], index * Gst.SECOND // 25, index * Gst.SECOND // 25,
                                 Gst.SECOND // 25, True) for index in range(25)]
        ended, errors = self.feed_to_the_end(noise, framing=lambda nals: nals[0])
        self.assertEqual((ended, len(errors)), ([], 1), errors)

    def test_a_stream_without_frames_has_an_ordinary_end(self):
        ended, errors = self.feed_to_the_end([])
        self.assertEqual((len(ended), errors), (1, []))

    def test_one_frame_that_is_stored_makes_an_ordinary_end(self):
        units = sources.encode(25)
        ended, errors = self.feed_to_the_end([unit for unit in units if not unit.key] + units[:1])
        self.assertEqual((len(ended), errors), (1, []))

    def pushed(self, caps):
        """An appsrc with these caps, linked without a name to a kvssink: the pad, and the error if there is one."""
        run = Pipeline(f'appsrc name=src format=time caps="{caps}" ! ' + kvssink(self.local, "linked")).play()
        buffer = Gst.Buffer.new_wrapped(bytes(160))
        buffer.pts, buffer.duration = 0, 20 * Gst.MSECOND
        run["src"].emit("push-buffer", buffer)
        run["src"].emit("end-of-stream")
        run.wait_for(lambda: run.of_type(Gst.MessageType.EOS) or run.of_type(Gst.MessageType.ERROR), "the end",
                     errors=False)
        names = [pad.get_name() for pad in run.sink.sinkpads]
        errors = said_by_sink(run)
        run.stop()
        return names, errors

    def test_a_source_that_says_what_it_has_gets_that_pad_or_the_right_advice(self):
        for caps, pad, advice in (
                ("audio/x-alaw,rate=8000,channels=1", "audio_0", "this is audio: link it to audio_0"),
                ("audio/x-mulaw,rate=8000,channels=1", "audio_0", "this is audio: link it to audio_0"),
                ("audio/x-raw,format=S16LE,layout=interleaved,rate=8000,channels=1", "audio_0",
                 "this is audio: link it to audio_0"),
                ("meta/x-klv,parsed=true", "data_0", "this is data: link it to data_0"),
                ("application/x-onvif-metadata", "data_0", "this is data: link it to data_0"),
                ("meta/x-id3", "data_0", "this is data: link it to data_0"),
                ("video/x-raw,format=I420,width=16,height=16,framerate=25/1", None, "x264enc"),
                ("application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000", None,
                 "rtph264depay"),
                ("video/mpegts,systemstream=true", None, "tsdemux"),
                ("video/x-matroska", None, "matroskademux")):
            with self.subTest(caps):
                names, errors = self.pushed(caps)
                if names != [pad]:
                    self.assertEqual(len(errors), 1, errors)
                    self.assertIn(advice, errors[0])
                else:
                    self.assertEqual(errors, [])


if __name__ == "__main__":
    case.main()
