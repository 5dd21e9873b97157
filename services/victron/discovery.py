"""Find a GX on the network: each calls itself `venus.local`, and opens its broker on one of two ports."""

import asyncio
import socket
from dataclasses import dataclass
from typing import Final, Literal

from common.cancellation import heed
from common.clock import Clock

NAME: Final = "venus.local"
PATIENCE_S: Final = 3.0
Security = Literal["tls", "plain"]
DOORS: Final[tuple[tuple[int, Security], ...]] = ((8883, "tls"), (1883, "plain"))


@dataclass(frozen=True, slots=True)
class Found:
    """One GX. Several on a network have the same name: only the first is found."""

    host: str
    """Its address."""
    port: int | None = None
    """Where its broker listens; None: nowhere, MQTT access is off."""
    security: Security = "tls"


async def discover(clock: Clock, name: str = NAME, doors: tuple[tuple[int, Security], ...] = DOORS) -> Found | None:
    """The GX that answers to `name`, if the network knows one."""
    host = await _address(clock, name)
    if host is None:
        return None
    for port, security in doors:
        if await _is_open(clock, host, port):
            return Found(host, port, security)
    return Found(host)


async def _address(clock: Clock, name: str) -> str | None:
    try:
        async with clock.timeout(PATIENCE_S):
            with clock.busy():
                found = await asyncio.get_running_loop().getaddrinfo(
                    name, 0, family=socket.AF_INET, type=socket.SOCK_STREAM
                )
            heed()
    except (OSError, TimeoutError):
        return None
    return str(found[0][4][0]) if found else None


async def _is_open(clock: Clock, host: str, port: int) -> bool:
    try:
        async with clock.timeout(PATIENCE_S):
            with clock.busy():
                _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
