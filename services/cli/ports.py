"""Free ports for processes that are told theirs before they start."""

import atexit
import os
import socket
from collections.abc import Iterator

FIRST, LAST = 20_000, 31_999
"""Below what systems hand out by themselves (from 32768 on Linux, from 49152 elsewhere): no connection takes one."""
BLOCK = 100


class NoPortLeft(OSError):
    """Every port from FIRST to LAST is in use or claimed."""


def free_port() -> int:
    """A port that nobody uses, on any address, for UDP or TCP, and that nobody else who asks here is given.

    A number that the system chose is free again as soon as it is told, and the next asker may get the same one
    before the first has started its process. Raises NoPortLeft.
    """
    port = next(_PORTS, None)
    if port is None:
        raise NoPortLeft(f"no port from {FIRST} to {LAST} is free")
    return port


def is_free(port: int) -> bool:
    """Whether nobody uses it, on any address, for UDP or TCP."""
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        return _binds(stream, port) and _binds(datagrams, port)


def _ports() -> Iterator[int]:
    """Each free port of one block after the other; to hold a block's first port is to claim it, until we end."""
    blocks = range(FIRST, LAST, BLOCK)
    mine = os.getpid() % len(blocks)
    for first in (*blocks[mine:], *blocks[:mine]):
        claim = socket.socket()
        if _binds(claim, first):
            atexit.register(claim.close)
            yield from filter(is_free, range(first + 1, first + BLOCK))
        else:
            claim.close()


def _binds(sock: socket.socket, port: int) -> bool:
    try:
        sock.bind(("", port))
    except OSError:
        return False
    return True


_PORTS = _ports()
