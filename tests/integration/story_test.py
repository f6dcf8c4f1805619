# SPDX-License-Identifier: Apache-2.0
"""For each fault of docs/reliability.md, an application that only watches the bus can tell what happened, what was
lost, and whether it is over.

More rows are told where what they need is: half-open links in links_test.py, and what the kernel finds in
interface_test.py; a source that pauses in service_faults_test.py; a clock that is wrong in clock_offset_test.py; other
codec data in codecs_test.py.
"""
import json
import time
import urllib.request

from support import certificates, frames, resolver, sources, together
from support.kvs_local import SECRET_KEY
from support.pipelines import Gst
from support.story import Story
from support.together import FPS, SideBySide, recording

SECONDS = 26  # the longest recording
SECOND = 1_000_000_000
MILLISECOND = 1_000_000
NO_CONNECTION, NO_ANSWER = 0x52000031, 0x52000037
PUT_MEDIA = 0x5200002D


def fault(operation, action, first=1, times=1, **when):
    return {"match": {"operation": operation, "from": first, "times": times}, "when": when, "action": action}


def status(operation, code, error, first=1, **more):
    return fault(operation, {"type": "status", "status": code, "error": error, "message": "on purpose", **more}, first)


def refusal(number, first=1, **more):
    """An ERROR acknowledgement for the session's second fragment."""
    return fault("putMedia", {"type": "error", "id": number, **more}, first, afterFragments=1)


# What mends by itself and loses nothing: the rules, the status code, a part of the sentence, and where it is waited
# for, completion-timeout.
MENDED = {
    "reset_in_a_fragment": ([fault("putMedia", {"type": "reset"}, afterBytes=20_000)], NO_CONNECTION, "broke"),
    "reset_between_fragments": ([fault("putMedia", {"type": "reset"}, afterFragments=1)], NO_CONNECTION, "broke"),
    "fin": ([fault("putMedia", {"type": "fin"}, afterFragments=1)], NO_CONNECTION, "closed the connection"),
    "an_error_does_not_say_which": (
        [fault("putMedia", {"type": "malformedAck", "text": '{"EventType":"ERROR"}'}, afterFragments=1)],
        0x52000070, "error"),
    "the_answer_ends": ([fault("putMedia", {"type": "endBody"}, afterFragments=1)], PUT_MEDIA, "ended the session"),
    "nobody_listens_for_a_while": (
        [fault("connection", {"type": "refuse", "ms": 500})], NO_CONNECTION, "reset by peer"),
    "describeStream_503": ([status("describeStream", 503, "ServiceUnavailableException")], 0x52000011, "HTTP 503"),
    "describeStream_too_often": (
        [status("describeStream", 400, "ClientLimitExceededException")], 0x52000033, "ClientLimitExceeded"),
    "describeStream_403_once": (
        [status("describeStream", 403, "UnrecognizedClientException")], 0x52000010, "HTTP 403"),
    "createStream_500": ([status("createStream", 500, "InternalFailure")], 0x52000019, "HTTP 500"),
    "getDataEndpoint_429": ([status("getDataEndpoint", 429, "TooManyRequestsException")], 0x52000033, "HTTP 429"),
    "getDataEndpoint_408": ([status("getDataEndpoint", 408, "RequestTimeoutException")], NO_ANSWER, "HTTP 408"),
    "getDataEndpoint_answers_no_address": (
        [fault("getDataEndpoint", {"type": "endpoint", "url": "nowhere/"})], 0x5200002B, "not an address"),
    "putMedia_503": ([status("putMedia", 503, "ServiceUnavailableException")], PUT_MEDIA, "HTTP 503"),
    "putMedia_404": ([status("putMedia", 404, "ResourceNotFoundException")], 0x52000017, "HTTP 404"),
    "putMedia_of_another_endpoint": (
        [status("putMedia", 400, "InvalidEndpointException")], PUT_MEDIA, "looked up again"),
    "putMedia_403_once": ([status("putMedia", 403, "ExpiredTokenException")], 0x52000010, "HTTP 403"),
    "an_answer_is_cut": ([fault("describeStream", {"type": "cutShort"})], NO_CONNECTION, "complete"),
    "an_answer_is_too_long": (
        [fault("describeStream", {"type": "oversized", "bytes": 3_000_000})], NO_CONNECTION, "more than 1 MiB"),
    "an_answer_is_no_json": ([status("describeStream", 200, "", text="{not json")], 0x52000012, "JSON"),
    "no_answer_at_all": ([fault("describeStream", {"type": "delay", "ms": 60_000})], NO_ANSWER, "did not answer", 1),
    "acknowledgements_are_cut": ([fault("putMedia", {"type": "cutShort"}, afterFragments=1)], NO_CONNECTION, "complete"),
    "error_4000": ([refusal(4000)], 0x5200005C, "read"),
    "error_5000": ([refusal(5000)], 0x5200006D, "internal error"),
    "error_5001": ([refusal(5001)], 0x5200006E, "store"),
    "error_5999": ([refusal(5999)], 0x5200006F, "does not know"),
    "error_4008": ([refusal(4008)], 0x52000064, "not active"),
    "error_4007": ([refusal(4007)], 0x52000063, "start time"),
    "error_4010": ([refusal(4010)], 0x5200007C, "track"),
    "error_4011": ([refusal(4011)], 0x5200007D, "track"),
    "error_4999": ([refusal(4999)], 0x5200006F, "does not know"),
    "error_4507": ([refusal(4507)], 0x5200006C, "deleted"),
    "a_fragment_is_too_short": (
        [refusal(4013, code="MIN_FRAGMENT_DURATION_REACHED")], 0x5200006F, "shorter than 1 s"),
}
for step, number in enumerate((4500, 4501, 4502, 4503, 4504, 4505, 4506)):
    MENDED[f"kms_{number}"] = ([refusal(number)], 0x52000065 + step, "KMS")

