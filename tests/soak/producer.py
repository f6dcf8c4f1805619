# SPDX-License-Identifier: Apache-2.0
"""The producer of a soak: several streams in one process, which holds nothing but kvssink and what is needed to
feed it, so that its memory says something. A JSON object on stdin tells what to stream; the next line, or the end
of stdin, ends the streams; the answer is one JSON object on stdout.

Each frame carries its number in a filler NAL unit, so that a recording tells which frames it holds.
"""
import json
import os
import sys
import threading
import time
from dataclasses import replace

from support import sources
from support.pipelines import Gst, kvssink

FPS = 25
LOOP_SECONDS = 10  # of picture, over and over
SAMPLE = 0.2  # seconds between two looks at the stats
GAP = 2.5  # seconds without a persisted fragment that are worth a note
LOST = "kvssink-fragment-lost"


def numbered(unit, number):
    return sources.byte_stream([*unit.units, b"\x0c" + b"%012d" % number + b"\x80"])


def resident_kib():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


class Stream:
    """appsrc ! kvssink, and what its bus said, summed up: an hour's messages are not kept."""

    def __init__(self, name, url, properties):
        service = type("Service", (), {"url": url})
        self.pipeline = Gst.parse_launch("appsrc name=src format=time is-live=true max-bytes=0 ! "
                                         + kvssink(service, name, **properties))
        self.source, self.sink = self.pipeline.get_by_name("src"), self.pipeline.get_by_name("sink")
        self.source.set_property("caps", Gst.Caps.from_string(
            "video/x-h264,stream-format=byte-stream,alignment=au"))
        self.bus = self.pipeline.get_bus()
        self.losses, self.errors, self.warnings, self.gaps = [], [], [], []
        self.pushed, self.persisted, self.persisted_at, self.over_budget = 0, 0, time.monotonic(), 0
        self.ended = False

    def push(self, unit, number):
        buffer = Gst.Buffer.new_wrapped(numbered(unit, number))
        buffer.pts = buffer.dts = number * Gst.SECOND // FPS
        buffer.duration = Gst.SECOND // FPS
        if not unit.key:
            buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
        self.source.emit("push-buffer", buffer)
        self.pushed += 1

    def stats(self):
        structure = self.sink.get_property("stats")
        return {structure.nth_field_name(index): structure.get_value(structure.nth_field_name(index))
                for index in range(structure.n_fields())}

    def sample(self):
        now, stats = time.monotonic(), self.stats()
        self.over_budget += stats["storage-used"] > self.sink.get_property("storage-size") << 20
        if stats["acks-persisted"] > self.persisted:
            if now - self.persisted_at > GAP:
                self.gaps.append((self.persisted_at, now))
            self.persisted, self.persisted_at = stats["acks-persisted"], now

    def listen(self):
        while (message := self.bus.pop()) is not None:
            if message.type == Gst.MessageType.ERROR:
                self.errors.append(message.parse_error()[0].message)
            elif message.type == Gst.MessageType.WARNING:
                self.warnings.append(message.parse_warning()[0].message)
            elif message.type == Gst.MessageType.EOS:
                self.ended = True
            elif message.type == Gst.MessageType.ELEMENT and message.get_structure().get_name() == LOST:
                structure = message.get_structure()
                self.losses.append({name: structure.get_value(name)
                                    for name in ("reason", "count", "unconfirmed", "frames", "start", "end")})

    def report(self):
        plain = {name: value for name, value in self.stats().items() if isinstance(value, (int, str))}
        return {"stats": plain, "pushed": self.pushed, "losses": self.losses, "errors": self.errors,
                "warnings": self.warnings, "gaps": self.gaps, "over_budget": self.over_budget, "ended": self.ended}


class Producer:
    def __init__(self, order):
        encoded = sources.encode(LOOP_SECONDS * FPS, FPS, key_interval=FPS, bitrate=order["kbit"], bframes=0)
        self.units = [replace(unit, units=list(unit.units)) for unit in encoded]
        self.streams = {name: Stream(name, **one) for name, one in order["streams"].items()}
        self.memory = []
        self.finish = threading.Event()

    def wait_for_the_end(self):
        sys.stdin.readline()
        self.finish.set()

    def run(self, settle, patience):
        threading.Thread(target=self.wait_for_the_end, daemon=True).start()
        for stream in self.streams.values():
            stream.pipeline.set_state(Gst.State.PLAYING)
        began, number, next_sample = time.monotonic(), 0, 0.0
        while not self.finish.is_set():
            self.pause_until(began + number / FPS)
            unit = self.units[number % len(self.units)]
            for stream in self.streams.values():
                stream.push(unit, number)
            number += 1
            if time.monotonic() >= next_sample:
                next_sample = time.monotonic() + SAMPLE
                self.look(began + settle)
        self.memory.append(resident_kib())
        self.drain(patience)

    @staticmethod
    def pause_until(moment):
        rest = moment - time.monotonic()
        if rest > 0:
            time.sleep(rest)

    def look(self, settled_at):
        for stream in self.streams.values():
            stream.sample()
            stream.listen()
        if not self.memory and time.monotonic() >= settled_at:
            self.memory.append(resident_kib())

    def drain(self, patience):
        for stream in self.streams.values():
            stream.source.emit("end-of-stream")
        end = time.monotonic() + patience
        while time.monotonic() < end and not all(one.ended or one.errors for one in self.streams.values()):
            time.sleep(SAMPLE)
            for stream in self.streams.values():
                stream.listen()

    def report(self):
        reports = {name: stream.report() for name, stream in self.streams.items()}
        for stream in self.streams.values():
            stream.pipeline.set_state(Gst.State.NULL)
        return {"memory_kib": self.memory, "streams": reports, "cpu_seconds": sum(os.times()[:2])}


def main():
    order = json.loads(sys.stdin.readline())
    producer = Producer(order)
    producer.run(order["settle"], order["patience"])
    json.dump(producer.report(), sys.stdout)


if __name__ == "__main__":
    main()
