# SPDX-License-Identifier: Apache-2.0
"""Where test frames come from: descriptions of encoders, files made once, and frames fed one by one."""
from dataclasses import dataclass, replace

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from support import h264  # noqa: E402
from support.pipelines import Pipeline, kvssink  # noqa: E402
from support.waiting import PATIENCE  # noqa: E402


def camera(count, fps=100, size=(320, 240), live=True, pattern="ball"):
    """A moving picture. A high rate makes a short test of many frames."""
    raw = f"video/x-raw,format=I420,width={size[0]},height={size[1]},framerate={fps}/1"
    return f"videotestsrc num-buffers={count} is-live={str(live).lower()} pattern={pattern} ! {raw}"


def x264(key_interval=30, bitrate=800, **options):
    words = [f'{name.replace("_", "-")}={value}' for name, value in options.items()]
    return " ".join([f"x264enc speed-preset=ultrafast threads=1 key-int-max={key_interval} bitrate={bitrate}", *words])


def run_to_end(description, timeout=PATIENCE):
    """A pipeline without kvssink."""
    pipeline = Gst.parse_launch(description)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        int(timeout * Gst.SECOND), Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if message is None or message.type == Gst.MessageType.ERROR:
        raise AssertionError(f"{description}: {message.parse_error() if message else 'no end'}")


@dataclass
class Encoded:
    """One access unit: its NAL units, and its place in time in ns."""
    units: list
    pts: int
    dts: int
    duration: int
    key: bool


def encode(count, fps=25, size=(160, 120), key_interval=25, **options):
    """Access units of a short recording, times from 0."""
    pipeline = Gst.parse_launch(
        f"{camera(count, fps, size, live=False)} ! {x264(key_interval, **options)} ! "
        "video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=out sync=false max-buffers=0")
    pipeline.set_state(Gst.State.PLAYING)
    out, units = pipeline.get_by_name("out"), []
    while (sample := out.emit("try-pull-sample", int(PATIENCE * Gst.SECOND))) is not None:
        buffer, start = sample.get_buffer(), sample.get_segment().start
        data = buffer.extract_dup(0, buffer.get_size())
        units.append(Encoded(h264.split_byte_stream(data), buffer.pts - start,
                             buffer.dts - start, buffer.duration,
                             not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)))
    pipeline.set_state(Gst.State.NULL)
    if len(units) != count:
        raise AssertionError(f"{len(units)} frames of {count} were encoded")
    return units


def padded(units, size):
    """The same frames, each with a filler NAL unit of `size` bytes: what a high bit rate looks like."""
    filler = bytes([12]) + b"\xff" * (size - 2) + b"\x80"
    return [replace(unit, units=[*unit.units, filler]) for unit in units]


def without(units, *kinds):
    return [replace(unit, units=[nal for nal in unit.units if h264.kind(nal) not in kinds]) for unit in units]


def decoder_configuration(units, length_size):
    """An AVCDecoderConfigurationRecord from the first key frame's parameter sets."""
    sps = next(nal for nal in units[0].units if h264.kind(nal) == h264.SPS)
    pps = next(nal for nal in units[0].units if h264.kind(nal) == h264.PPS)
    return (bytes([1]) + sps[1:4] + bytes([0xFC | (length_size - 1), 0xE1]) + len(sps).to_bytes(2, "big") + sps
            + bytes([1]) + len(pps).to_bytes(2, "big") + pps)


def byte_stream(nals):
    return h264.join_byte_stream(nals)


class Feed(Pipeline):
    """appsrc ! kvssink: the test decides when each frame flows."""

    def __init__(self, service, stream, framing=byte_stream, caps="stream-format=byte-stream,alignment=au",
                 between="", **properties):
        middle = f"{between} ! " if between else ""
        super().__init__("appsrc name=src format=time is-live=true max-bytes=0 ! " + middle
                         + kvssink(service, stream, **properties))
        self.framing = framing
        self.first_flags = Gst.BufferFlags(0)  # set on the first frame beside its own
        self.prepare = None  # called with each buffer, to change it
        self.source = self["src"]
        self.source.set_property("caps", Gst.Caps.from_string(f"video/x-h264,{caps}"))

    def push(self, units, shift=0):
        """Hands the frames over; `shift` (ns) moves them in time."""
        for unit in units:
            buffer = Gst.Buffer.new_wrapped(self.framing(unit.units))
            buffer.pts = unit.pts + shift
            if unit.dts >= 0:
                buffer.dts = unit.dts + shift
            buffer.duration = unit.duration
            if not unit.key:
                buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
            buffer.set_flags(self.first_flags)
            self.first_flags = Gst.BufferFlags(0)
            if self.prepare:
                self.prepare(buffer)
            if self.source.emit("push-buffer", buffer) != Gst.FlowReturn.OK and not self.failed:
                raise AssertionError(f"the frame was not taken; {self.summary()}")

    def push_and_wait(self, units, shift=0):
        """Also waits until they have come to kvssink."""
        wanted = len(self.entered) + len(units)
        self.push(units, shift)
        self.wait_for(lambda: len(self.entered) >= wanted, f"{wanted} frames at kvssink")

    def push_until_taken(self, units):
        """Also waits until kvssink has taken them: one that a flush meets on its way in is not."""
        wanted = self.stats()["frames-in"] + len(units)
        self.push(units)
        self.wait_for(lambda: self.stats()["frames-in"] >= wanted, f"{wanted} frames taken")

    def end(self, timeout=PATIENCE):
        """The end of the stream; returns when kvssink posted EOS."""
        self.source.emit("end-of-stream")
        try:
            self.wait_eos(timeout)
        finally:
            self.stop()
        return self
