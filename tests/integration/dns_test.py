# SPDX-License-Identifier: Apache-2.0
"""Names that do not resolve, resolvers that hang, and names that lead elsewhere.

Over TLS alone: plain http is taken for this machine's own addresses only, which nobody looks up.
"""
import time

from support import resolver, together
from support.pipelines import Gst
from support.resolver import HANG, UNKNOWN
from support.together import NamedPlace, SideBySide, recording


class DnsTest(SideBySide):
    tls = True

    def setUp(self):
        super().setUp()
        self.units = recording(6)
        self.service_here = self.local("--silence-seconds", "4")
        self.proxy = self.link(self.service_here)
        name = f"{self._testMethodName.removeprefix('test_').replace('_', '-')}.kvs.test"
        self.place = NamedPlace(self.proxy, name)

    def resolve(self, address):
        resolver.answer(self.place.name, address)

    def begin(self, address):
        self.resolve(address)
        feed = self.feed(self.place)
        feed.push_and_wait(self.units[:50])
        return feed

    def failed(self, feed, times=2):
        feed.wait_for(lambda: self.states(feed).count("retrying") >= times, f"{times} attempts failed")

    def stored(self, feed):
        self.came_back(self.persisted(feed))

    def end(self, feed):
        feed.push(self.units[50:])
        self.finish(self.service_here, feed)

    def test_unknown_at_the_start(self):
        feed = self.begin(UNKNOWN)
        self.failed(feed)
        self.assertRegex(feed.stats()["last-error"], "(?i)resolve|name")
        self.resolve("127.0.0.1")
        self.stored(feed)
        self.end(feed)

    def test_unknown_during_an_outage(self):
        feed = self.begin("127.0.0.1")
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
        self.resolve(UNKNOWN)
        self.proxy.outage()
        self.failed(feed)
        self.proxy.admit()
        self.resolve("127.0.0.1")
        feed.push_and_wait(self.units[50:100])
        self.stored(feed)
        feed.push(self.units[100:])
        self.finish(self.service_here, feed)

    def test_hanging_at_the_start(self):
        feed = self.begin(HANG)
        other = self.feed(self.service_here, "other")
        other.push_and_wait(self.units)
        other.wait_for(lambda: other.stats()["acks-persisted"] >= 3, "another stream flows")
        self.failed(feed)
        self.finish(self.service_here, other, "other")
        self.resolve("127.0.0.1")
        self.stored(feed)
        self.end(feed)

    def test_stopping_while_it_hangs(self):
        feed = self.begin(HANG)
        began = time.monotonic()
        feed.pipeline.set_state(Gst.State.NULL)
        self.assertLess(time.monotonic() - began, together.CONNECTION_TIMEOUT + 4)
        self.resolve(UNKNOWN)

    def test_the_service_moves_to_another_address(self):
        feed = self.begin("127.0.0.1")
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
        self.proxy.move("127.0.0.2")
        self.resolve("127.0.0.2")
        self.proxy.cut()
        feed.push_and_wait(self.units[50:100])
        self.stored(feed)
        feed.push(self.units[100:])
        self.finish(self.service_here, feed)


if __name__ == "__main__":
    resolver.preload()
    together.main(seconds=6)
