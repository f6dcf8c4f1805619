# SPDX-License-Identifier: Apache-2.0
"""Which frames an export must hold, from the buffers that entered the element; and the comparison of the two."""
from dataclasses import dataclass

from support import h264

MILLISECOND = 1_000_000


@dataclass
class Entered:
    """A buffer as it came to the element's pad."""
    time_ns: int | None  # signed running time of its PTS
    delta: bool
    data: bytes
    stream_format: str
    alignment: str
    length_size: int = 4
    arrival_ns: int = 0  # wall clock


@dataclass
class Frame:
    time_ns: int
    key: bool
    data: bytes


def units_of(buffer):
    if buffer.stream_format == "byte-stream":
        return h264.split_byte_stream(buffer.data)
    return h264.split_lengths(buffer.data, buffer.length_size)


def access_units(entered):
    """Lists of (NAL unit, buffer): one list an access unit."""
    if all(buffer.alignment == "au" for buffer in entered):
        units, held = [], []
        for buffer in entered:
            pairs = held + [(unit, buffer) for unit in units_of(buffer)]
            held = [] if any(h264.kind(unit) in h264.SLICES for unit, _ in pairs) else pairs
            if not held:
                units.append(pairs)
        return units
    return h264.group((unit, buffer) for buffer in entered for unit in units_of(buffer))


def frame_of(pairs):
    times = [buffer.time_ns for unit, buffer in pairs
             if h264.kind(unit) in h264.SLICES and buffer.time_ns is not None]
    times += [buffer.time_ns for _, buffer in pairs if buffer.time_ns is not None]
    units = [unit for unit, _ in pairs]
    return Frame(times[0], any(h264.kind(unit) == h264.IDR for unit in units), h264.join_lengths(units))


def expected(entered):
    """The frames that must arrive, in order: those from the first key frame on."""
    frames = [frame_of(pairs) for pairs in access_units(entered)]
    first = next((index for index, frame in enumerate(frames) if frame.key), len(frames))
    return frames[first:]


def check_bytes(test, frames, blocks):
    """Every frame is there, in order, byte for byte, with its key flag."""
    for index, (frame, block) in enumerate(zip(frames, blocks)):
        if frame.data != block.data:
            known = next((i for i, other in enumerate(frames) if other.data == block.data), None)
            test.fail(f"block {index} of {len(blocks)} is not frame {index} of {len(frames)}, but "
                      + (f"frame {known}" if known is not None else f"another one of {len(block.data)} bytes, NAL "
                         f"types {[h264.kind(u) for u in h264.split_lengths(block.data, 4)]} instead of "
                         f"{[h264.kind(u) for u in h264.split_lengths(frame.data, 4)]}"))
        test.assertEqual(block.key, frame.key, f"key flag of frame {index}")
    test.assertEqual(len(blocks), len(frames), "frames in the export, frames that went in")


def check_times(test, frames, blocks, moved=False):
    """One anchor explains every block's time: floor(anchor + running time) to the millisecond; where some had to be
    `moved` behind another track's, to the next one."""
    anchors = [block.time_ns - frame.time_ns for frame, block in zip(frames, blocks)]
    spread = max(anchors) - min(anchors)
    worst = max(range(len(anchors)), key=lambda i: abs(anchors[i] - anchors[0]))
    test.assertLess(spread, (1 + moved) * MILLISECOND, f"times drift by {spread} ns, most at frame {worst}")


def check_clusters(test, recording):
    """Each Cluster begins with a key frame, and is later than all of the one before."""
    latest = -1
    for index, cluster in enumerate(recording.clusters):
        test.assertTrue(cluster.blocks and cluster.blocks[0].key, f"cluster {index} begins with a key frame")
        test.assertGreater(cluster.time_ns, latest, f"cluster {index} is later than the one before it")
        test.assertEqual(min(block.time_ns for block in cluster.blocks), cluster.time_ns)
        latest = max(block.time_ns for block in cluster.blocks)


def check_header(test, recording, frames):
    """One H.264 track whose codec private data holds the parameter sets of the first frame, if that has any."""
    test.assertEqual(recording.doc_type, "matroska")
    test.assertEqual([(track.number, track.codec_id) for track in recording.tracks], [(1, "V_MPEG4/ISO/AVC")])
    track = recording.tracks[0]
    configuration = h264.DecoderConfiguration(track.codec_private)
    test.assertEqual(configuration.length_size, 4)
    in_band = h264.split_lengths(frames[0].data, 4)
    for kind, sets in ((h264.SPS, configuration.sps), (h264.PPS, configuration.pps)):
        found = [unit for unit in in_band if h264.kind(unit) == kind]
        test.assertTrue(sets)
        test.assertTrue(set(found) <= set(sets))
    test.assertEqual(bytes([configuration.profile, configuration.compatibility, configuration.level]),
                     configuration.sps[0][1:4])