# What is no trouble, or none that an application must hear of.
QUIET = {
    "nothing_is_wrong": [],
    "describeStream_is_denied_by_policy": [status("describeStream", 403, "AccessDeniedException", first=2)],
    "an_acknowledgement_is_none": [fault("putMedia", {"type": "malformedAck", "text": "{not json"}, afterFragments=1)],
    "acknowledgements_are_repeated": [fault("putMedia", {"type": "repeatAcks", "times": 3}, times=0)],
    "acknowledgements_come_in_wrong_order": [fault("putMedia", {"type": "swapAcks"}, times=0)],
    "acknowledgements_of_what_was_never_sent": [
        fault("putMedia", {"type": "strayAck", "ms": 7000}, times=0, afterFragments=1)],
    "a_session_is_as_long_as_sessions_are": [fault("putMedia", {"type": "error", "id": 4003}, afterMs=1200)],
}

# What ends the stream: the rules, the code of GST_RESOURCE_ERROR, the status code.
FATAL = {
    "describeStream_invalid_argument": (
        [status("describeStream", 400, "InvalidArgumentException")], Gst.ResourceError.SETTINGS, 0x52000014),
    "createStream_account_limit": (
        [status("createStream", 400, "AccountStreamLimitExceededException")],
        Gst.ResourceError.NO_SPACE_LEFT, 0x52000035),
    "error_4005": ([fault("putMedia", {"type": "error", "id": 4005}, afterBytes=3000)],
                   Gst.ResourceError.WRITE, 0x52000061),
    "error_4012": ([fault("putMedia", {"type": "error", "id": 4012}, afterBytes=3000)],
                   Gst.ResourceError.WRITE, 0x5200007E),
    "error_4007_twice": ([fault("putMedia", {"type": "error", "id": 4007}, times=2, afterBytes=3000)],
                         Gst.ResourceError.WRITE, 0x52000063),
}


