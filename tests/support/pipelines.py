# SPDX-License-Identifier: Apache-2.0
"""Runs a pipeline in this process and notes what entered kvssink and what its bus said."""
import time

from support import preload

preload.host()

import gi  # noqa: E402

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402, F401

from support.frames import Entered  # noqa: E402
from support.waiting import PATIENCE  # noqa: E402

Gst.init(None)
LATE = 0x0000000F  # STATUS_OPERATION_TIMED_OUT


def signed_running_time(segment, time_ns):
    if time_ns == Gst.CLOCK_TIME_NONE:
        return None
    sign, running = segment.to_running_time_full(Gst.Format.TIME, time_ns)
    return None if sign == 0 else sign * running


class Tap:
    """A probe on a pad: every buffer that passes, with what the segment and the caps say about it."""

    def __init__(self):
        self.entered = []
        self.segment = Gst.Segment()
        self.format = ("", "", 4)
        self.broken = []

    def attach(self, pad):
        kinds = Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM
        pad.add_probe(kinds, self.on_probe)

    def on_probe(self, _pad, info):
        try:
            if info.type & Gst.PadProbeType.BUFFER:
                self.on_buffer(info.get_buffer())
            else:
                self.on_event(info.get_event())
        except Exception as error:  # an exception in a probe would only be printed
            self.broken.append(repr(error))
        return Gst.PadProbeReturn.OK

    def on_buffer(self, buffer):
        stream_format, alignment, length_size = self.format
        self.entered.append(Entered(
            time_ns=signed_running_time(self.segment, buffer.pts),
            delta=buffer.has_flags(Gst.BufferFlags.DELTA_UNIT),
            data=buffer.extract_dup(0, buffer.get_size()),
            stream_format=stream_format, alignment=alignment, length_size=length_size,
            arrival_ns=time.time_ns()))

    def on_event(self, event):
        if event.type == Gst.EventType.SEGMENT:
            self.segment = event.parse_segment().copy()
        elif event.type == Gst.EventType.CAPS:
            caps = event.parse_caps().get_structure(0)
            length_size = 4
            if caps.has_field("codec_data"):
                data = caps.get_value("codec_data")
                length_size = (data.extract_dup(4, 1)[0] & 3) + 1
            self.format = (caps.get_string("stream-format") or "byte-stream",
                           caps.get_string("alignment") or "nal", length_size)


def tells_of_the_machine(message):
    """The warning that the loop is late: true, and no part of any test's story."""
    details = message.parse_warning_details() if message.type == Gst.MessageType.WARNING else None
    return details is not None and details.get_value("status-code") == LATE


class Pipeline:
    """A pipeline with one kvssink, whose name in it is `sink`."""

    def __init__(self, description):
        self.pipeline = Gst.parse_launch(description)
        self.bus = self.pipeline.get_bus()
        self.sink = self.pipeline.get_by_name("sink")
        self.tap = Tap()
        self.messages = []
        self.started_ns = 0
        self.failed = False
        self.last_stats = None
        # A delayed link (of a demuxer) asks for the pad later. The handler knows the tap only: it must not keep us.
        tap = self.tap
        for pad in self.sink.sinkpads:
            self.tap.attach(pad)
        self.sink.connect("pad-added", lambda _, pad: tap.attach(pad))

    def __getitem__(self, name):
        return self.pipeline.get_by_name(name)

    @property
    def entered(self):
        if self.tap.broken:
            raise AssertionError(f"the probe failed: {self.tap.broken}")
        return self.tap.entered

    def play(self):
        """Asks for PLAYING. An error may be sooner than that: the bus tells of it, to whoever waits for something."""
        self.started_ns = time.time_ns()
        self.failed = self.pipeline.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE
        return self

    def poll(self, seconds=0.05):
        """Takes one message from the bus, if there is one within the time."""
        message = self.bus.timed_pop(int(seconds * Gst.SECOND))
        if message is not None and not tells_of_the_machine(message):
            self.messages.append(message)
        return message

    def wait_for(self, condition, what, timeout=PATIENCE, errors=True):
        """Reads the bus until condition() holds. An error on the bus ends it, unless they are allowed."""
        end = time.monotonic() + timeout
        while not condition():
            message = self.poll(0.02)
            if errors and message is not None and message.type == Gst.MessageType.ERROR:
                raise AssertionError(f"waiting for {what}: {self.errors()}")
            if time.monotonic() > end:
                raise AssertionError(f"after {timeout:g} s still waiting for {what}; {self.summary()}")

    def timed(self, condition, what, timeout=PATIENCE):
        """The same; answers how many seconds it took."""
        began = time.monotonic()
        self.wait_for(condition, what, timeout)
        return time.monotonic() - began

    def wait_eos(self, timeout=PATIENCE):
        self.wait_for(lambda: self.of_type(Gst.MessageType.EOS), "the end of the stream", timeout)

    def run(self, timeout=PATIENCE):
        """Plays to the end of the stream, then stops."""
        self.play()
        try:
            self.wait_eos(timeout)
        finally:
            self.stop()
        return self

    def stop(self):
        """To NULL; what stats() says from now on was true before."""
        self.last_stats = self.stats()
        self.pipeline.set_state(Gst.State.NULL)
        while self.poll(0) is not None:
            pass

    def of_type(self, kind):
        return [message for message in self.messages if message.type == kind]

    def warnings(self):
        return [message.parse_warning() for message in self.of_type(Gst.MessageType.WARNING)]

    def errors(self):
        while self.poll(0) is not None:
            pass
        return [message.parse_error() for message in self.of_type(Gst.MessageType.ERROR)]

    def structures(self, name):
        """The element messages of kvssink with this name."""
        found = [message.get_structure() for message in self.of_type(Gst.MessageType.ELEMENT)]
        return [structure for structure in found if structure and structure.get_name() == name]

    def stats(self):
        if self.last_stats is not None:
            return self.last_stats
        structure = self.sink.get_property("stats")
        names = [structure.nth_field_name(index) for index in range(structure.n_fields())]
        return {name: structure.get_value(name) for name in names}

    def summary(self):
        return f"stats {self.stats()}, warnings {self.warnings()}, errors {self.errors()}"


def kvssink(service, stream, **properties):
    """The element's text for a description; the underscore of a Python name is the dash of a property's."""
    settings = {"stream-name": stream, "endpoint": service.url, **properties}
    words = [f'{name.replace("_", "-")}="{value}"' for name, value in settings.items()]
    return " ".join(["kvssink", "name=sink", *words])
