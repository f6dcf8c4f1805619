# SPDX-License-Identifier: Apache-2.0
"""Names ending in .test, resolved in this process as a test says: the Python side of fake_resolver.cpp."""
import ctypes
import os
import sys

UNKNOWN, HANG = "", "hang"


def preload():
    """Starts this program again with the resolver in front of the C library's, unless it is there."""
    library, loaded = os.environ["KVS_FAKE_RESOLVER"], os.environ.get("LD_PRELOAD", "")
    if library not in loaded:
        os.environ["LD_PRELOAD"] = f"{loaded}:{library}".strip(":")
        os.execv(sys.executable, [sys.executable, *sys.argv])


def answer(name, address):
    """An address, UNKNOWN, or HANG until the next answer for that name."""
    ctypes.CDLL(None).fakeResolverAnswer(name.encode(), address.encode())
