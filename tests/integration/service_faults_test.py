# SPDX-License-Identifier: Apache-2.0
"""A service that fails in every documented way: each answer and each acknowledgement error gets its policy.

Nothing is lost where the policy is to try again; exactly the refused fragment where it is to set aside, and that is
reported; one clear error where nothing helps.
"""
import json
import time
import urllib.request

from support import frames, together
from support.pipelines import Gst
from support.story import Story
from support.together import FPS, SideBySide, recording

SECONDS = 8
FRAGMENT = FPS  # frames
SECOND = 1_000_000_000


def fault(operation, action, first=1, times=1, **when):
    return {"match": {"operation": operation, "from": first, "times": times}, "when": when, "action": action}


def status(operation, code, error, first=1, **more):
    action = {"type": "status", "status": code, "error": error, "message": "on purpose", **more}
    return fault(operation, action, first)


def refusal(number, first=1, **more):
    """An ERROR acknowledgement for the session's third fragment, which is open then."""
    return fault("putMedia", {"type": "error", "id": number, **more}, first, afterFragments=2)


def in_turn(*actions, **when):
    """One action for each session, in order; the one behind them is well."""
    return [fault("putMedia", action, first, **when) for first, action in enumerate(actions, 1)]


def errors_in_turn(*numbers, **more):
    """ERROR acknowledgements for a session each, when one fragment of it is whole."""
    return in_turn(*({"type": "error", "id": number, **more} for number in numbers), afterFragments=1)


# Answers that time mends: status and the service's exception. Each is retried with back-off, for ever.
TRANSIENT = ((408, "RequestTimeoutException"), (429, "TooManyRequestsException"), (500, "InternalFailure"),
             (503, "ServiceUnavailableException"), (400, "ClientLimitExceededException"),
             (400, "ConnectionLimitExceededException"))
CONTROL = ("describeStream", "createStream", "getDataEndpoint")
MENDED = {f"{operation}_meets_every_error_that_time_mends":
          [status(operation, *answer, first) for first, answer in enumerate(TRANSIENT, 1)]
          for operation in ("putMedia", *CONTROL)}
MENDED["createStream_400_ResourceInUseException"] = [status("createStream", 400, "ResourceInUseException"),
                                                     status("describeStream", 404, "ResourceNotFoundException", 2)]
for code, error in ((401, "NotAuthorizedException"), (403, "ExpiredTokenException"),
                    (403, "UnrecognizedClientException"), (403, "SignatureDoesNotMatch"),
                    (404, "ResourceNotFoundException"), (400, "InvalidEndpointException")):
    MENDED[f"putMedia_{code}_{error}_once"] = [status("putMedia", code, error)]
MENDED["putMedia_401_twice_from_a_source_that_has_worked"] = [
    status("putMedia", 401, "NotAuthorizedException", first) for first in (1, 2)]
MENDED["answers_of_a_session_are_cut_short"] = [fault("putMedia", {"type": "cutShort"}, times=2, afterFragments=1)]
MENDED["an_acknowledgement_is_oversized"] = [
    fault("putMedia", {"type": "oversized", "bytes": 300_000}, times=2, afterFragments=1)]
MENDED["acknowledgements_are_repeated"] = [fault("putMedia", {"type": "repeatAcks", "times": 3}, times=0)]
MENDED["acknowledgements_come_in_wrong_order"] = [fault("putMedia", {"type": "swapAcks"}, times=0)]
MENDED["acknowledgements_for_what_was_never_sent"] = [
    fault("putMedia", {"type": "strayAck", "ms": distance}, times=0, afterFragments=1)
    for distance in (7_000, 3_600_000)]
MENDED["acknowledgements_that_are_none"] = in_turn(
    *({"type": "malformedAck", "text": text}
      for text in ("{not json", "{\"EventType\":7}", "[]", "\x00\x01", "{\"EventType\":\"PERSISTED\"}")),
    afterFragments=1)
for operation in CONTROL:
    MENDED[f"{operation}_answers_badly"] = [
        fault(operation, {"type": "cutShort"}, 1),
        fault(operation, {"type": "oversized", "bytes": 3_000_000}, 2),
        status(operation, 200, "", 3, text="{not json")]
MENDED["getDataEndpoint_answers_no_address"] = [fault("getDataEndpoint", {"type": "endpoint", "url": "nowhere/"})]

