# SPDX-License-Identifier: Apache-2.0
"""H.264 as the tests see it: NAL units out of each framing, access units out of NAL units (ITU-T H.264, 7.4.1.2.3
and Annex B). Written apart from producer-core, so that each checks the other."""
import re

SLICE, IDR, SEI, SPS, PPS, DELIMITER = 1, 5, 6, 7, 8, 9
SLICES = (SLICE, 2, IDR)
START_CODE = re.compile(rb"\x00\x00\x01")


def kind(nal):
    return nal[0] & 0x1F


def split_byte_stream(data):
    """The NAL units of an Annex B byte stream; zeros before a start code belong to it."""
    starts = [found.end() for found in START_CODE.finditer(data)]
    ends = [start - 3 for start in starts[1:]] + [len(data)]
    units = [bytes(data[start:end]).rstrip(b"\0") for start, end in zip(starts, ends)]
    return [unit for unit in units if unit]


def split_lengths(data, size):
    """The NAL units behind length fields of `size` bytes (ISO/IEC 14496-15, 5.3.4.2)."""
    units, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + size], "big")
        at += size
        if at + length > len(data):
            raise ValueError(f"a NAL unit of {length} bytes where {len(data) - at} are left")
        units.append(bytes(data[at : at + length]))
        at += length
    return units


def join_lengths(units, size=4):
    return b"".join(len(unit).to_bytes(size, "big") + unit for unit in units)


def join_byte_stream(units, code=b"\0\0\0\1"):
    return b"".join(code + unit for unit in units)


def begins_access_unit(nal, has_slice):
    """Whether `nal` cannot belong to the access unit so far, of which has_slice is known."""
    if not has_slice:
        return False
    if kind(nal) in (SEI, SPS, PPS, DELIMITER, 14, 15, 16, 17, 18):
        return True
    return kind(nal) in SLICES and bool(nal[1] & 0x80)  # first_mb_in_slice is 0: the one-bit code `1`


def group(units):
    """Groups (nal, mark) pairs into access units: lists of pairs."""
    groups, has_slice = [[]], False
    for nal, mark in units:
        if begins_access_unit(nal, has_slice):
            groups.append([])
            has_slice = False
        groups[-1].append((nal, mark))
        has_slice = has_slice or kind(nal) in SLICES
    return [pairs for pairs in groups if pairs]


class DecoderConfiguration:
    """An AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1)."""

    def __init__(self, data):
        if data[0] != 1:
            raise ValueError(f"configurationVersion is {data[0]}")
        self.profile, self.compatibility, self.level = data[1:4]
        self.length_size = (data[4] & 3) + 1
        self.sps, at = self.read_sets(data, 6, data[5] & 0x1F)
        self.pps, _ = self.read_sets(data, at + 1, data[at])

    @staticmethod
    def read_sets(data, at, count):
        sets = []
        for _ in range(count):
            length = int.from_bytes(data[at : at + 2], "big")
            sets.append(bytes(data[at + 2 : at + 2 + length]))
            at += 2 + length
        return sets, at
