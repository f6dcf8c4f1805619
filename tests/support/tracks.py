# SPDX-License-Identifier: Apache-2.0
"""What entered each pad of kvssink, and which blocks of each track that must become."""
from support import frames, h264
from support.frames import Entered, Frame
from support.pipelines import Gst, signed_running_time


class H265:
    """H.265's NAL units (ITU-T H.265, 7.4.2.2 and 7.4.2.4.4), as far as access units and key frames ask."""
    AHEAD = {32, 33, 34, 35, 39}  # parameter sets, delimiter, prefix SEI: they stand before the first slice

    @staticmethod
    def kind(nal):
        return nal[0] >> 1 & 0x3F

    @classmethod
    def is_slice(cls, nal):
        return cls.kind(nal) < 32

    @classmethod
    def is_key(cls, nal):
        return 16 <= cls.kind(nal) <= 21

    @classmethod
    def begins(cls, nal):
        return cls.kind(nal) in cls.AHEAD or (cls.is_slice(nal) and bool(nal[2] & 0x80))


class PadTap:
    """A probe on one pad: its buffers, with their running times, and its caps."""

    def __init__(self, pad):
        self.name = pad.get_name()
        self.entered = []
        self.caps = None
        self.segment = Gst.Segment()
        self.broken = []
        self.ended = False
        pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM, self.on_probe)

    def catch_up(self, pad):
        """Of a source that played already, what it said before."""
        for kind in (Gst.EventType.CAPS, Gst.EventType.SEGMENT):
            event = pad.get_sticky_event(kind, 0)
            if event is not None:
                self.on_event(event)

    def on_probe(self, pad, info):
        try:
            if self.caps is None and info.type & Gst.PadProbeType.BUFFER:
                self.catch_up(pad)
            if info.type & Gst.PadProbeType.BUFFER:
                self.on_buffer(info.get_buffer())
            else:
                self.on_event(info.get_event())
        except Exception as error:  # an exception in a probe would only be printed
            self.broken.append(repr(error))
        return Gst.PadProbeReturn.OK

    def on_event(self, event):
        if event.type == Gst.EventType.SEGMENT:
            self.segment = event.parse_segment().copy()
        elif event.type == Gst.EventType.EOS:
            self.ended = True  # and the pad is done with all that came before
        elif event.type == Gst.EventType.CAPS:
            self.caps = event.parse_caps().get_structure(0).copy()

    def on_buffer(self, buffer):
        self.entered.append(Entered(
            time_ns=signed_running_time(self.segment, buffer.pts),
            delta=buffer.has_flags(Gst.BufferFlags.DELTA_UNIT),
            data=buffer.extract_dup(0, buffer.get_size()),
            stream_format=self.caps.get_string("stream-format") or "",
            alignment=self.caps.get_string("alignment") or "au",
            length_size=self.length_size()))

    def codec_data(self):
        data = self.caps.get_value("codec_data") if self.caps.has_field("codec_data") else None
        return data.extract_dup(0, data.get_size()) if data else b""

    def length_size(self):
        """Of NAL units with lengths: byte 4 of an avcC, byte 21 of an hvcC."""
        at = {"video/x-h264": 4, "video/x-h265": 21}.get(self.caps.get_name())
        data = self.codec_data()
        return (data[at] & 3) + 1 if at and len(data) > at else 4

    def expected(self):
        """The blocks that must arrive, in order."""
        if self.broken:
            raise AssertionError(f"the probe failed: {self.broken}")
        medium = self.caps.get_name()
        if medium == "video/x-h264":
            return frames.expected(self.entered)
        if medium == "video/x-h265":
            return h265_frames(self.entered)
        strip = without_adts if self.caps.get_string("stream-format") == "adts" else bytes
        return [Frame(one.time_ns, not one.delta, strip(one.data)) for one in self.entered if one.data]


def without_adts(data):
    """The raw frame behind an ADTS header (ISO/IEC 14496-3, 1.A.2.2): 7 bytes, and 2 of a checksum."""
    return data[7 if data[1] & 1 else 9:]


def h265_frames(entered):
    units = []  # of each access unit (NAL unit, buffer)
    for buffer in entered:
        split = (h264.split_byte_stream(buffer.data) if buffer.stream_format == "byte-stream"
                 else h264.split_lengths(buffer.data, buffer.length_size))
        for nal in split:
            has_slice = units and any(H265.is_slice(other) for other, _ in units[-1])
            if not units or (has_slice and H265.begins(nal)):
                units.append([])
            units[-1].append((nal, buffer))
    made = []
    for pairs in units:
        nals = [nal for nal, _ in pairs]
        # A parser gives the time of an access unit to its first NAL unit, an encoder also to the slice.
        times = [buffer.time_ns for nal, buffer in pairs if H265.is_slice(nal) and buffer.time_ns is not None]
        times += [buffer.time_ns for _, buffer in pairs if buffer.time_ns is not None]
        made.append(Frame(times[0], any(H265.is_key(nal) for nal in nals), h264.join_lengths(nals)))
    return made


def check(test, taps, recording, numbers, stats=None):
    """Every track's frames are there, byte for byte, with one anchor for all. More than those stand for silence, and
    what came ahead of the first picture is not sent: `stats` must have counted both."""
    test.assertEqual({track.number for track in recording.tracks}, set(numbers.values()))
    anchored, more, ahead = [], 0, 0
    start = min((tap.expected()[0].time_ns for tap in taps if tap.name.startswith("video")), default=None)
    for tap in taps:
        entered = tap.expected()
        wanted = [frame for frame in entered if start is None or frame.time_ns >= start] if stats else entered
        ahead += len(entered) - len(wanted)
        test.assertTrue(wanted, f"frames entered {tap.name}")
        blocks = [block for block in recording.blocks if block.track == numbers[tap.name]]
        for index, (frame, block) in enumerate(zip(wanted, blocks)):
            test.assertEqual(block.data, frame.data, f"{tap.name}: bytes of frame {index} of {len(wanted)}")
            test.assertEqual(block.key, frame.key, f"{tap.name}: key flag of frame {index}")
        test.assertGreaterEqual(len(blocks), len(wanted), f"{tap.name}: frames in the export")
        more += len(blocks) - len(wanted)
        anchored += [(frame, block) for frame, block in zip(wanted, blocks)]
    test.assertEqual(more, stats["frames-filled"] if stats else 0, "frames in the export that nobody put")
    if stats:
        skipped = {name: value for name, value in stats.items() if name.startswith("skipped-") and value}
        test.assertEqual(sum(skipped.values()), ahead, f"frames ahead of the first picture, and {skipped}")
    moved = stats is not None and stats["times-nudged"] + stats["times-raised"] > 0
    frames.check_times(test, *zip(*anchored), moved=moved)
