#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts metadata on the fragments in which something moves.

The picture goes two ways: encoded to kvssink, and small and grey to a look at how much has changed since the
last one. Real applications look better; what they then do is the same: emit `add-metadata`.

    metadata_on_motion.py --stream yard --seconds 10 [--endpoint http://127.0.0.1:8443] [--camera v4l2src]
"""
import argparse
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

WIDTH, HEIGHT = 64, 48
MOVED = 0.005  # of the picture's brightness: more is motion


class Motion:
    def __init__(self, sink):
        self.sink = sink
        self.before = None
        self.marked = 0

    def on_picture(self, looker):
        picture = self.bytes_of(looker.emit("pull-sample").get_buffer())
        if self.before is not None:
            self.judge(picture)
        self.before = picture
        return Gst.FlowReturn.OK

    @staticmethod
    def bytes_of(buffer):
        return buffer.extract_dup(0, buffer.get_size())

    def judge(self, picture):
        changed = sum(abs(new - old) for new, old in zip(picture, self.before)) / (255 * len(picture))
        if changed <= MOVED:
            return
        # Not persistent: for the next fragment that begins. FALSE would say that a limit was reached.
        if self.sink.emit("add-metadata", "motion", f"{changed:.4f}", False):
            self.marked += 1


def main():
    parser = argparse.ArgumentParser(description="Puts metadata on fragments with motion.")
    parser.add_argument("--stream", required=True)
    parser.add_argument("--endpoint", help="of kvs-local, for trying")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--camera", default="videotestsrc is-live=true pattern=ball")
    options = parser.parse_args()
    Gst.init(None)

    pipeline = Gst.parse_launch(
        f"{options.camera} ! videoconvert ! tee name=camera "
        "camera. ! queue ! x264enc tune=zerolatency key-int-max=30 ! h264parse ! kvssink name=sink "
        "camera. ! queue leaky=downstream max-size-buffers=1 ! videorate drop-only=true ! videoconvert ! videoscale ! "
        f"video/x-raw,format=GRAY8,width={WIDTH},height={HEIGHT},framerate=5/1 ! "
        "appsink name=look emit-signals=true sync=false")
    sink = pipeline.get_by_name("sink")
    sink.set_property("stream-name", options.stream)
    if options.endpoint:
        sink.set_property("endpoint", options.endpoint)
    motion = Motion(sink)
    pipeline.get_by_name("look").connect("new-sample", motion.on_picture)

    bus = pipeline.get_bus()
    ends = Gst.MessageType.ERROR | Gst.MessageType.EOS
    pipeline.set_state(Gst.State.PLAYING)
    message = bus.timed_pop_filtered(options.seconds * Gst.SECOND, ends)
    if message is None:
        pipeline.send_event(Gst.Event.new_eos())
        message = bus.timed_pop_filtered(Gst.CLOCK_TIME_NONE, ends)
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        print(f"error: {message.parse_error()[0].message}", file=sys.stderr)
        return 1
    print(f"motion was marked {motion.marked} times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