# The same over several sessions, each of which stores a fragment.
SESSIONS = {
    "errors_that_ask_for_another_session": errors_in_turn(4000, 4008, 4507, 5000, 5001, 5999),
    "errors_that_name_no_fragment": errors_in_turn(4000, 4008, 4507, 5000, 5001, 5999, named=False),
    "refusals_that_name_no_fragment_once": errors_in_turn(4001, 4002, 4004, 4006, named=False),
    "refusals_that_are_tried_again_once": errors_in_turn(4007, 4010, 4011, 4999),
    "the_shortest_duration_by_name_once": errors_in_turn(4013, code="MIN_FRAGMENT_DURATION_REACHED"),
    "kms_errors_of_access_and_state": errors_in_turn(4500, 4501, 4502, 4503),
    "kms_errors_of_use": errors_in_turn(4504, 4505, 4506),
}

# What nothing mends: the rules, and what the error says.
FATAL = {
    "describeStream_400_InvalidArgumentException": (
        [fault("describeStream", {"type": "status", "status": 400, "error": "InvalidArgumentException"}, 1, 0)],
        "InvalidArgument"),
    "createStream_400_AccountStreamLimitExceededException": (
        [fault("createStream", {"type": "status", "status": 400, "error": "AccountStreamLimitExceededException"}, 1, 0)],
        "(?i)limit"),
    "describeStream_401_all_the_time": (
        [fault("describeStream", {"type": "status", "status": 401, "error": "NotAuthorizedException"}, 1, 0)],
        "(?i)authoriz|refused|credentials"),
    "acknowledgement_4005": ([refusal(4005)], "tracks"),
    "acknowledgement_4012": ([refusal(4012)], "tracks"),
    "acknowledgement_4007_twice": ([refusal(4007), fault("putMedia", {"type": "error", "id": 4007}, 2, afterBytes=3000)],
                                   "clock"),
}


