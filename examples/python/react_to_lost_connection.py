#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Watches the bus of a pipeline: says when the connection is lost, why, what was lost meanwhile, and when it is back.

kvssink comes back by itself, so nothing needs to be restarted. What an application may want to do is shown
here: encode at a lower rate while nothing can be sent, so that the buffer holds a longer time.

    react_to_lost_connection.py --stream yard [--endpoint http://127.0.0.1:8443] [--camera v4l2src]
"""
import argparse
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

GOOD, POOR = 800, 200  # kbit/s


class Recorder:
    def __init__(self, options):
        self.loop = GLib.MainLoop()
        self.status = 0
        self.pipeline = Gst.parse_launch(
            f"{options.camera} ! videoconvert ! "
            f"x264enc name=encoder tune=zerolatency key-int-max=50 bitrate={GOOD} ! h264parse ! kvssink name=sink")
        self.encoder = self.pipeline.get_by_name("encoder")
        self.sink = self.pipeline.get_by_name("sink")
        self.sink.set_property("stream-name", options.stream)
        if options.endpoint:
            self.sink.set_property("endpoint", options.endpoint)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::element", self.on_element)
        bus.connect("message::error", self.on_error)
        bus.connect("message::eos", lambda *_: self.loop.quit())

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        try:
            self.loop.run()
        except KeyboardInterrupt:
            pass
        self.pipeline.set_state(Gst.State.NULL)
        return self.status

    def on_element(self, _bus, message):
        structure = message.get_structure()
        if structure.get_name() == "kvssink-connection":
            self.on_connection(structure)
        elif structure.get_name() == "kvssink-fragment-lost":
            print(f"lost: {structure.get_value('frames')} frames, {structure.get_value('reason')}", flush=True)

    def on_connection(self, structure):
        state = structure.get_value("state")
        reason = structure.get_value("reason") if structure.has_field("reason") else ""
        print(f"connection: {state} {reason}".rstrip(), flush=True)
        if state in ("disconnected", "retrying"):
            self.encoder.set_property("bitrate", POOR)
        elif state == "streaming":
            self.encoder.set_property("bitrate", GOOD)

    def on_error(self, _bus, message):
        """Only what no retry can mend comes here: wrong credentials, a wrong setting."""
        error, debug = message.parse_error()
        print(f"error: {error.message} ({debug})", file=sys.stderr)
        self.status = 1
        self.loop.quit()


def main():
    parser = argparse.ArgumentParser(description="Says when the connection is lost, and when it is back.")
    parser.add_argument("--stream", required=True)
    parser.add_argument("--endpoint", help="of kvs-local, for trying")
    parser.add_argument("--camera", default="videotestsrc is-live=true")
    Gst.init(None)
    return Recorder(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
