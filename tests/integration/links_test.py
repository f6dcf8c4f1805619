# SPDX-License-Identifier: Apache-2.0
"""Links that fail in every way: the stream comes back by itself, in time, and every frame arrives once.

Everything passes a proxy of ours, control plane and media alike.
"""
import time

from support import together
from support.story import Story
from support.together import SideBySide, recording

STALENESS = 30  # seconds
SECOND = 1_000_000_000
SILENCE = 4  # seconds after which the service gives up a session that it hears nothing of


class Links:
    """Each row, over plain connections and over TLS."""

    def setUp(self):
        super().setUp()
        self.units = recording(8)

    def begin(self, *options, **properties):
        """Two fragments are in, one is stored."""
        self.local_service = self.local("--silence-seconds", str(SILENCE), *options)
        self.proxy = self.link(self.local_service)
        self.sink = self.feed(self.proxy, **properties)
        self.sink.push_and_wait(self.units[:60])
        self.sink.wait_for(lambda: self.sink.stats()["acks-persisted"] >= 1, "a fragment is stored")

    def go_on(self):
        """Up to the end of a fragment: a source that is silent for 15 s has its open one closed, and must go on with
        a key frame."""
        self.sink.push_and_wait(self.units[60:125])

    def end(self):
        self.sink.push(self.units[len(self.sink.entered):])
        self.finish(self.local_service, self.sink)
        self.assertEqual(len(self.sink.entered), len(self.units))

    def failing(self, times=2):
        """Waits until the stream has tried so often in vain."""
        self.sink.wait_for(lambda: self.states(self.sink).count("retrying") >= times, f"{times} attempts failed")

    def outage(self, begin):
        """`begin` takes the link away; after two attempts in vain it is there again."""
        self.begin()
        begin()
        self.go_on()
        self.failing()
        self.proxy.admit()
        self.came_back(self.persisted(self.sink))
        self.end()

    def test_refused(self):
        self.outage(lambda: self.proxy.outage())

    def test_nobody_answers(self):
        def vanish():
            self.proxy.vanish()
            self.proxy.cut()
        self.outage(vanish)

    def test_an_outage_of_six_seconds(self):
        self.begin()
        self.proxy.outage()
        back = time.monotonic() + 6
        self.go_on()
        self.sink.wait_for(lambda: time.monotonic() >= back, "the end of the outage")
        self.proxy.admit()
        self.came_back(self.persisted(self.sink))
        self.end()

    def started_without(self, take_away):
        service = self.local()
        proxy = self.link(service)
        take_away(proxy)
        began = time.monotonic()
        feed = self.feed(proxy)
        self.assertLess(time.monotonic() - began, 2, "the change to PLAYING waits for no network")
        feed.push_and_wait(self.units[:100])
        feed.wait_for(lambda: self.states(feed).count("retrying") >= 2, "two attempts failed")
        proxy.admit()
        self.came_back(feed.timed(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored"))
        feed.push(self.units[100:])
        self.finish(service, feed)

    def test_started_where_connections_are_refused(self):
        self.started_without(lambda proxy: proxy.refuse())

    def test_started_where_nobody_answers(self):
        self.started_without(lambda proxy: proxy.vanish())

    def test_connections_break_in_their_first_bytes(self):
        """Over TLS that is in the greeting."""
        service = self.local()
        proxy = self.link(service)
        proxy.cut_after(1, 50, 300, 1)
        feed = self.feed(proxy)
        feed.push_and_wait(self.units)
        self.finish(service, feed)
        self.assertEqual(proxy.cuts, [])

    def broken_after(self, *sizes, how):
        """While frames flow, connections end when so much was sent."""
        self.begin()
        self.proxy.cut_after(*sizes, how=how)
        for at in range(60, len(self.units), 5):
            self.sink.push_and_wait(self.units[at : at + 5])
        self.end()
        self.assertEqual(self.proxy.cuts, [], "all of the breaks took place")

    def test_reset_while_frames_flow(self):
        """Once in the session's head, once in its first fragment, once further on."""
        self.broken_after(6000, 1500, 9000, how="reset")

    def test_fin_while_frames_flow(self):
        self.broken_after(6000, 1500, 9000, how="fin")

    def idle_break(self, how):
        self.begin()
        sessions = self.sink.stats()["sessions"]
        self.proxy.cut(how)
        self.came_back(self.sink.timed(lambda: self.sink.stats()["sessions"] > sessions, "the break is seen"))
        self.go_on()
        self.end()

    def test_reset_between_fragments(self):
        self.idle_break("reset")

    def test_fin_between_fragments(self):
        self.idle_break("fin")

    def silence(self, fall_silent):
        """The connection is dead and nobody says so. It is found by what stays unacknowledged."""
        self.begin(connection_staleness=STALENESS)
        sessions = self.sink.stats()["sessions"]
        fall_silent()
        began = time.monotonic()
        while self.sink.stats()["sessions"] == sessions:  # the source goes on, slowly
            self.sink.push_and_wait(self.units[len(self.sink.entered) :][:1])
            self.assertLess(time.monotonic() - began, STALENESS + together.WAY_BACK)
            next_frame = time.monotonic() + 0.5
            self.sink.wait_for(lambda until=next_frame: time.monotonic() > until, "the next frame's time")
        self.assertGreater(time.monotonic() - began, STALENESS - 1)
        self.end()
        self.check_story_of_staleness()

    def check_story_of_staleness(self):
        """How old the silence was, that a new session follows, and that it is over."""
        story = Story(self.sink.messages)
        self.assertEqual(story.states.count("stale"), 1, story.states)
        self.assertIn("disconnected", story.states[story.states.index("stale") :])
        ages = [change.get_value("age") for change in self.sink.structures("kvssink-connection")
                if change.get_string("state") == "stale"]
        self.assertGreaterEqual(ages[0], STALENESS * SECOND)
        self.assertTrue(any("confirmed none of it" in reason for reason in story.reasons), story.reasons)
        self.assertEqual((story.vague, story.lost, story.skipped, story.over), ([], {}, {}, True))

    def test_half_open(self):
        """Sends succeed, nothing comes back."""
        self.silence(lambda: self.proxy.hold(up=False, down=True, future=False))

    def test_our_own_address_changed(self):
        """The old connection leads nowhere in both directions; new ones work."""
        self.silence(lambda: self.proxy.orphan())

    def test_a_connection_that_is_taken_and_never_answered(self):
        service = self.local()
        proxy = self.link(service)
        proxy.hold()
        feed = self.feed(proxy, completion_timeout=1)
        feed.push_and_wait(self.units[:75])
        feed.wait_for(lambda: self.states(feed).count("retrying") >= 2, "two attempts failed")
        proxy.cut()
        proxy.forward()
        self.came_back(feed.timed(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored"))
        feed.push(self.units[75:])
        self.finish(service, feed)

    def test_one_kilobit_a_second(self):
        self.begin()
        self.proxy.throttle(125)
        self.go_on()
        slow = time.monotonic() + 8
        self.sink.wait_for(lambda: time.monotonic() > slow, "eight slow seconds")
        self.assertGreater(self.sink.stats()["bytes-buffered"], 0)
        self.proxy.throttle(None)
        self.came_back(self.persisted(self.sink))
        self.end()

    def test_long_way(self):
        """0.3 s each way."""
        service = self.local()
        proxy = self.link(service)
        proxy.set({"delay": 0.3}, {"delay": 0.3})
        feed = self.feed(proxy, connection_timeout=5, completion_timeout=5)
        feed.push_and_wait(self.units)
        self.finish(service, feed)

    def test_the_service_dies_and_the_proxy_stays(self):
        """Connections are taken, and reset at once: nobody is behind the proxy."""
        self.begin()
        self.local_service.kill()
        self.go_on()
        self.failing()
        self.local_service.start()
        self.came_back(self.persisted(self.sink))
        self.end()


class PlainLinksTest(Links, SideBySide):
    pass


class TlsLinksTest(Links, SideBySide):
    tls = True

    def test_a_certificate_that_nobody_trusts_is_told_until_it_is_mended(self):
        service = self.service("--no-fsync", "--tls")  # with one that it made itself
        feed = self.feed(service)
        feed.push_and_wait(self.units[:75])
        feed.wait_for(lambda: self.states(feed).count("retrying") >= 2, "two attempts failed")
        self.assertRegex(feed.stats()["last-error"], "(?i)certificate")
        service.stop()
        service.options += ["--cert", together.Identity.certificate, "--key", together.Identity.key]
        service.start()
        self.came_back(feed.timed(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored"))
        feed.push(self.units[75:])
        self.finish(service, feed)


if __name__ == "__main__":
    together.main()
