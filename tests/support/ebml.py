# SPDX-License-Identifier: Apache-2.0
"""Walks EBML elements (RFC 8794): enough for the tests' own Matroska reader, and nothing of the project in it."""

UNKNOWN = None


class Malformed(Exception):
    """The bytes are not EBML, or end too early."""


def read_vint(data, at, keep_marker):
    """A variable-size integer at `at`: (value, offset behind it). UNKNOWN where all of its bits are set."""
    if at >= len(data):
        raise Malformed(f"the file ends at {at}, where an element must begin")
    first = data[at]
    length = 9 - first.bit_length()
    if first == 0 or at + length > len(data):
        raise Malformed(f"no variable-size integer at {at}")
    value = int.from_bytes(data[at : at + length], "big")
    if keep_marker:
        return value, at + length
    payload = value & ((1 << (7 * length)) - 1)
    return (UNKNOWN if payload == (1 << (7 * length)) - 1 else payload), at + length


def elements(data, start, end):
    """Yields (id, start of payload, end of payload, whether the size is known) of the elements in a range."""
    at = start
    while at < end:
        identifier, at = read_vint(data, at, keep_marker=True)
        size, at = read_vint(data, at, keep_marker=False)
        known = size is not UNKNOWN
        stop = at + size if known else end
        if stop > end:
            raise Malformed(f"element {identifier:X} at {at} is longer than its parent")
        yield identifier, at, stop, known
        at = stop


def unsigned(data, start, end):
    return int.from_bytes(data[start:end], "big")


def text(data, start, end):
    return bytes(data[start:end]).rstrip(b"\0").decode("utf-8")
