# SPDX-License-Identifier: Apache-2.0
"""Ports that this process has not met: what a service said at an address, its streams go by when they come there
again, and the system gives a port anew soon after it was let go."""
import threading

met, guard = set(), threading.Lock()


def is_new(port):
    """True once for each."""
    with guard:
        new = port not in met
        met.add(port)
        return new
