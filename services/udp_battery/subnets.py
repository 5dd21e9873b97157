"""Where to shout so that every battery of the house hears it: the broadcast addresses of this machine's networks."""

import socket
import struct
import sys
from collections.abc import Iterator
from typing import Final

EVERYWHERE: Final = "255.255.255.255"
SIOCGIFBRDADDR: Final = 0x8919
"""Linux: the broadcast address of an interface."""


def broadcast_addresses() -> tuple[str, ...]:
    """The general one, and that of each network, because some routers and firmware hear only one of them."""
    known = _of_interfaces() if sys.platform == "linux" else ()
    return tuple(dict.fromkeys((EVERYWHERE, *known)))


def _of_interfaces() -> Iterator[str]:
    import fcntl  # absent on other systems  # noqa: PLC0415 (and therefore not at the top)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            question = struct.pack("256s", name.encode()[:15])
            try:
                answer = fcntl.ioctl(asking.fileno(), SIOCGIFBRDADDR, question)
            except OSError:
                continue  # an interface without IPv4
            address = socket.inet_ntoa(answer[20:24])
            if address != "0.0.0.0":
                yield address
