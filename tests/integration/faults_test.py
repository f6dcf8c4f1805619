# SPDX-License-Identifier: Apache-2.0
"""Sessions and calls that break, in every way that libcurl does not report, are resumed without loss."""
import time

from support import case, sources
from support.sources import Feed

SECOND = 1_000_000_000
FPS = 25
NOTICED = 1.0  # seconds until the end of a session must be seen
SLACK = 0.7  # of a loaded machine, and of the fault's own tick


class FaultsTest(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.units = sources.encode(6 * FPS, FPS, key_interval=FPS)

    def start(self, *faults, **properties):
        service = self.service(faults=list(faults))
        return service, Feed(service, "faults", **properties).play()

    def finish(self, service, feed):
        """All frames that were fed arrived."""
        feed.end()
        self.assertEqual(feed.stats()["fragments-lost"], 0)
        recording = self.check_whole(service, "faults", feed.entered)
        self.assertEqual(len(recording.blocks), len(self.units))

    def connection_states(self, feed):
        return [change.get_string("state") for change in feed.structures("kvssink-connection")]

    def silent_break(self, action, idle_ms=500, reason=None):
        """The session ends while no frame flows, in the midst of a fragment."""
        fault = {"match": {"operation": "putMedia"}, "when": {"afterBytes": 1, "idleMs": idle_ms}, "action": action}
        service, feed = self.start(fault)
        feed.wait_for(lambda: "ready" in self.connection_states(feed), "the stream is ready")
        feed.push_and_wait(self.units[:60])
        fed = time.monotonic()
        feed.wait_for(lambda: feed.stats()["sessions"] > 1, "the end of the session is seen")
        self.assertLess(time.monotonic() - fed, idle_ms / 1000 + NOTICED + SLACK)
        feed.push(self.units[60:])
        self.finish(service, feed)
        return feed

    def test_the_answer_ends_and_the_connection_stays(self):
        self.silent_break({"type": "endBody"})

    def test_the_answer_ends_and_nothing_is_read_any_more(self):
        self.silent_break({"type": "endBody", "reading": False})

    def test_refused_late_while_no_frame_flows(self):
        feed = self.silent_break({"type": "status", "status": 403, "error": "AccessDeniedException",
                                  "message": "not now"})
        self.assertEqual(feed.errors(), [])

    def test_fin_while_no_frame_flows(self):
        self.silent_break({"type": "fin"})

    def test_reset_while_no_frame_flows(self):
        self.silent_break({"type": "reset"})

    def breaks_in_motion(self, *faults):
        """Frames flow while it happens."""
        service, feed = self.start(*faults)
        for at in range(0, len(self.units), 10):
            feed.push_and_wait(self.units[at : at + 10])
        self.finish(service, feed)
        return feed

    def put_media(self, action, times=1, **when):
        return {"match": {"operation": "putMedia", "times": times}, "when": when, "action": action}

    def test_reset_in_the_midst_of_a_fragment(self):
        feed = self.breaks_in_motion(self.put_media({"type": "reset"}, times=3, afterBytes=20_000))
        self.assertEqual(feed.stats()["reconnects"], 3)

    def test_reset_after_some_fragments(self):
        self.breaks_in_motion(self.put_media({"type": "reset"}, times=2, afterFragments=2))

    def test_the_answer_ends_while_frames_flow(self):
        self.breaks_in_motion(self.put_media({"type": "endBody"}, afterBytes=30_000))

    def test_fin_while_frames_flow(self):
        self.breaks_in_motion(self.put_media({"type": "fin"}, afterBytes=30_000))

    def test_an_error_acknowledgement_of_the_services_inside(self):
        self.breaks_in_motion(self.put_media({"type": "error", "id": 5000}, afterFragments=1))

    def test_an_error_acknowledgement_without_a_fragment(self):
        self.breaks_in_motion(self.put_media({"type": "error", "id": 4000, "named": False}, afterFragments=1))

    def test_the_longest_session_is_over(self):
        feed = self.breaks_in_motion(self.put_media({"type": "error", "id": 4003}, afterFragments=1))
        self.assertEqual(feed.stats()["sessions"], 2)

    def refused(self, operation, *answers):
        """The operation's first calls are answered so; each answer is (status, exception)."""
        return [{"match": {"operation": operation, "from": number, "times": 1},
                 "action": {"type": "status", "status": status, "error": error, "message": "on purpose"}}
                for number, (status, error) in enumerate(answers, 1)]

    def test_put_media_is_refused_at_first(self):
        self.breaks_in_motion(*self.refused(
            "putMedia", (503, "ServiceUnavailableException"), (500, "InternalFailure"),
            (400, "ClientLimitExceededException"), (400, "ConnectionLimitExceededException")))

    def test_put_media_is_forbidden_once(self):
        self.breaks_in_motion(*self.refused("putMedia", (403, "AccessDeniedException")))

    def test_the_data_endpoint_does_not_know_the_stream_at_first(self):
        self.breaks_in_motion(*self.refused("putMedia", (404, "ResourceNotFoundException")))

    def unwell(self, operation):
        self.breaks_in_motion(*self.refused(
            operation, (503, "ServiceUnavailableException"), (400, "ClientLimitExceededException"),
            (429, "TooManyRequestsException")))

    def test_describing_is_refused_at_first(self):
        self.unwell("describeStream")

    def test_creating_is_refused_at_first(self):
        self.unwell("createStream")

    def test_the_data_endpoint_is_refused_at_first(self):
        self.unwell("getDataEndpoint")

    def test_tagging_fails_and_the_stream_goes_on(self):
        service, feed = self.start(*self.refused("tagStream", (400, "TagsPerResourceExceededLimitException")))
        feed.push(self.units)
        feed.end()
        again = Feed(service, "faults", stream_tags="stream-tags,floor=(string)3").play()
        again.push_and_wait(self.units, shift=10 * SECOND)
        again.end()
        self.assertEqual(len(again.warnings()), 1, again.warnings())
        self.assertIn("tag", again.warnings()[0][0].message)
        recording = self.exported(service, "faults")
        self.assertEqual(len(recording.blocks), 2 * len(self.units))

    def test_connections_are_reset_before_anything_is_said(self):
        self.breaks_in_motion({"match": {"operation": "connection", "from": 1, "times": 4},
                               "action": {"type": "reset"}})

    def test_an_acknowledgement_that_is_none(self):
        self.breaks_in_motion(self.put_media({"type": "malformedAck", "text": "{not json"}, afterFragments=1))


if __name__ == "__main__":
    case.main()
