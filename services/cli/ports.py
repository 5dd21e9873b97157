"""Free ports for processes that are told theirs before they start."""

import fcntl
import os
import socket
import tempfile
from itertools import chain
from pathlib import Path

FIRST, LAST = 20_000, 31_999
"""Below what systems hand out by themselves (from 32768 on Linux, from 49152 elsewhere): no connection takes one."""
QUEUE = Path(tempfile.gettempdir()) / f"ballast-ports-{os.getuid()}"
"""The number given last, for all processes of this user."""


class NoPortLeft(OSError):
    """Every port from FIRST to LAST is in use."""


def free_port() -> int:
    """A port that nobody uses, on any address, for UDP or TCP, and that nobody else who asks here is given soon.

    A number that the system chose is free again as soon as it is told, and the next asker may get the same one
    before the first has started its process; here all processes of a user draw from one queue.
    Raises NoPortLeft.
    """
    with QUEUE.open("a+") as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        queue.seek(0)
        text = queue.read()
        last = int(text) if text.isdecimal() and FIRST <= int(text) <= LAST else LAST
        port = next(filter(_is_free, chain(range(last + 1, LAST + 1), range(FIRST, last + 1))), None)
        if port is None:
            raise NoPortLeft(f"no port from {FIRST} to {LAST} is free")
        queue.truncate(0)
        queue.write(str(port))
    return port


def _is_free(port: int) -> bool:
    return all(_binds(kind, port) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))


def _binds(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as sock:
        try:
            sock.bind(("", port))
        except OSError:
            return False
        return True
