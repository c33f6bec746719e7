"""A machine without a network: a namespace in which there is the loopback and nothing else."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
from functools import cache

_SIOCSIFFLAGS, _UP = 0x8914, 0x1


@cache
def words() -> list[str]:
    """What a command is begun with so that it runs cut off; nothing where the system does not allow it."""
    choices = (["unshare", "--net"],) if os.geteuid() == 0 else ()
    choices = (*choices, ["unshare", "--user", "--map-current-user", "--keep-caps", "--net"])
    for one in choices:
        try:
            if subprocess.run([*one, "true"], capture_output=True, check=False).returncode == 0:
                return one
        except FileNotFoundError:
            return []
    return []


def raise_loopback() -> None:
    """The loopback of a new namespace is down at first."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        fcntl.ioctl(asked, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _UP))
    ctypes.set_errno(0)


def is_cut_off() -> bool:
    """Whether nothing outside can be reached: there is no way to an address of elsewhere."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 53))
        except OSError:
            return True
    return False
