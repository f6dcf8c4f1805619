# SPDX-License-Identifier: Apache-2.0
"""An element's life with a real service behind it: flushes, seeks, states, pads and applications that come and go."""
import os
import signal
import subprocess
import threading
import time

from support import frames, matroska, together
from support.pipelines import Gst, Pipeline, kvssink
from support.sources import camera, run_to_end, x264
from support.together import FPS, SideBySide, recording
from support.tracks import PadTap
from support.waiting import PATIENCE, wait_until

SECONDS = 6
MULAW = "audiotestsrc is-live=true samplesperbuffer=800 ! audio/x-raw,rate=8000,channels=1 ! mulawenc"


def before_the_jump(entered):
    """The place of the last buffer of those before a seek."""
    times = [buffer.time_ns for buffer in entered]
    return max(range(len(times) - 1), key=lambda at: abs(times[at + 1] - times[at]))


class Life:
    """Each row, over plain connections and over TLS."""

    def setUp(self):
        super().setUp()
        self.units = recording(SECONDS)
        self.here = self.local()

    def feed(self, place, stream="stream", **properties):
        return super().feed(place, stream, **{**together.UNHURRIED, **properties})

    def check_frames(self, entered):
        self.check_arrived(frames.expected(entered))

    def check_arrived(self, wanted):
        frames.check_bytes(self, wanted, self.arrived())

    def arrived(self):
        """The video frames in order, over all the files of an export."""
        blocks = []
        for path in self.here.export("stream"):
            read = matroska.read(path)
            video = {track.number for track in read.tracks if track.codec_id.startswith("V_")}
            blocks += [block for block in read.blocks if block.track in video]
        return blocks

    def nothing_lost(self, feed):
        self.assertEqual(feed.stats()["fragments-lost"], 0)
        self.assertEqual(feed.errors(), [])

    def stored(self, feed, least=1):
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= least, f"{least} fragments are stored")

    # ---- flush and seek

    def test_a_flush_loses_nothing_that_was_taken(self):
        feed = self.feed(self.here)
        feed.push_until_taken(self.units[:60])
        self.assertTrue(feed.source.send_event(Gst.Event.new_flush_start()))
        self.assertTrue(feed.source.send_event(Gst.Event.new_flush_stop(False)))
        feed.push_and_wait(self.units[75:])
        feed.end()
        self.nothing_lost(feed)
        self.check_frames(feed.entered)

    def test_a_flushing_seek_in_a_recording(self):
        path = os.path.join(self.folder, "in.mkv")
        run_to_end(f"{camera(150, FPS, (160, 120), live=False)} ! {x264(FPS)} ! h264parse ! matroskamux ! "
                   f"filesink location={path}")
        run = Pipeline(f"filesrc location={path} ! matroskademux ! h264parse ! identity sync=true ! "
                       + kvssink(self.here, "stream")).play()
        try:
            run.wait_for(lambda: len(run.entered) >= 40, "40 frames")
            flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT
            self.assertTrue(run.pipeline.seek_simple(Gst.Format.TIME, flags, 3 * Gst.SECOND))
            run.wait_eos()
        finally:
            run.stop()
        self.nothing_lost(run)
        self.assertLess(len(run.entered), 150)
        # The flush may have met a frame that was on its way in: that one was not taken.
        entered = run.entered
        if run.stats()["frames-in"] < len(entered):
            del entered[before_the_jump(entered)]
        self.check_frames(entered)

    # ---- states

    def test_paused_and_back(self):
        feed = self.feed(self.here)
        feed.push_and_wait(self.units[:60])
        feed.pipeline.set_state(Gst.State.PAUSED)
        feed.wait_for(lambda: feed.pipeline.get_state(0)[1] == Gst.State.PAUSED, "PAUSED")
        feed.pipeline.set_state(Gst.State.PLAYING)
        feed.push_and_wait(self.units[60:])
        feed.end()
        self.nothing_lost(feed)
        self.check_frames(feed.entered)

    def test_ready_and_back(self):
        feed = self.feed(self.here)
        for part in (self.units[:50], self.units[50:125]):
            feed.push_until_taken(part)
            feed.pipeline.set_state(Gst.State.READY)
            self.assertEqual(feed.pipeline.get_state(PATIENCE * Gst.SECOND)[0], Gst.StateChangeReturn.SUCCESS)
            feed.pipeline.set_state(Gst.State.PLAYING)
        feed.push_and_wait(self.units[125:])
        feed.end()
        self.nothing_lost(feed)
        self.check_frames(feed.entered)

    # ---- pads

    def test_a_pad_comes_and_goes_while_it_plays(self):
        feed = self.feed(self.here)
        video = PadTap(feed.sink.sinkpads[0])
        feed.push_and_wait(self.units[:50])
        sound = Gst.parse_bin_from_description(MULAW, True)
        feed.pipeline.add(sound)
        pad = feed.sink.request_pad_simple("audio_%u")
        self.assertEqual(sound.get_static_pad("src").link(pad), Gst.PadLinkReturn.OK)
        sound.sync_state_with_parent()
        pace = time.monotonic()
        for number in range(50, 125):  # at the source's own pace, as the sound flows at its own
            feed.push_and_wait(self.units[number : number + 1])
            feed.wait_for(lambda until=pace + (number - 49) / FPS: time.monotonic() > until, "the next frame's time")
        sound.set_state(Gst.State.NULL)
        sound.get_static_pad("src").unlink(pad)
        feed.sink.release_request_pad(pad)
        feed.pipeline.remove(sound)
        feed.push_and_wait(self.units[125:])
        feed.end()
        self.nothing_lost(feed)
        self.check_arrived(video.expected())
        kinds = {track.codec_id for path in self.here.export("stream") for track in matroska.read(path).tracks}
        self.assertEqual(kinds, {"V_MPEG4/ISO/AVC", "A_MS/ACM"})

    # ---- applications

    def test_a_second_element_of_the_same_stream_says_so_and_waits(self):
        first, second = self.feed(self.here), None
        first.push_and_wait(self.units[:50])
        self.stored(first)
        second = self.feed(self.here)
        second.push_and_wait(self.units)
        second.wait_for(second.warnings, "a warning")
        self.assertRegex(second.warnings()[0][0].message, "(?i)another producer|connection")
        self.assertEqual(second.stats()["frames-persisted"], 0)
        first.push_and_wait(self.units[50:75])
        first.end()
        self.came_back(second.timed(lambda: second.stats()["acks-persisted"] >= 1, "the second one's turn"))
        second.end()
        for feed in (first, second):
            self.nothing_lost(feed)
            self.assertEqual(feed.stats()["frames-persisted"], len(feed.entered))

    def test_stopped_from_inside_a_signal_handler(self):
        feed = self.feed(self.here)
        stopped = threading.Event()

        def on_ack(_element, ack):
            if ack.get_string("type") == "persisted" and not stopped.is_set():
                feed.pipeline.set_state(Gst.State.NULL)
                stopped.set()
        feed.sink.connect("fragment-ack", on_ack)
        feed.push(self.units[:75])
        self.assertTrue(stopped.wait(PATIENCE), "set_state() returns")
        feed.last_stats = {}
        # One may have been at the pad when that was shut.
        entered, arrived = frames.expected(feed.entered), self.arrived()
        self.assertIn(len(entered) - len(arrived), (0, 1))
        frames.check_bytes(self, entered[: len(arrived)], arrived)

    def interrupted(self, *options):
        """gst-launch with a service that cannot be reached, interrupted; answers seconds and what it said."""
        proxy = self.link(self.here)
        proxy.refuse()
        copy = os.path.join(self.folder, "copy.h264")
        words = (f"{' '.join(options)} videotestsrc is-live=true ! x264enc tune=zerolatency ! tee name=t ! queue ! "
                 + kvssink(proxy, "cut", stop_stream_timeout=3)
                 + f" t. ! queue ! filesink buffer-mode=unbuffered location={copy}").replace('"', "").split()
        log = os.path.join(self.folder, "launch.log")
        with open(log, "w", encoding="utf-8") as out:
            process = subprocess.Popen(["gst-launch-1.0", *words], stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def said():
            with open(log, encoding="utf-8") as file:
                return file.read()
        wait_until(lambda: os.path.exists(copy) and os.path.getsize(copy) > 30_000, "some frames have come")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        self.assertNotRegex(said(), "CRITICAL|Caught SIG|Segmentation")
        return time.monotonic() - began, said()

    def test_interrupted_in_an_outage(self):
        seconds, _ = self.interrupted()
        self.assertLess(seconds, together.WAY_BACK / 2)

    def test_interrupted_in_an_outage_with_eos(self):
        seconds, said = self.interrupted("-e")
        self.assertLess(seconds, 3 + together.WAY_BACK / 2)
        self.assertRegex(said, "WARNING: from element .*sink: .*had not stored")


class PlainLifeTest(Life, SideBySide):
    pass


class TlsLifeTest(Life, SideBySide):
    tls = True


if __name__ == "__main__":
    together.main(SECONDS)
