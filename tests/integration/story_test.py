# SPDX-License-Identifier: Apache-2.0
"""For each fault, an application that only watches the bus can tell what happened, what was lost, and whether
it is over."""
import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from support import case, environment, sources  # noqa: E402
from support.sources import Feed  # noqa: E402
from support.story import Story  # noqa: E402

SECOND = 1_000_000_000
FPS = 25


def refusals(operation, *answers):
    """The operation's first calls are answered so; each answer is (status, exception)."""
    return [{"match": {"operation": operation, "from": number, "times": 1},
             "action": {"type": "status", "status": status, "error": error, "message": "on purpose"}}
            for number, (status, error) in enumerate(answers, 1)]


def session_fault(action, times=1, **when):
    return {"match": {"operation": "putMedia", "times": times}, "when": when or {"afterFragments": 1},
            "action": action}


class StoryTest(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.units = sources.encode(4 * FPS, FPS, key_interval=FPS)

    def live_through(self, *faults, **properties):
        """All frames flow, the stream ends: the story, and what `stats` said at the end."""
        feed = Feed(self.service(faults=list(faults)), "story", **properties).play()
        for at in range(0, len(self.units), 20):
            feed.push_and_wait(self.units[at : at + 20])
        feed.end()
        return Story(feed.messages), feed.stats()

    def check_mended(self, story, stats, code=None):
        """It was told and is over, and nothing was lost."""
        self.assertTrue(story.troubled, story.states)
        self.assertTrue(story.reasons, "why is told")
        if code is not None:
            self.assertIn(code, story.codes, story.reasons)
        self.assertTrue(story.over, story.states)
        self.assertEqual(story.lost, {})
        self.assertEqual(stats["frames-lost"], 0)

    def test_nothing_is_wrong(self):
        story, stats = self.live_through()
        self.assertFalse(story.troubled)
        self.assertTrue(story.over)
        self.assertEqual((story.reasons, story.lost, story.refused, stats["reconnects"]), ([], {}, 0, 0))

    # --- the link ---

    def test_the_connection_is_reset(self):
        self.check_mended(*self.live_through(session_fault({"type": "reset"}, afterBytes=20_000)))

    def test_the_connection_ends(self):
        self.check_mended(*self.live_through(session_fault({"type": "fin"})))

    def test_the_answer_ends(self):
        self.check_mended(*self.live_through(session_fault({"type": "endBody"})), code=0x5200002D)

    def test_nobody_listens_for_a_while(self):
        refuse = {"match": {"operation": "connection", "times": 1}, "action": {"type": "refuse", "ms": 500}}
        self.check_mended(*self.live_through(refuse))

    # --- the service ---

    def test_the_service_has_trouble_of_its_own(self):
        self.check_mended(*self.live_through(session_fault({"type": "error", "id": 5000})), code=0x5200006D)

    def test_the_service_cannot_read_the_stream(self):
        self.check_mended(*self.live_through(session_fault({"type": "error", "id": 4000})), code=0x5200005C)

    def test_the_service_refuses_calls_for_a_while(self):
        story, stats = self.live_through(*refusals(
            "describeStream", (503, "ServiceUnavailableException"), (400, "ClientLimitExceededException")))
        self.check_mended(story, stats, code=0x52000033)
        self.assertIn(0x52000011, story.codes)

    def test_what_mends_by_itself(self):
        """The other rows of docs/reliability.md that end well."""
        cut = {"match": {"operation": "describeStream", "times": 1}, "action": {"type": "cutShort"}}
        for faults, code in (
                (refusals("getDataEndpoint", (429, "TooManyRequestsException")), 0x52000033),
                (refusals("putMedia", (503, "ServiceUnavailableException")), 0x5200002D),
                (refusals("putMedia", (404, "ResourceNotFoundException")), 0x52000017),
                ([cut], None),
                ([session_fault({"type": "error", "id": 4008})], 0x52000064),
                ([session_fault({"type": "error", "id": 4010})], 0x5200007C),
                ([session_fault({"type": "error", "id": 4011})], 0x5200007D),
                ([session_fault({"type": "error", "id": 4500})], 0x52000065),
                ([session_fault({"type": "error", "id": 4507})], 0x5200006C),
                ([session_fault({"type": "error", "id": 5001})], 0x5200006E)):
            with self.subTest(faults):
                self.check_mended(*self.live_through(*faults), code=code)

    def test_a_fragment_is_refused(self):
        for number, code in ((4001, 0x5200005D), (4002, 0x5200005E), (4004, 0x52000060), (4006, 0x52000062)):
            with self.subTest(number):
                story, stats = self.live_through(session_fault({"type": "error", "id": number}))
                self.assertEqual(story.refused, 1)
                self.assertIn(code, story.codes)
                self.assertEqual(story.lost, {"refused": stats["frames-refused"]})
                self.assertGreater(stats["frames-refused"], 0)
                self.assertTrue(story.over)

    def test_metadata_are_refused(self):
        story, stats = self.live_through(session_fault({"type": "error", "id": 4009}),
                                         metadata="metadata,room=(string)hall")
        self.assertIn(0x52000075, story.codes)
        self.assertTrue(story.over)
        self.assertEqual((story.lost, stats["frames-lost"]), ({}, 0))

    def test_a_session_is_as_long_as_sessions_are(self):
        fault = session_fault({"type": "error", "id": 4003}, afterMs=1200)  # one that ends at once is trouble
        feed = Feed(self.service(faults=[fault]), "story").play()
        feed.push_and_wait(self.units[:60])
        feed.wait_for(lambda: feed.stats()["sessions"] > 1, "the next session")
        feed.push_and_wait(self.units[60:])
        feed.end()
        story = Story(feed.messages)
        self.assertTrue(story.over)
        self.assertEqual((story.reasons, story.lost, feed.stats()["frames-lost"]), ([], {}, 0), "no trouble")

    # --- what ends the stream ---

    def ended(self, env=None, faults=(), units=(), **properties):
        if env is not None:
            environment.adopt(env)
        feed = Feed(self.service(faults=list(faults)), "story", **properties).play()
        feed.push(units)
        feed.wait_for(feed.errors, "the error", errors=False)
        feed.stop()
        story = Story(feed.messages)
        self.assertFalse(story.over)
        return story

    def test_the_key_is_wrong(self):
        later = {"match": {"operation": "connection"}, "action": {"type": "refuse", "ms": 500}}  # than PLAYING
        story = self.ended(environment.with_key(self.folder, secret_key="wrong"), [later])
        self.assertTrue(story.error.matches(Gst.ResourceError.quark(), Gst.ResourceError.NOT_AUTHORIZED), story.error)
        self.assertIn(0x52000010, story.codes)
        self.assertIn(("connect", "error"), story.progress)

    def test_the_stream_does_not_exist(self):
        story = self.ended(allow_create_stream="false")
        self.assertTrue(story.error.matches(Gst.ResourceError.quark(), Gst.ResourceError.NOT_FOUND), story.error)
        self.assertIn(0x52000017, story.codes)

    def test_the_service_will_not_have_it(self):
        for faults, domain_code, code in (
                (refusals("describeStream", (400, "InvalidArgumentException")),
                 Gst.ResourceError.SETTINGS, 0x52000014),
                (refusals("createStream", (400, "AccountStreamLimitExceededException")),
                 Gst.ResourceError.NO_SPACE_LEFT, 0x52000035)):
            with self.subTest(faults):
                story = self.ended(faults=faults, units=self.units)
                self.assertTrue(story.error.matches(Gst.ResourceError.quark(), domain_code), story.error)
                self.assertIn(code, story.codes)

    def test_there_are_too_many_tracks(self):
        story = self.ended(faults=[session_fault({"type": "error", "id": 4005}, afterBytes=1)], units=self.units)
        self.assertIn(0x52000061, story.codes)

    # --- pressure ---

    def test_an_outage_that_is_longer_than_the_buffer(self):
        service = self.service()
        feed = Feed(service, "story", buffer_duration=20, max_latency=10).play()
        feed.push_and_wait(self.units)
        feed.wait_for(lambda: feed.stats()["frames-persisted"] > 0, "the service stores")
        service.kill()
        for shift in range(4, 40, 4):
            feed.push_and_wait(self.units, shift * SECOND)
        feed.wait_for(lambda: Story(feed.messages).lost, "losses are told")
        story = Story(feed.messages)
        self.assertIn(("latency", False), story.pressures)
        self.assertTrue(story.troubled)
        self.assertFalse(story.over)
        service.start()
        feed.end()
        story, stats = Story(feed.messages), feed.stats()
        self.assertEqual(story.lost, {"buffer-duration": stats["frames-lost-buffer-duration"]})
        self.assertGreater(stats["frames-lost-buffer-duration"], 0)
        self.assertEqual(story.pressures[-1], ("latency", True))
        self.assertTrue(story.over, story.states)


if __name__ == "__main__":
    case.main()
