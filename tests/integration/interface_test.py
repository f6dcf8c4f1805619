# SPDX-License-Identifier: Apache-2.0
"""A network interface that goes down while frames flow, and comes up again: the kernel's part of "half-open"."""
import time

from support import own_network, together
from support.story import Story
from support.together import SideBySide, recording

# The kernel gives a connection up after TCP_USER_TIMEOUT (20 s); left alone it would take a quarter of an hour.
GIVEN_UP = 60 * together.SLOWNESS


class InterfaceTest(SideBySide):
    def begin(self, tls, units):
        """Two fragments are in, one is stored. Nothing but the kernel will find a dead connection."""
        self.tls = tls
        service = self.local()
        feed = self.feed(service, connection_staleness=0)
        feed.push_and_wait(units[:60])
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
        return service, feed

    def flow_until(self, lines, units, condition):
        """The sources go on, slowly: one that pauses has its fragment closed. Answers how many seconds it took."""
        began = time.monotonic()
        while not all(condition(feed) for _, feed in lines):
            for _, feed in lines:
                feed.push_and_wait(units[len(feed.entered) :][:1])
            next_frame = time.monotonic() + 0.5
            lines[0][1].wait_for(lambda until=next_frame: time.monotonic() > until, "the next frame's time")
            self.assertLess(time.monotonic() - began, GIVEN_UP)
        return time.monotonic() - began

    def test_it_goes_down_and_comes_up(self):
        units = recording(8)
        lines = [self.begin(tls, units) for tls in (False, True)]
        own_network.set_loopback(False)
        self.addCleanup(own_network.set_loopback, True)
        self.flow_until(lines, units, lambda feed: "retrying" in self.states(feed))
        stored = {feed: feed.stats()["acks-persisted"] for _, feed in lines}
        own_network.set_loopback(True)
        self.came_back(self.flow_until(lines, units, lambda feed: feed.stats()["acks-persisted"] > stored[feed]))
        for service, feed in lines:
            feed.push(units[len(feed.entered) :])
            self.finish(service, feed)
            self.assertEqual(len(feed.entered), len(units))
            story = Story(feed.messages)
            self.assertEqual((story.vague, story.lost, story.skipped, story.over), ([], {}, {}, True))


if __name__ == "__main__":
    try:
        own_network.enter()  # before there are other threads, which would stay outside
    except OSError as error:
        print(f"a network of one's own is not allowed here: {error}")
        raise SystemExit(77) from error  # skipped, to Meson
    together.main()