class Stories(SideBySide):
    def setUp(self):
        super().setUp()
        self.units = recording(4)

    def feed(self, place, stream="stream", **properties):
        """Patient: what a busy machine does to a link is not to be told."""
        return super().feed(place, stream, **{"connection_timeout": 30, "completion_timeout": 30, **properties})

    def stored(self, feed, fragments=1):
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= fragments, f"{fragments} fragments are stored")

    def failed(self, feed, times=2):
        feed.wait_for(lambda: Story(feed.messages).states.count("retrying") >= times, f"{times} attempts failed")

    def flow(self, place, told=lambda story: True, **properties):
        """All frames flow, the last when that is told: a session that has ended meets no fault any more."""
        feed = self.feed(place, **properties)
        for at in range(0, 80, 20):
            feed.push_and_wait(self.units[at : at + 20])
        feed.wait_for(lambda: told(Story(feed.messages)), "the fault is told")
        feed.push_and_wait(self.units[80:])
        return feed

    def ended(self, feed):
        """The stream ends well: its story, in which no message leaves a question open."""
        feed.end()
        story = Story(feed.messages)
        self.assertEqual(story.vague, [])
        self.assertTrue(story.over, (story.states, story.pressures))
        self.assertIn(("drain", "complete"), story.progress)
        return story

    def mended(self, feed, code, says):
        """It was told and is over, and nothing was lost."""
        story = self.ended(feed)
        self.assertTrue(story.troubled, story.states)
        self.assertIn(code, story.codes, story.reasons)
        self.assertTrue(any(says in reason for reason in story.reasons), story.reasons)
        self.check_nothing_lost(feed, story)
        return story

    def check_nothing_lost(self, feed, story):
        self.assertEqual((story.lost, story.skipped, feed.stats()["frames-lost"]), ({}, {}, 0))

    def check_lost(self, service, feed, story):
        """What is missing from the export is what was told: so many frames, and in these gaps."""
        wanted = frames.expected(feed.entered)
        recorded = self.exported(service, "stream")
        arrived = {block.data: recorded.date_ns + block.time_ns for block in recorded.blocks}
        zero = next(arrived[frame.data] - frame.time_ns for frame in wanted if frame.data in arrived)
        missing = [zero + frame.time_ns for frame in wanted if frame.data not in arrived]
        told = sum(story.lost.values()) + sum(story.skipped.values())
        self.assertTrue(missing)
        self.assertEqual((len(missing), story.unconfirmed), (told, 0))
        beside = [at for at in missing
                  if not any(start - MILLISECOND <= at <= end + MILLISECOND for start, end in story.gaps)]
        self.assertEqual(beside, [], story.gaps)


