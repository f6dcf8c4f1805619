# SPDX-License-Identifier: Apache-2.0
"""Signals as Python hears them: numbers and structures, in order, from handlers that may do what they like."""
import threading

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from support import case, environment, sources  # noqa: E402
from support.sources import Feed  # noqa: E402

FPS = 25
CLIENT = ("contentStoreSize", "contentStoreAvailableSize", "contentStoreAllocatedSize", "totalContentViewsSize",
          "totalFrameRate", "totalTransferRate")
STREAM = ("currentViewDuration", "overallViewDuration", "currentViewSize", "overallViewSize", "currentFrameRate",
          "currentTransferRate")


class SignalsTest(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.units = sources.encode(4 * FPS, FPS, key_interval=FPS)

    def start(self, faults=(), **properties):
        self.heard = {}
        feed = Feed(self.service(faults=list(faults)), "signals", **properties)
        for name in ("fragment-ack", "fragment-lost", "connection-state", "stream-client-metric"):
            self.heard[name] = []
            feed.sink.connect(name, lambda _, structure, to: to.append(structure.copy()), self.heard[name])
        self.heard["stream-error"] = []
        feed.sink.connect("stream-error", lambda sink, code: self.heard["stream-error"].append(
            (code, sink.get_property("error-detail"))))
        return feed.play()

    def test_acknowledgements_and_states_come_in_order(self):
        feed = self.start()
        feed.push(self.units)
        feed.end()
        states = [state.get_string("state") for state in self.heard["connection-state"]]
        self.assertEqual(states[:3], ["connecting", "ready", "streaming"])
        acks = self.heard["fragment-ack"]
        persisted = [ack for ack in acks if ack.get_string("type") == "persisted"]
        self.assertEqual(len(persisted), feed.stats()["acks-persisted"])
        numbers = [int(ack.get_string("fragment-number")) for ack in persisted]
        self.assertEqual(numbers, sorted(numbers))
        self.assertTrue(all(ack.get_uint64("delay")[1] > 0 for ack in persisted))
        timecodes = [ack.get_value("timecode") for ack in persisted]
        self.assertEqual(timecodes, sorted(timecodes))

    def test_an_error_is_a_number_and_a_sentence(self):
        fault = {"match": {"operation": "putMedia", "times": 1}, "when": {"afterFragments": 1},
                 "action": {"type": "error", "id": 4006}}
        feed = self.start([fault])
        feed.push(self.units)
        feed.end()
        self.assertEqual([code for code, _ in self.heard["stream-error"]], [0x52000062])
        self.assertIn("could not read", self.heard["stream-error"][0][1])
        lost = self.heard["fragment-lost"]
        self.assertEqual([loss.get_string("reason") for loss in lost], ["refused"])

    def test_metrics_have_the_guides_names(self):
        feed = self.start(get_kvs_metrics="true")
        feed.push(self.units)
        feed.wait_for(lambda: self.heard["stream-client-metric"], "metrics come")
        feed.end()
        metrics = self.heard["stream-client-metric"][0]
        client, stream = metrics.get_value("client-metrics"), metrics.get_value("stream-metrics")
        for structure, names in ((client, CLIENT), (stream, STREAM)):
            for name in names:
                self.assertIsInstance(structure.get_value(name), int, name)
        self.assertEqual(client.get_value("contentStoreSize"), 128 << 20)

    def test_a_handler_may_stop_the_pipeline(self):
        stopped = threading.Event()
        feed = self.start()

        def stop(_sink, _ack):
            feed.pipeline.set_state(Gst.State.NULL)
            stopped.set()

        feed.sink.connect("fragment-ack", stop)
        feed.push(self.units)
        self.assertTrue(stopped.wait(60))

    def test_nothing_is_left_when_the_pipeline_is_gone(self):
        """GStreamer's own account of objects (tracer leaks) and of what flowed (stats)."""
        service = self.service()
        env = environment.with_key(self.folder)
        env.update(GST_TRACERS="leaks;stats", GST_DEBUG="GST_TRACER:7", GST_DEBUG_NO_COLOR="1")
        done = self.launch("-q", "videotestsrc", "num-buffers=30", "!", "x264enc", "speed-preset=ultrafast", "!",
                           "kvssink", "stream-name=leaks", f"endpoint={service.url}", env=env)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        said = done.stderr + done.stdout
        self.assertIn("GST_TRACER", said, "the tracer is there")
        left = [line for line in said.splitlines() if "object-alive, " in line and "%s" not in line]
        self.assertEqual(left, [])


if __name__ == "__main__":
    case.main()
