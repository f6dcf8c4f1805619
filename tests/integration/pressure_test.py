# SPDX-License-Identifier: Apache-2.0
"""More comes than can leave: a link slower than the media, and a recording that outruns a link that comes and goes.

What memory and time allow is in budget_test.py.
"""
import time

from support import frames, sources, together
from support.together import FPS, SideBySide, recording

FRAME_BYTES = 40_000  # a fragment is 1 MB


class Pressure:
    """Each row, over plain connections and over TLS."""

    def big(self, seconds, frame_bytes=FRAME_BYTES):
        return sources.padded(recording(seconds), frame_bytes)

    def test_a_link_slower_than_the_media(self):
        """Whole oldest fragments go, told with their reason; those that are sent are whole, and so are the last."""
        service = self.local("--silence-seconds", "4")
        proxy = self.link(service)
        feed = self.feed(proxy, storage_size=10, connection_timeout=5)
        units = self.big(20)
        feed.push_and_wait(units[:FPS])
        feed.wait_for(lambda: feed.stats()["bytes-sent"] > 0 or feed.stats()["acks-buffering"] > 0, "it streams")
        proxy.throttle(400_000)
        for number in range(1, 18):
            feed.push_and_wait(units[number * FPS :][:FPS])
            self.assertLessEqual(feed.stats()["storage-used"], 10 << 20)
        feed.wait_for(lambda: feed.structures("kvssink-fragment-lost"), "the loss is told")
        proxy.throttle(None)
        feed.wait_for(lambda: feed.stats()["bytes-buffered"] <= 2 * FPS * FRAME_BYTES, "the backlog is stored")
        feed.push_and_wait(units[18 * FPS :])
        feed.end()
        self.check_accounted(service, feed)

    def check_accounted(self, service, feed):
        """What is missing are whole fragments, and as many frames as were told."""
        wanted = frames.expected(feed.entered)
        known = {frame.data: number for number, frame in enumerate(wanted)}
        arrived = [known[block.data] for block in self.exported(service, "stream").blocks]
        self.assertEqual(arrived, sorted(set(arrived)), "once each, in order")
        self.assertEqual(arrived[-2 * FPS :], list(range(len(wanted) - 2 * FPS, len(wanted))), "the last are there")
        missing = len(wanted) - len(arrived)
        told = feed.structures("kvssink-fragment-lost")
        sure = sum(loss.get_value("frames") for loss in told if not loss.get_value("unconfirmed"))
        self.assertGreater(missing, 0)
        self.assertLessEqual(sure, missing)
        self.assertLessEqual(missing, sum(loss.get_value("frames") for loss in told))
        self.assertEqual({loss.get_string("reason") for loss in told}, {"storage-full"})
        self.assertEqual({sum(number // FPS == second for number in arrived) for second in range(20)} - {0}, {FPS})
        self.assertEqual(feed.errors(), [])

    def test_media_that_waits_too_long_is_told_and_so_is_the_end_of_it(self):
        service = self.local()
        proxy = self.link(service)
        feed = self.feed(proxy, max_latency=3)
        units = recording(20)
        feed.push_and_wait(units[: 2 * FPS])
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
        proxy.throttle(2000)
        self.flow_until(feed, units[2 * FPS :], lambda: self.latency(feed) == ["begins"])
        proxy.throttle(None)
        self.flow_until(feed, units[len(feed.entered) :], lambda: self.latency(feed) == ["begins", "is over"])
        self.finish(service, feed)

    def latency(self, feed):
        return ["is over" if told.get_value("over") else "begins" for told in feed.structures("kvssink-pressure")
                if told.get_string("kind") == "latency"]

    def flow_until(self, feed, units, told):
        """Frames come at their own pace."""
        began = time.monotonic()
        for number in range(len(units)):
            if told():
                return
            feed.push_and_wait(units[number : number + 1])
            feed.wait_for(lambda until=began + (number + 1) / FPS: time.monotonic() > until, "the next frame's time")
        self.fail(f"not told: {self.latency(feed)}; {feed.summary()}")

    def test_a_recording_waits_for_a_link_that_comes_and_goes(self):
        """offline: nothing is lost; the source is held back, and goes on when the link does."""
        service = self.local()
        proxy = self.link(service)
        feed = self.feed(proxy, streaming_type="offline", storage_size=10)
        units = self.big(20)
        feed.push(units)  # appsrc queues: kvssink takes what it has room for
        feed.source.emit("end-of-stream")
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 2, "two fragments are stored")
        proxy.outage()
        until = time.monotonic() + 3
        feed.wait_for(lambda: time.monotonic() > until, "three seconds")
        self.assertLess(len(feed.entered), len(units), "it is held back")
        proxy.admit()
        self.came_back(self.persisted(feed))
        feed.wait_eos()
        feed.stop()
        self.assertEqual(feed.stats()["fragments-lost"], 0)
        recorded = self.check_whole(service, "stream", feed.entered)
        self.assertEqual(len(recorded.blocks), len(units))


class PlainPressureTest(Pressure, SideBySide):
    pass


class TlsPressureTest(Pressure, SideBySide):
    tls = True


if __name__ == "__main__":
    together.main(20)
