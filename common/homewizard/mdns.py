"""The only importer of zeroconf: ask the network, collect what is announced."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from zeroconf import InterfaceChoice, IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from common.clock import Clock
from common.homewizard.announcement import V1_SERVICE, V2_SERVICE, Record

DETAILS_MS = 1000
Announced = tuple[str, str]
"""Service type and instance name."""


async def browse(
    clock: Clock, listen_s: float, interfaces: tuple[str, ...] | None, enough: Callable[[list[Record]], bool]
) -> list[Record]:
    """What is announced within `listen_s`, or until it is enough. Raises OSError without a network."""
    heard: asyncio.Queue[Announced] = asyncio.Queue()
    records: list[Record] = []
    network = AsyncZeroconf(interfaces=list(interfaces) if interfaces else InterfaceChoice.All)
    try:
        AsyncServiceBrowser(network.zeroconf, [V1_SERVICE, V2_SERVICE], handlers=[_into(heard)])
        with suppress(TimeoutError), clock.busy():
            async with clock.timeout(listen_s):
                while not enough(records):
                    records += await _details(network.zeroconf, await heard.get())
    finally:
        await network.async_close()
    return records


def _into(heard: asyncio.Queue[Announced]) -> Callable[..., None]:
    def changed(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is not ServiceStateChange.Removed:
            heard.put_nowait((service_type, name))

    return changed


async def _details(zeroconf: Zeroconf, announced: Announced) -> list[Record]:
    """Address, port and text of one service; nothing if it does not tell them."""
    info = AsyncServiceInfo(*announced)
    if not await info.async_request(zeroconf, DETAILS_MS) or info.port is None:
        return []
    hosts = info.parsed_addresses(IPVersion.V4Only) or info.parsed_addresses()
    return [Record(announced[0], hosts[0], info.port, info.decoded_properties)] if hosts else []
