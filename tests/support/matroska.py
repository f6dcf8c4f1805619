# SPDX-License-Identifier: Apache-2.0
"""A small Matroska reader of our own for exports: it shares no code with the writers that it judges."""
from dataclasses import dataclass, field

from support.ebml import Malformed, elements, read_vint, text, unsigned

EBML, SEGMENT, INFO, TRACKS, CLUSTER, TAGS = (
    0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675, 0x1254C367)
DOC_TYPE, TIMECODE_SCALE, DATE, TRACK_ENTRY, TIMECODE, SIMPLE_BLOCK, BLOCK_GROUP = (
    0x4282, 0x2AD7B1, 0x4461, 0xAE, 0xE7, 0xA3, 0xA0)
VIDEO, WIDTH, HEIGHT = 0xE0, 0xB0, 0xBA
TRACK_TEXTS = {0x86: "codec_id", 0x536E: "name"}
TRACK_NUMBERS = {0xD7: "number", 0x83: "kind", 0x56AA: "codec_delay_ns", 0x56BB: "seek_pre_roll_ns"}
CODEC_PRIVATE = 0x63A2
TAG, SIMPLE_TAG, TAG_NAME, TAG_STRING = 0x7373, 0x67C8, 0x45A3, 0x4487
YEAR_2001 = 978_307_200_000_000_000  # Matroska's dates count from there
# What may stand behind a Cluster of unknown size and so ends it.
SEGMENT_CHILDREN = {CLUSTER, TAGS, TRACKS, INFO, 0x114D9B74, 0x1C53BB6B, 0x1941A469, 0x1043A770}


@dataclass
class Track:
    number: int = 0
    kind: int = 0
    codec_id: str = ""
    name: str = ""
    codec_private: bytes = b""
    width: int = 0
    height: int = 0
    codec_delay_ns: int = 0
    seek_pre_roll_ns: int = 0


@dataclass
class Block:
    track: int
    time_ns: int
    key: bool
    data: bytes


@dataclass
class Cluster:
    time_ns: int
    blocks: list = field(default_factory=list)


@dataclass
class Recording:
    doc_type: str = ""
    timecode_scale: int = 1_000_000
    date_ns: int = 0  # of time 0, since 1970
    tracks: list = field(default_factory=list)
    clusters: list = field(default_factory=list)
    tags: list = field(default_factory=list)

    @property
    def blocks(self):
        return [block for cluster in self.clusters for block in cluster.blocks]


def read(path):
    """The whole file at `path` as a Recording."""
    with open(path, "rb") as file:
        data = file.read()
    recording = Recording()
    for identifier, start, end, _ in elements(data, 0, len(data)):
        if identifier == EBML:
            recording.doc_type = next(
                text(data, a, b) for i, a, b, _ in elements(data, start, end) if i == DOC_TYPE)
        elif identifier == SEGMENT:
            read_segment(data, start, end, recording)
        else:
            raise Malformed(f"element {identifier:X} at the top level")
    return recording


def read_segment(data, start, end, recording):
    at = start
    while at < end:
        identifier, at, stop, known = next(elements(data, at, end))
        if identifier == INFO:
            read_info(data, at, stop, recording)
        elif identifier == TRACKS:
            recording.tracks += [
                read_track(data, a, b) for i, a, b, _ in elements(data, at, stop) if i == TRACK_ENTRY]
        elif identifier == CLUSTER:
            stop = read_cluster(data, at, stop, known, recording)
        elif identifier == TAGS:
            recording.tags += read_tags(data, at, stop)
        at = stop


def read_info(data, start, end, recording):
    for identifier, a, b, _ in elements(data, start, end):
        if identifier == TIMECODE_SCALE:
            recording.timecode_scale = unsigned(data, a, b)
        elif identifier == DATE:
            recording.date_ns = YEAR_2001 + int.from_bytes(data[a:b], "big", signed=True)


def read_track(data, start, end):
    track = Track()
    for identifier, a, b, _ in elements(data, start, end):
        if identifier in TRACK_TEXTS:
            setattr(track, TRACK_TEXTS[identifier], text(data, a, b))
        elif identifier in TRACK_NUMBERS:
            setattr(track, TRACK_NUMBERS[identifier], unsigned(data, a, b))
        elif identifier == CODEC_PRIVATE:
            track.codec_private = data[a:b]
        elif identifier == VIDEO:
            sizes = {i: unsigned(data, c, d) for i, c, d, _ in elements(data, a, b)}
            track.width, track.height = sizes.get(WIDTH, 0), sizes.get(HEIGHT, 0)
    return track


def read_cluster(data, start, end, known, recording):
    """Adds the Cluster; answers where it ends."""
    cluster = None
    at = start
    while at < end:
        if not known and read_vint(data, at, keep_marker=True)[0] in SEGMENT_CHILDREN:
            break
        identifier, at, stop, _ = next(elements(data, at, end))
        if identifier == TIMECODE:
            cluster = Cluster(unsigned(data, at, stop) * recording.timecode_scale)
            recording.clusters.append(cluster)
        elif identifier == SIMPLE_BLOCK:
            if cluster is None:
                raise Malformed(f"a block at {at} before its Cluster's Timecode")
            cluster.blocks.append(read_block(data, at, stop, cluster, recording.timecode_scale))
        elif identifier == BLOCK_GROUP:
            raise Malformed(f"a BlockGroup at {at}: the export must keep SimpleBlocks")
        at = stop
    return at


def read_block(data, start, end, cluster, scale):
    track, at = read_vint(data, start, keep_marker=False)
    relative = int.from_bytes(data[at : at + 2], "big", signed=True)
    flags = data[at + 2]
    if flags & 0x06:
        raise Malformed(f"a laced block at {start}")
    return Block(track, cluster.time_ns + relative * scale, bool(flags & 0x80), data[at + 3 : end])


def read_tags(data, start, end):
    pairs = []
    for tag, a, b, _ in elements(data, start, end):
        if tag != TAG:
            continue
        for simple, c, d, _ in elements(data, a, b):
            if simple == SIMPLE_TAG:
                fields = {i: text(data, e, f) for i, e, f, _ in elements(data, c, d) if i in (TAG_NAME, TAG_STRING)}
                pairs.append((fields.get(TAG_NAME, ""), fields.get(TAG_STRING, "")))
    return pairs
