#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what the service says of each fragment: BUFFERING, RECEIVED and PERSISTED, or an error.

    count_acknowledgements.py --stream yard --seconds 10 [--endpoint http://127.0.0.1:8443] [--camera v4l2src]
"""
import argparse
import sys
from collections import Counter

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


class Counting:
    """The signal comes on one of GStreamer's own threads, one call after another; so count, and be quick."""

    def __init__(self):
        self.types = Counter()
        self.delays = []

    def on_ack(self, _sink, ack):
        self.types[ack.get_value("type")] += 1
        if ack.has_field("delay"):  # from the fragment's first frame to this, in ns
            self.delays.append(ack.get_value("delay") / Gst.SECOND)


def main():
    parser = argparse.ArgumentParser(description="Counts acknowledgements.")
    parser.add_argument("--stream", required=True)
    parser.add_argument("--endpoint", help="of kvs-local, for trying")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--camera", default="videotestsrc is-live=true")
    options = parser.parse_args()
    Gst.init(None)

    pipeline = Gst.parse_launch(f"{options.camera} ! videoconvert ! x264enc tune=zerolatency key-int-max=30 ! "
                                "h264parse ! kvssink name=sink")
    sink = pipeline.get_by_name("sink")
    sink.set_property("stream-name", options.stream)
    if options.endpoint:
        sink.set_property("endpoint", options.endpoint)
    counting = Counting()
    sink.connect("fragment-ack", counting.on_ack)

    bus = pipeline.get_bus()
    ends = Gst.MessageType.ERROR | Gst.MessageType.EOS
    pipeline.set_state(Gst.State.PLAYING)
    message = bus.timed_pop_filtered(options.seconds * Gst.SECOND, ends)
    if message is None:
        # kvssink posts EOS when the last fragment is stored, or after stop-stream-timeout.
        pipeline.send_event(Gst.Event.new_eos())
        message = bus.timed_pop_filtered(Gst.CLOCK_TIME_NONE, ends)
    # All acknowledgements were told before EOS: what an element has to say comes in order.
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        print(f"error: {message.parse_error()[0].message}", file=sys.stderr)
        return 1

    for kind, count in sorted(counting.types.items()):
        print(f"{kind}: {count}")
    if counting.delays:
        print(f"stored {max(counting.delays):.1f} s after its first frame at the latest")
    return 0


if __name__ == "__main__":
    sys.exit(main())
