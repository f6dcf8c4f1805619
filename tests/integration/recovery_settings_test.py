# SPDX-License-Identifier: Apache-2.0
"""What properties say of recovery: to give up, and when; to do without acknowledgements; what cannot be had."""
import time

from support import together
from support.pipelines import Gst
from support.together import SideBySide, recording


class RecoverySettings:
    def setUp(self):
        super().setUp()
        self.units = recording(6)

    def error(self, feed):
        """Waits for kvssink's own error; answers its text, with its details."""
        def own():
            return [" ".join((message.parse_error()[0].message, message.parse_error()[1]))
                    for message in feed.of_type(Gst.MessageType.ERROR) if message.src == feed.sink]
        feed.wait_for(own, "an error", errors=False)
        self.assertEqual(len(own()), 1)
        return own()[0]

    def begin(self, **properties):
        service = self.local()
        proxy = self.link(service)
        feed = self.feed(proxy, **together.UNHURRIED, **properties)
        feed.push_and_wait(self.units[:75])
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 2, "two fragments are stored")
        return service, proxy, feed

    def test_retry_timeout_gives_up_with_an_error(self):
        _, proxy, feed = self.begin(retry_timeout=2)
        proxy.outage()
        began = time.monotonic()
        self.assertRegex(self.error(feed), "(?i)refused|connect")
        self.assertGreater(time.monotonic() - began, 1)
        self.assertLess(time.monotonic() - began, 2 + together.WAY_BACK)

    def test_retry_timeout_counts_from_the_start_too(self):
        proxy = self.link(self.local())
        proxy.refuse()
        feed = self.feed(proxy, retry_timeout=2)
        feed.push(self.units[:75])
        self.error(feed)

    def test_retry_timeout_is_not_used_up_by_trouble_that_ends(self):
        service, proxy, feed = self.begin(retry_timeout=15)
        for number in (3, 4):
            proxy.outage()
            failed = self.states(feed).count("retrying")
            feed.push_and_wait(self.units[number * 25 :][:25])
            feed.wait_for(lambda: self.states(feed).count("retrying") > failed, "an attempt failed")
            proxy.admit()
            self.came_back(self.persisted(feed))
        feed.push_and_wait(self.units[125:])
        self.finish(service, feed)

    def test_restart_on_error_false_ends_at_the_first_one(self):
        _, proxy, feed = self.begin(restart_on_error="false")
        proxy.cut()
        began = time.monotonic()
        self.error(feed)
        self.assertLess(time.monotonic() - began, together.WAY_BACK)
        self.assertNotIn("retrying", self.states(feed))

    def test_without_acknowledgements(self):
        service = self.local()
        feed = self.feed(service, fragment_acks="false")
        feed.push_and_wait(self.units)
        self.finish(service, feed)
        self.assertEqual(feed.stats()["acks-persisted"], 0)

    def test_without_acknowledgements_a_break_is_mended_from_what_is_kept(self):
        service = self.local(faults=[{"match": {"operation": "putMedia", "times": 2}, "when": {"afterFragments": 1},
                                      "action": {"type": "reset"}}])
        feed = self.feed(service, fragment_acks="false")
        for at in range(0, len(self.units), 10):
            feed.push_and_wait(self.units[at : at + 10])
        self.finish(service, feed)
        self.assertEqual(feed.stats()["reconnects"], 2)

    def test_offline_without_acknowledgements_asks_for_them_with_a_warning(self):
        service = self.local()
        feed = self.feed(service, fragment_acks="false", streaming_type="offline")
        feed.push_and_wait(self.units)
        self.finish(service, feed)
        self.assertGreater(feed.stats()["acks-persisted"], 0)
        said = [message.parse_warning() for message in feed.of_type(Gst.MessageType.WARNING)]
        self.assertEqual(len(said), 1)
        self.assertIn("acknowledgements are asked for all the same", said[0][0].message)
        self.assertIn("0x5200007b", said[0][1])


class PlainRecoverySettingsTest(RecoverySettings, SideBySide):
    pass


class TlsRecoverySettingsTest(RecoverySettings, SideBySide):
    tls = True


if __name__ == "__main__":
    together.main()
