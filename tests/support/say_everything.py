# SPDX-License-Identifier: Apache-2.0
"""Runs kvssink and writes down all that it can be made to say: a program for secrets_test.py.

Properties come as JSON on stdin, so that they stand in no command line. Ends at EOS, at an error, or when an
attempt has failed twice.
"""
import json
import sys
import time

from support import preload

preload.host()

import gi  # noqa: E402

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402

LIMIT = 60  # seconds


def value_of(text):
    """A property's value: structures are written as in gst-launch."""
    return Gst.Structure.from_string(text)[0] if text.startswith("iot-certificate,") else text


def shown(value):
    return value.to_string() if isinstance(value, Gst.Structure) else repr(value)


def say_properties(sink):
    for spec in sink.list_properties():
        try:
            print(spec.name, spec.blurb, spec.default_value, shown(sink.get_property(spec.name)))
        except TypeError as error:  # write-only
            print(spec.name, spec.blurb, error)


def say_message(message):
    print(message.type, message.src.get_name() if message.src else "", end=" ")
    structure = message.get_structure()
    print(structure.to_string() if structure else "")
    for parse, details in ((message.parse_error, message.parse_error_details),
                           (message.parse_warning, message.parse_warning_details)):
        kind = Gst.MessageType.ERROR if parse == message.parse_error else Gst.MessageType.WARNING
        if message.type == kind:
            print(*parse(), shown(details()))


def main():
    Gst.init(None)
    pipeline = Gst.parse_launch("videotestsrc num-buffers=20 ! video/x-raw,width=64,height=48,framerate=10/1 ! "
                                "x264enc tune=zerolatency key-int-max=10 ! kvssink name=sink")
    sink = pipeline.get_by_name("sink")
    for name, value in json.load(sys.stdin).items():
        sink.set_property(name, value_of(value) if isinstance(value, str) else value)
    say_properties(sink)
    pipeline.set_state(Gst.State.PLAYING)
    bus = pipeline.get_bus()
    end = time.monotonic() + LIMIT
    outcome = "nothing"
    while outcome == "nothing" and time.monotonic() < end:
        message = bus.timed_pop(Gst.SECOND // 10)
        if message is not None:
            say_message(message)
            if message.type in (Gst.MessageType.EOS, Gst.MessageType.ERROR):
                outcome = message.type.first_value_nick
        stats = sink.get_property("stats")
        if stats.get_value("attempt") > 1:
            outcome = "refused"
    say_properties(sink)
    for details in (Gst.DebugGraphDetails.ALL, Gst.DebugGraphDetails.VERBOSE):
        print(Gst.debug_bin_to_dot_data(pipeline, details))
    Gst.debug_bin_to_dot_file(pipeline, Gst.DebugGraphDetails.VERBOSE, "pipeline")
    print(GObject.type_name(sink), [caps.to_string() for pad in sink.sinkpads if (caps := pad.get_current_caps())])
    pipeline.set_state(Gst.State.NULL)
    say_properties(sink)
    print("outcome", outcome)


main()
