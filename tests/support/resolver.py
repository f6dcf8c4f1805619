# SPDX-License-Identifier: Apache-2.0
"""Names ending in .test, resolved in this process as a test says: the Python side of fake_resolver.cpp."""
import ctypes
import os

from support.preload import host

UNKNOWN, HANG = "", "hang"


def preload():
    """Starts this program again with the resolver in front of the C library's, unless it is there."""
    host(os.environ["KVS_FAKE_RESOLVER"])


def answer(name, address):
    """An address, UNKNOWN, or HANG until the next answer for that name."""
    ctypes.CDLL(None).fakeResolverAnswer(name.encode(), address.encode())
