#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Adds kvssink to a tee while the pipeline plays, and takes it away again; the other branches go on.

    sink_on_running_tee.py --stream yard --times 2 --seconds 4 [--endpoint http://127.0.0.1:8443] [--camera v4l2src]
"""
import argparse
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


class Branch:
    """queue ! kvssink, on a pad of its own of the tee."""

    def __init__(self, pipeline, tee, options):
        self.pipeline, self.tee = pipeline, tee
        self.queue = Gst.ElementFactory.make("queue")
        self.sink = Gst.ElementFactory.make("kvssink")
        self.sink.set_property("stream-name", options.stream)
        if options.endpoint:
            self.sink.set_property("endpoint", options.endpoint)
        for element in (self.queue, self.sink):
            pipeline.add(element)
        self.queue.link(self.sink)
        self.pad = None

    def start(self):
        for element in (self.sink, self.queue):
            element.sync_state_with_parent()
        self.pad = self.tee.request_pad_simple("src_%u")
        self.pad.link(self.queue.get_static_pad("sink"))

    def stop(self):
        """Off the tee at once; then kvssink has stop-stream-timeout to send what it has. Answers its stats."""
        unlinked = threading.Event()
        self.pad.add_probe(Gst.PadProbeType.IDLE, self.on_idle, unlinked)
        unlinked.wait()
        self.tee.release_request_pad(self.pad)
        # What is still in the queue goes before this.
        ended = threading.Event()
        self.sink.sinkpads[0].add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self.on_event, ended)
        self.queue.get_static_pad("sink").send_event(Gst.Event.new_eos())
        ended.wait()
        for element in (self.queue, self.sink):
            element.set_locked_state(True)
        self.sink.set_state(Gst.State.READY)  # waits until all is stored
        stats = self.sink.get_property("stats")
        for element in (self.queue, self.sink):
            element.set_state(Gst.State.NULL)
            self.pipeline.remove(element)
        return stats

    def on_idle(self, pad, _info, unlinked):
        pad.unlink(self.queue.get_static_pad("sink"))
        unlinked.set()
        return Gst.PadProbeReturn.REMOVE

    @staticmethod
    def on_event(_pad, info, ended):
        if info.get_event().type == Gst.EventType.EOS:
            ended.set()
        return Gst.PadProbeReturn.OK


def main():
    parser = argparse.ArgumentParser(description="Adds kvssink to a running tee and takes it away.")
    parser.add_argument("--stream", required=True)
    parser.add_argument("--endpoint", help="of kvs-local, for trying")
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=4, help="how long it stays, and is away")
    parser.add_argument("--camera", default="videotestsrc is-live=true")
    options = parser.parse_args()
    Gst.init(None)

    # A tee with one branch at least that takes everything; here it stands for a display.
    pipeline = Gst.parse_launch(f"{options.camera} ! videoconvert ! x264enc tune=zerolatency key-int-max=30 ! "
                                "h264parse config-interval=-1 ! tee name=tee ! queue ! fakesink name=display")
    tee = pipeline.get_by_name("tee")
    pipeline.set_state(Gst.State.PLAYING)
    for index in range(options.times):
        if index > 0:
            time.sleep(options.seconds)
        branch = Branch(pipeline, tee, options)
        branch.start()
        time.sleep(options.seconds)
        stats = branch.stop()
        stored, taken = stats.get_value("frames-persisted"), stats.get_value("frames-in")
        print(f"branch {index + 1}: {stored} of {taken} frames are stored", flush=True)
    error = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if error:
        print(f"error: {error.parse_error()[0].message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