class ServiceFaults:
    """Each row, over plain connections and over TLS."""

    def setUp(self):
        super().setUp()
        self.units = recording(SECONDS)

    def stream(self, rules, *options, **properties):
        """Frames flow, and the rules strike."""
        self.service_here = self.local(*options, faults=rules)
        feed = self.feed(self.service_here, **properties)
        for at in range(0, len(self.units), 10):
            feed.push_and_wait(self.units[at : at + 10])
        return feed

    def mended(self, rules):
        feed = self.stream(rules)
        self.finish(self.service_here, feed)
        return feed

    def several(self, rules):
        """Each rule strikes a session of its own; frames come as fast as the service takes them."""
        service = self.service_here = self.local(faults=rules)
        feed = self.feed(service)
        for number in range(SECONDS):
            feed.push_and_wait(self.units[number * FRAGMENT :][:FRAGMENT])
            feed.wait_for(lambda: feed.stats()["acks-persisted"] >= number - 1, "what came before is stored")
        self.finish(service, feed)
        self.assertGreaterEqual(feed.stats()["sessions"], len(rules) + 1, "every rule has struck")

    def fatal(self, rules, said):
        service = self.local(faults=rules)
        feed = self.feed(service)
        feed.push(self.units[: 3 * FRAGMENT])
        self.failed(feed, said)

    def failed(self, feed, said):
        """One error of kvssink's own, whatever the source says of having to stop."""
        ours = []

        def failed():
            ours[:] = [message.parse_error()[0].message for message in feed.of_type(Gst.MessageType.ERROR)
                       if message.src == feed.sink]
            return ours
        feed.wait_for(failed, "an error", errors=False)
        self.assertEqual(len(ours), 1)
        self.assertRegex(ours[0], said)

    def test_acknowledgement_4006_for_fragment_after_fragment_is_an_error(self):
        feed = self.feed(self.local(faults=[fault("putMedia", {"type": "error", "id": 4006}, 1, 0, afterBytes=3000)]))
        for number in range(3):
            feed.push(self.units[number * FRAGMENT :][:FRAGMENT])
            feed.wait_for(lambda: feed.stats()["acks-error"] > number, "the fragment is refused", errors=False)
        self.failed(feed, "repeatedly")

    # ---- fragments that the service refuses

    def check_missing(self, feed, missing):
        """Exactly these fragments are missing, by number, and they were told as refused."""
        feed.end()
        wanted = frames.expected(feed.entered)
        left = [frame for index, frame in enumerate(wanted) if index // FRAGMENT not in missing]
        recorded = self.exported(self.service_here, "stream")
        frames.check_bytes(self, left, recorded.blocks)
        told = feed.structures("kvssink-fragment-lost")
        self.assertEqual([loss.get_string("reason") for loss in told], ["refused"] * len(missing))
        # What had come by then was lost, and what came behind it is skipped up to the next key frame.
        behind = feed.stats()["skipped-after-gap"]
        self.assertEqual(sum(loss.get_value("frames") for loss in told) + behind, len(missing) * FRAGMENT)
        first = recorded.date_ns + recorded.blocks[0].time_ns
        self.assertAlmostEqual(told[0].get_value("start"), first + missing[0] * SECOND, delta=2_000_000)
        self.assertEqual(feed.stats()["fragments-refused"], len(missing))
        self.assertEqual(feed.errors(), [])

    def refused(self, rules):
        """Three fragments are sent; the third is refused by each rule, a session each. Then come the others."""
        self.service_here = self.local(faults=rules)
        feed = self.feed(self.service_here)
        feed.push_and_wait(self.units[: 3 * FRAGMENT])
        feed.wait_for(lambda: feed.stats()["acks-error"] == len(rules), "the fragment is refused")
        feed.push(self.units[3 * FRAGMENT :])
        return feed

    def set_aside(self, number):
        self.check_missing(self.refused([refusal(number)]), [2])

    def test_acknowledgement_4001_sets_the_fragment_aside(self):
        self.set_aside(4001)

    def test_acknowledgement_4002_sets_the_fragment_aside(self):
        self.set_aside(4002)

    def test_acknowledgement_4004_sets_the_fragment_aside(self):
        self.set_aside(4004)

    def test_acknowledgement_4006_sets_the_fragment_aside(self):
        self.set_aside(4006)

    def set_aside_at_the_second_refusal(self, number):
        again = fault("putMedia", {"type": "error", "id": number}, 2, afterBytes=3000)
        self.check_missing(self.refused([refusal(number), again]), [2])

    def test_acknowledgement_4010_twice_sets_the_fragment_aside(self):
        self.set_aside_at_the_second_refusal(4010)

    def test_acknowledgement_4011_twice_sets_the_fragment_aside(self):
        self.set_aside_at_the_second_refusal(4011)

    def test_an_unknown_refusal_twice_sets_the_fragment_aside(self):
        self.set_aside_at_the_second_refusal(4999)

    def test_acknowledgement_4009_sends_it_again_without_its_tags_and_says_so(self):
        service = self.service_here = self.local(faults=[refusal(4009)])
        feed = self.feed(service, metadata="metadata,place=(string)here")
        feed.push_and_wait(self.units)
        self.finish(service, feed)
        self.assertEqual(len(feed.warnings()), 1, feed.warnings())
        tagged = [bool(one["tags"]) for one in service.fragments("stream")]
        self.assertEqual(tagged.count(False), 1, tagged)

    def test_a_kms_error_that_lasts_is_told_once(self):
        feed = self.mended([fault("putMedia", {"type": "error", "id": 4500}, times=3, afterBytes=3000)])
        self.assertEqual(len(feed.warnings()), 1, feed.warnings())

    # ---- throttling

    def delays(self, feed):
        """Seconds of each wait before another attempt."""
        return [change.get_value("delay") / SECOND for change in feed.structures("kvssink-connection")
                if change.get_string("state") == "retrying"]

    def test_throttled_with_retry_after(self):
        feed = self.mended([status("putMedia", 429, "TooManyRequestsException", retryAfter=2)])
        self.assertGreaterEqual(self.delays(feed)[0], 2)
        self.assertLess(self.delays(feed)[0], 3)

    def test_throttled_without_retry_after(self):
        feed = self.mended([status("putMedia", 429, "TooManyRequestsException")])
        self.assertLess(self.delays(feed)[0], 1)

    # ---- endpoints and streams that go away

    def test_the_data_endpoint_moves(self):
        service = self.local()
        first = self.link(service)
        service.stop()
        service.options += ["--faults", service.write_faults(self.folder, [
            fault("getDataEndpoint", {"type": "endpoint", "url": first.url})])]
        service.start()
        feed = self.feed(service)
        feed.push_and_wait(self.units[:50])
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
        self.assertEqual(feed.stats()["data-endpoint"], first.url)
        first.outage()  # for good
        feed.push(self.units[50:100])
        self.came_back(feed.timed(lambda: feed.stats()["acks-persisted"] >= 3, "two more fragments are stored"))
        self.assertEqual(feed.stats()["data-endpoint"], service.url)
        feed.push(self.units[100:])
        self.finish(service, feed)

    def test_the_stream_is_deleted_while_it_is_sent_to(self):
        """It is made anew, and all that was not stored by then is in it."""
        service = self.local("--no-auth")
        feed = self.feed(service)
        feed.push_and_wait(self.units[: 3 * FRAGMENT + 5])
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 3, "three fragments are stored")
        self.call(service, "deleteStream", StreamARN=self.call(service, "describeStream", StreamName="stream")
                  ["StreamInfo"]["StreamARN"])
        feed.push_and_wait(self.units[3 * FRAGMENT + 5 :])
        feed.end()
        self.assertEqual(feed.errors(), [])
        left = frames.expected(feed.entered)[3 * FRAGMENT :]
        frames.check_bytes(self, left, self.exported(service, "stream").blocks)
        self.assertEqual(feed.stats()["fragments-lost"], 0)

    def call(self, service, operation, **body):
        request = urllib.request.Request(f"{service.url}/{operation}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=together.PATIENCE, context=together.Identity.context()) as answer:
            return json.load(answer)

    # ---- sessions

    def test_sessions_end_after_some_seconds(self):
        feed = self.sessions("--session-seconds", "2")
        self.assertGreaterEqual(feed.stats()["sessions"], 3)

    def test_sessions_are_rotated(self):
        feed = self.sessions(rotation_period=3, **together.UNHURRIED)
        self.assertGreaterEqual(feed.stats()["sessions"], 3)
        self.assertEqual(feed.stats()["reconnects"], 0)

    def sessions(self, *options, **properties):
        service = self.local(*options)
        feed = self.feed(service, **properties)
        began = time.monotonic()
        for number in range(SECONDS):
            feed.push_and_wait(self.units[number * FRAGMENT :][:FRAGMENT])
            feed.wait_for(lambda until=began + number + 1: time.monotonic() > until, "the next fragment's time")
        self.finish(service, feed)
        return feed

    def test_one_session_ends_after_some_seconds(self):
        rule = fault("putMedia", {"type": "error", "id": 4003}, afterMs=2500)
        service = self.local(faults=[rule])
        feed = self.feed(service, **together.UNHURRIED)
        feed.push_and_wait(self.units[:75])
        feed.wait_for(lambda: feed.stats()["acks-error"] == 1, "the session's end")
        feed.push_and_wait(self.units[75:])
        self.finish(service, feed)
        self.assertEqual(feed.stats()["sessions"], 2)

    def test_an_idle_source_has_all_of_it_stored_and_the_connection_is_let_go(self):
        service = self.local()
        feed = self.feed(service, **together.UNHURRIED)
        feed.push_and_wait(self.units[:60])
        feed.wait_for(lambda: feed.stats()["state"] == "ready" and feed.stats()["acks-persisted"] == 3,
                      "the connection is let go, and the open fragment stored")
        feed.push_and_wait(self.units[75:])  # after the end tag a key frame comes first
        feed.end()
        stats = feed.stats()
        self.assertEqual((stats["sessions"], stats["reconnects"], stats["fragments-lost"]), (2, 0, 0))
        recorded = self.exported(service, "stream")
        frames.check_bytes(self, frames.expected(feed.entered), recorded.blocks)
        story = Story(feed.messages)
        self.assertEqual((story.troubled, story.reasons, story.lost, story.over), (False, [], {}, True))


def add(names, method):
    for name, arguments in names.items():
        def test(self, arguments=arguments):
            getattr(self, method)(*arguments)
        setattr(ServiceFaults, f"test_{name}", test)


add({name: (rules,) for name, rules in MENDED.items()}, "mended")
add({name: (rules,) for name, rules in SESSIONS.items()}, "several")
add({f"{name}_is_an_error": row for name, row in FATAL.items()}, "fatal")


class PlainServiceFaultsTest(ServiceFaults, SideBySide):
    pass


class TlsServiceFaultsTest(ServiceFaults, SideBySide):
    tls = True


if __name__ == "__main__":
    together.main(SECONDS)