class ServiceStoryTest(Stories):
    """Faults of the service and of what is sent, row by row."""

    def check_mended(self, rules, code, says, patience=30):
        feed = self.flow(self.local(faults=rules), lambda story: story.troubled, completion_timeout=patience)
        self.mended(feed, code, says)

    def check_quiet(self, rules):
        service = self.local("--session-seconds", "60", faults=rules)
        self.flow(service).end()  # a stream that is there already
        feed = self.feed(service)
        feed.push_and_wait(self.units[:75], 10 * SECOND)
        feed.push_and_wait(self.units[75:], 10 * SECOND)
        story = self.ended(feed)
        self.assertEqual((story.troubled, story.reasons), (False, []))
        self.check_nothing_lost(feed, story)

    def fatal(self, feed, domain_code, code):
        """The error says what happened, and what it leaves behind is told."""
        feed.push(self.units[:20])  # no fragment of them is whole, and stored
        feed.wait_for(feed.errors, "the error", errors=False)
        self.all_is_told(feed)
        story = Story(feed.messages)
        self.assertEqual(story.vague, [])
        self.assertFalse(story.over)
        self.assertTrue(story.error.matches(Gst.ResourceError.quark(), domain_code), story.error)
        self.assertIn(code, story.codes)
        return story

    def all_is_told(self, feed):
        """A frame that comes just then says the error first, and the losses of the end stand behind it."""
        feed.wait_for(lambda: sum(Story(feed.messages).lost.values()) == feed.stats()["frames-in"], "all is told",
                      errors=False)

    def check_fatal(self, rules, domain_code, code):
        self.fatal(self.feed(self.local(faults=rules)), domain_code, code)

    def test_the_key_is_wrong(self):
        service = self.local()
        service.stop()
        service.options[service.options.index(SECRET_KEY)] = SECRET_KEY[::-1]
        story = self.fatal(self.feed(service.start()), Gst.ResourceError.NOT_AUTHORIZED, 0x52000010)
        self.assertIn("retrying", story.states, "once more, with what the credentials' source says then")
        self.assertIn(("connect", "error"), story.progress)

    def test_the_stream_does_not_exist(self):
        feed = self.feed(self.local(), allow_create_stream="false")
        self.fatal(feed, Gst.ResourceError.NOT_FOUND, 0x52000017)

    def test_nothing_is_confirmed_at_the_end(self):
        rule = fault("putMedia", {"type": "delay", "ms": 60_000})
        self.mended(self.flow(self.local(faults=[rule]), completion_timeout=2), 0x52000088, "did not confirm")

    def test_refused_late_while_no_frame_flows(self):
        rule = fault("putMedia", {"type": "status", "status": 403, "error": "AccessDeniedException"},
                     afterBytes=1, idleMs=300)
        feed = self.feed(self.local(faults=[rule]))
        feed.push_and_wait(self.units[:60])
        feed.wait_for(lambda: feed.stats()["sessions"] > 1, "the next session")
        feed.push_and_wait(self.units[60:])
        self.mended(feed, 0x52000010, "HTTP 403")

    def tags_are_refused(self, answer, code):
        service = self.local(faults=[status("tagStream", *answer)])
        self.flow(service).end()
        feed = self.feed(service, stream_tags="stream-tags,floor=(string)3")
        feed.push_and_wait(self.units, 10 * SECOND)
        story = self.ended(feed)
        self.assertEqual((story.troubled, len(story.warnings)), (False, 1))
        self.assertIn("tagStream", story.warnings[0])
        self.assertIn(code, story.codes)
        self.check_nothing_lost(feed, story)

    def test_there_are_too_many_tags(self):
        self.tags_are_refused((400, "TagsPerResourceExceededLimitException"), 0x52000005)

    def test_tags_are_refused(self):
        self.tags_are_refused((500, "InternalFailure"), 0x5200003D)

    def test_metadata_are_refused(self):
        feed = self.flow(self.local(faults=[refusal(4009)]), lambda story: 0x52000075 in story.codes,
                         metadata="metadata,room=(string)hall")
        story = self.ended(feed)
        self.assertEqual(len(story.warnings), 1, story.warnings)
        self.check_nothing_lost(feed, story)

    def set_aside(self, code, *rules):
        """A fragment is refused for good: it is lost, with what came for it later, and the stream goes on."""
        service = self.local(faults=list(rules))
        feed = self.feed(service)
        feed.push_and_wait(self.units[:35])
        feed.wait_for(lambda: feed.stats()["fragments-refused"] == 1, "the fragment is refused")
        feed.push_and_wait(self.units[35:])
        story = self.ended(feed)
        self.assertEqual(story.refused, 1)
        self.assertIn(code, story.codes)
        self.assertEqual(story.lost, {"refused": feed.stats()["frames-refused"]})
        self.assertEqual(story.skipped, {"after-gap": feed.stats()["skipped-after-gap"]})
        self.check_lost(service, feed, story)

    def check_set_aside_at_once(self, number, code):
        self.set_aside(code, refusal(number))

    def check_set_aside_when_refused_again(self, number, code):
        self.set_aside(code, refusal(number), fault("putMedia", {"type": "error", "id": number}, 2, afterBytes=3000))

    def test_fragment_after_fragment_is_refused(self):
        rule = fault("putMedia", {"type": "error", "id": 4006}, times=0, afterBytes=3000)
        feed = self.feed(self.local(faults=[rule]))
        for number in range(3):
            feed.push(self.units[number * FPS :][:20])
            feed.wait_for(lambda: feed.stats()["acks-error"] > number, "the fragment is refused", errors=False)
        feed.wait_for(feed.errors, "the error", errors=False)
        self.all_is_told(feed)
        story = Story(feed.messages)
        self.assertEqual(story.refused, 2, "the third time it is an error")
        self.assertIn("repeatedly", story.error.message)

    def test_another_producer_sends_to_the_stream(self):
        service = self.local()
        first = self.feed(service)
        first.push_and_wait(self.units[:50])
        self.stored(first)
        second = self.feed(service)
        second.push_and_wait(self.units)
        self.failed(second)
        story = Story(second.messages)
        self.assertFalse(story.over)
        self.assertEqual(len(story.warnings), 1, "told once for a while")
        self.assertIn("other producer", story.warnings[0])
        first.push_and_wait(self.units[50:])
        self.assertFalse(self.ended(first).troubled)
        self.mended(second, 0x52000033, "one upload at a time")

    def test_our_own_session_before_is_no_other_producer(self):
        rules = [fault("putMedia", {"type": "reset"}, afterFragments=1),
                 status("putMedia", 400, "ConnectionLimitExceededException", 2)]
        feed = self.flow(self.local(faults=rules), lambda story: story.states.count("retrying") == 2)
        self.assertEqual(self.mended(feed, 0x52000033, "one upload at a time").warnings, [])

    def test_the_stream_is_deleted_while_it_is_sent_to(self):
        service = self.local("--no-auth")
        feed = self.feed(service)
        feed.push_and_wait(self.units[:55])
        self.stored(feed, 2)
        arn = self.call(service, "describeStream", StreamName="stream")["StreamInfo"]["StreamARN"]
        self.call(service, "deleteStream", StreamARN=arn)
        feed.push_and_wait(self.units[55:])
        self.mended(feed, 0x5200006C, "deleted")

    @staticmethod
    def call(service, operation, **body):
        request = urllib.request.Request(f"{service.url}/{operation}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=together.PATIENCE) as answer:
            return json.load(answer)

    def test_sessions_are_rotated(self):
        feed = self.feed(self.local(), rotation_period=1)
        began = time.monotonic()
        for second in range(4):
            feed.push_and_wait(self.units[second * FPS :][:FPS])
            feed.wait_for(lambda until=began + second + 1: time.monotonic() > until, "the next fragment's time")
        story = self.ended(feed)
        self.assertGreater(feed.stats()["sessions"], 1)
        self.assertEqual((story.troubled, story.reasons), (False, []))
        self.check_nothing_lost(feed, story)


class LinkStoryTest(Stories):
    """Links that fail, and what comes of it."""

    def through(self, fail, mend, code, says):
        """The link is bad from the start; after two attempts in vain it is well."""
        proxy = self.link(self.local())
        fail(proxy)
        feed = self.feed(proxy, connection_timeout=1, completion_timeout=1)
        feed.push_and_wait(self.units[:75])
        self.failed(feed)
        self.assertFalse(Story(feed.messages).over)
        mend(proxy)
        self.stored(feed)
        feed.push_and_wait(self.units[75:])
        self.mended(feed, code, says)

    def test_refused_at_the_start(self):
        self.through(lambda proxy: proxy.refuse(), lambda proxy: proxy.admit(), NO_CONNECTION, "refused")

    def test_nobody_answers(self):
        self.through(lambda proxy: proxy.vanish(), lambda proxy: proxy.admit(), NO_ANSWER, "no connection to")

    def test_taken_and_never_answered(self):
        def mend(proxy):
            proxy.cut()
            proxy.forward()
        self.through(lambda proxy: proxy.hold(), mend, NO_ANSWER, "did not answer")

    def test_one_kilobit_a_second(self):
        service = self.local("--silence-seconds", "60")
        self.flow(service).end()  # it is there already, and found without a frame
        proxy = self.link(service)
        feed = self.feed(proxy, max_latency=2)
        feed.wait_for(lambda: "ready" in Story(feed.messages).states, "the stream is found")
        proxy.throttle(125)
        feed.push_and_wait(self.units, 10 * SECOND)
        feed.wait_for(lambda: Story(feed.messages).pressures == [("latency", False)], "latency is told")
        proxy.throttle(None)
        feed.wait_for(lambda: Story(feed.messages).pressures == [("latency", False), ("latency", True)], "and its end")
        story = self.ended(feed)
        self.assertEqual((story.troubled, story.reasons), (False, []))
        self.check_nothing_lost(feed, story)

    def outage(self, units, fill, reason, pressure, **properties):
        """What is kept does not hold all of it: whole oldest fragments are lost."""
        service = self.local()
        proxy = self.link(service)
        feed = self.feed(proxy, max_fragments_per_second=0, **properties)
        feed.push_and_wait(units[:FPS])
        feed.push_and_wait(units[FPS : FPS + 5])
        self.stored(feed)
        proxy.outage()
        feed.push_and_wait(units[FPS + 5 : fill * FPS])
        feed.wait_for(lambda: Story(feed.messages).lost, "losses are told")
        self.failed(feed)
        story = Story(feed.messages)
        self.assertFalse(story.over)
        self.assertIn((pressure, False), story.pressures)
        proxy.admit()
        feed.wait_for(lambda: feed.stats()["fragments-in"] - feed.stats()["fragments-lost"]
                      - feed.stats()["acks-persisted"] <= 1, "what was kept is stored")
        feed.push_and_wait(units[fill * FPS :])
        story = self.ended(feed)
        self.assertEqual(story.lost, {reason: feed.stats()[f"frames-lost-{reason}"]})
        self.assertTrue(any("dropped" in warning for warning in story.warnings), story.warnings)
        self.assertIn(0x5200002E, story.codes)
        self.assertEqual(story.pressures[-1], (pressure, True))
        self.check_lost(service, feed, story)

    def test_an_outage_that_is_longer_than_the_buffer(self):
        self.outage(recording(SECONDS), 25, "buffer-duration", "latency", buffer_duration=20, max_latency=10)

    def test_an_outage_that_is_larger_than_the_storage(self):
        self.outage(sources.padded(recording(15), 40_000), 14, "storage-full", "storage", storage_size=10)

    def test_a_recording_waits_for_the_link(self):
        proxy = self.link(self.local())
        feed = self.feed(proxy, streaming_type="offline", storage_size=10)
        feed.push(sources.padded(recording(15), 40_000))
        self.stored(feed, 2)
        proxy.outage()
        self.failed(feed)
        proxy.admit()
        story = self.mended(feed, NO_CONNECTION, "refused")
        self.assertEqual(story.warnings, [])

    def cut_off(self, **properties):
        """Two fragments are stored; all that comes behind them meets a link that stays away."""
        proxy = self.link(self.local())
        feed = self.feed(proxy, **properties)
        feed.push_and_wait(self.units[:55])
        self.stored(feed, 2)
        proxy.outage()
        feed.push_and_wait(self.units[55:])
        return feed

    def test_tried_for_as_long_as_was_allowed(self):
        feed = self.cut_off(retry_timeout=2)
        feed.wait_for(feed.errors, "the error", errors=False)
        story = Story(feed.messages)
        self.assertIn("retrying for 2 s", story.error.message)
        self.assertEqual(story.lost, {"stopped": 50})

    def test_stopped_before_all_is_stored(self):
        feed = self.cut_off(stop_stream_timeout=1)
        feed.source.emit("end-of-stream")
        feed.wait_eos()
        feed.pipeline.set_state(Gst.State.READY)  # on the way to NULL a pipeline empties its bus
        feed.wait_for(lambda: Story(feed.messages).lost == {"stopped": 50}, "the loss is told")
        story = Story(feed.messages)
        self.assertIn(("drain", "error"), story.progress)
        self.assertTrue(any("had not stored the last 2000 ms" in warning for warning in story.warnings), story.warnings)


class NameStoryTest(Stories):
    """Names, addresses and certificates: over TLS alone, since plain http is for this machine's own addresses."""
    tls = True

    def place(self, address):
        """A name of this test's own, which leads there."""
        self.name = f"{self._testMethodName.replace('_', '-')}.kvs.test"
        self.resolve(address)
        self.proxy = self.link(self.local("--silence-seconds", "4"))
        return together.NamedPlace(self.proxy, self.name)

    def resolve(self, address):
        resolver.answer(self.name, address)

    def unresolved(self, how, code, says):
        feed = self.feed(self.place(how), connection_timeout=1)
        feed.push_and_wait(self.units[:75])
        self.failed(feed)
        self.resolve("127.0.0.1")
        self.stored(feed)
        feed.push_and_wait(self.units[75:])
        self.mended(feed, code, says)

    def test_a_name_that_nobody_knows(self):
        self.unresolved(resolver.UNKNOWN, NO_CONNECTION, "no address is known")

    def test_a_resolver_that_hangs(self):
        self.unresolved(resolver.HANG, NO_ANSWER, "DNS")

    def test_the_service_moves_to_another_address(self):
        feed = self.feed(self.place("127.0.0.1"))
        feed.push_and_wait(self.units[:30])
        self.stored(feed)
        self.proxy.move("127.0.0.2")
        self.resolve("127.0.0.2")
        self.proxy.cut()
        feed.push_and_wait(self.units[30:])
        self.stored(feed, 3)
        self.mended(feed, NO_CONNECTION, "broke")

    def untrusted(self, says, authority, trusted, days):
        certificate, key = authority.sign("service", "IP:127.0.0.1", days=days)
        service = self.service("--no-fsync", "--tls", "--cert", certificate, "--key", key)
        feed = self.feed(service, ca_path=trusted.path)
        feed.push_and_wait(self.units[:75])
        self.failed(feed)
        service.stop()
        trusted.sign("service", "IP:127.0.0.1")
        service.start()
        self.stored(feed)
        feed.push_and_wait(self.units[75:])
        self.mended(feed, 0x52000040, says)

    def test_a_certificate_that_nobody_trusts(self):
        trusted = certificates.Authority(self.folder, "trusted")
        self.untrusted("not trusted", certificates.Authority(self.folder, "other"), trusted, 2)

    def test_a_certificate_that_has_expired_or_a_clock_that_is_ahead(self):
        trusted = certificates.Authority(self.folder)
        self.untrusted("expired", trusted, trusted, -1)

    def test_a_handshake_that_breaks(self):
        proxy = self.link(self.local())
        proxy.cut_after(50, 300)
        self.mended(self.flow(proxy, lambda story: story.troubled), NO_CONNECTION, "no TLS session")


def add(to, rows, method):
    for name, arguments in rows.items():
        def test(self, arguments=arguments):
            getattr(self, method)(*arguments)
        setattr(to, f"test_{name}", test)


add(ServiceStoryTest, MENDED, "check_mended")
add(ServiceStoryTest, {name: (rules,) for name, rules in QUIET.items()}, "check_quiet")
add(ServiceStoryTest, FATAL, "check_fatal")
add(ServiceStoryTest, {f"error_{number}_sets_aside": (number, code) for number, code in (
    (4001, 0x5200005D), (4002, 0x5200005E), (4004, 0x52000060), (4006, 0x52000062))}, "check_set_aside_at_once")
add(ServiceStoryTest, {f"error_{number}_twice_sets_aside": (number, code) for number, code in (
    (4010, 0x5200007C), (4011, 0x5200007D), (4999, 0x5200006F))}, "check_set_aside_when_refused_again")

if __name__ == "__main__":
    resolver.preload()
    together.main(SECONDS)
