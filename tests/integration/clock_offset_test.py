# SPDX-License-Identifier: Apache-2.0
"""A clock that is wrong by years at the start: its error is learnt from the service's Date, signed with, and told."""
from support import together
from support.story import Story
from support.together import SideBySide, recording

YEAR = 365 * 24 * 3600


class ClockOffset:
    def wrong_by(self, seconds):
        """The service's clock is ahead by so much: ours is behind."""
        service = self.local("--clock-offset", str(seconds))
        feed = self.feed(service)
        units = recording(6)
        feed.push_and_wait(units)
        recorded = self.finish(service, feed)
        self.assertAlmostEqual(recorded.date_ns / 1e9, feed.started_ns / 1e9 + seconds, delta=30)
        story = Story(feed.messages)
        self.assertEqual(len(story.warnings), 1, story.warnings)
        self.assertRegex(story.warnings[0], "(?i)clock")
        self.assertEqual((story.vague, story.lost, story.over), ([], {}, True))

    def test_behind_by_years(self):
        self.wrong_by(3 * YEAR)

    def test_ahead_by_years(self):
        self.wrong_by(-3 * YEAR)

    def test_off_by_ten_minutes(self):
        self.wrong_by(600)

    def test_off_by_a_minute_is_let_be(self):
        service = self.local("--clock-offset", "60")
        feed = self.feed(service)
        feed.push_and_wait(recording(6))
        recorded = self.finish(service, feed)
        self.assertAlmostEqual(recorded.date_ns / 1e9, feed.started_ns / 1e9, delta=30)
        self.assertEqual(feed.warnings(), [])

    def test_a_date_that_is_nonsense_teaches_nothing(self):
        """One 403 with a Date of another century, from a service whose clock is ours: the next attempt is right."""
        rules = [{"match": {"operation": "describeStream", "times": 1},
                  "action": {"type": "status", "status": 403, "error": "InvalidSignatureException",
                             "headers": {"Date": date}}} for date in ("yesterday",)]
        service = self.local(faults=rules)
        feed = self.feed(service)
        feed.push_and_wait(recording(6))
        recorded = self.finish(service, feed)
        self.assertAlmostEqual(recorded.date_ns / 1e9, feed.started_ns / 1e9, delta=30)


class PlainClockOffsetTest(ClockOffset, SideBySide):
    pass


class TlsClockOffsetTest(ClockOffset, SideBySide):
    tls = True


if __name__ == "__main__":
    together.main(6)
