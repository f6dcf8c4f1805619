# SPDX-License-Identifier: Apache-2.0
"""A network of this process's own, in which the loopback interface can go down as a camera's Wi-Fi does: what is sent
vanishes, and nobody says so. Nobody else's network is touched."""
import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # sched.h
SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914  # netdevice(7)
IFF_UP = 1


def network():
    """Which one this thread is in."""
    return os.readlink("/proc/thread-self/ns/net")


OUTSIDE = network()


def enter():
    """For this thread, those that it starts, and its children. OSError where the machine does not allow it."""
    libc = ctypes.CDLL(None, use_errno=True)
    own_user = 0 if os.geteuid() == 0 else CLONE_NEWUSER
    if libc.unshare(CLONE_NEWNET | own_user) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    set_loopback(True)


def set_loopback(up):
    if network() == OUTSIDE:
        raise RuntimeError("this is everybody's network: enter() one of your own first")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack("16sH14x", request)[1]
        flags = flags | IFF_UP if up else flags & ~IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags))
