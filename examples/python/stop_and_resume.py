#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stops recording and resumes it, again and again, while the pipeline goes on playing.

To stop, a probe keeps the frames from kvssink, and kvssink alone is sent the end of the stream: it sends and has
stored all that it has, and says `drained`. To resume, it is flushed, and the frames pass again from a key
frame on. The camera and the encoder never notice.

    stop_and_resume.py --stream yard --times 3 --seconds 4 [--endpoint http://127.0.0.1:8443] [--camera v4l2src]
"""
import argparse
import sys
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstVideo  # noqa: E402

PATIENCE = 60  # s


class Recording:
    """Whether what comes out of `source` goes into kvssink."""

    def __init__(self, pipeline, sink):
        self.bus = pipeline.get_bus()
        self.sink = sink
        self.pad = sink.sinkpads[0]  # or any other, of audio for example: each needs the same
        self.source = self.pad.get_peer()
        self.probe = None

    def stop(self):
        """Returns when all that was recorded is stored, or cannot be for now: kvssink still has it then."""
        # Before kvssink's own pad, which tells whoever pushes into it after its end to stop.
        self.probe = self.source.add_probe(Gst.PadProbeType.BUFFER, lambda *_: Gst.PadProbeReturn.DROP)
        self.pad.send_event(Gst.Event.new_eos())
        return self.wait_for("drained")

    def resume(self):
        self.pad.send_event(Gst.Event.new_flush_start())
        self.pad.send_event(Gst.Event.new_flush_stop(False))
        # A flush takes the segment with it, which the frames need; the source still has it.
        self.pad.send_event(self.source.get_sticky_event(Gst.EventType.SEGMENT, 0))
        self.source.remove_probe(self.probe)
        # So that nothing is skipped until the encoder's next one by itself.
        self.pad.push_event(GstVideo.video_event_new_upstream_force_key_unit(Gst.CLOCK_TIME_NONE, True, 0))

    def wait_for(self, state):
        end = time.monotonic() + PATIENCE
        while (left := end - time.monotonic()) > 0:
            message = self.bus.timed_pop_filtered(int(left * Gst.SECOND),
                                                  Gst.MessageType.ELEMENT | Gst.MessageType.ERROR)
            if message is None:
                return False
            if message.type == Gst.MessageType.ERROR:
                raise RuntimeError(message.parse_error()[0].message)
            structure = message.get_structure()
            if structure.get_name() == "kvssink-connection" and structure.get_value("state") == state:
                return True
        return False


def main():
    parser = argparse.ArgumentParser(description="Stops and resumes recording in a pipeline that goes on.")
    parser.add_argument("--stream", required=True)
    parser.add_argument("--endpoint", help="of kvs-local, for trying")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4, help="how long each recording is, and each pause")
    parser.add_argument("--camera", default="videotestsrc is-live=true")
    options = parser.parse_args()
    Gst.init(None)

    pipeline = Gst.parse_launch(f"{options.camera} ! videoconvert ! x264enc tune=zerolatency key-int-max=30 ! "
                                "h264parse ! kvssink name=sink")
    sink = pipeline.get_by_name("sink")
    sink.set_property("stream-name", options.stream)
    if options.endpoint:
        sink.set_property("endpoint", options.endpoint)
    pipeline.set_state(Gst.State.PLAYING)
    recording = Recording(pipeline, sink)
    for index in range(options.times):
        if index > 0:
            recording.resume()
        time.sleep(options.seconds)
        stored = recording.stop()
        print(f"recording {index + 1}: {'stored' if stored else 'not yet stored'}", flush=True)
        if index < options.times - 1:
            time.sleep(options.seconds)
    pipeline.set_state(Gst.State.NULL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
