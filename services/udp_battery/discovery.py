"""Find the batteries of a house: ask everybody who they are, and listen for a while. For `ballast discover`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from common.clock import Clock
from common.errors import DeviceUnintelligible
from services.udp_battery import wire
from services.udp_battery.link import Address, open_port
from services.udp_battery.subnets import broadcast_addresses
from services.udp_battery.wire import Reply

SHOUT_EACH_S: Final = 2.0
LISTEN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """A battery that answered."""

    host: str
    """Where its answer came from; what it says itself may have leading zeros."""
    port: int
    model: str
    version: int | None
    mac: str | None


async def discover(
    clock: Clock,
    *,
    port: int = 30000,
    bind_host: str = "0.0.0.0",
    addresses: Sequence[str] = (),
    listen_s: float = LISTEN_S,
) -> tuple[Found, ...]:
    """Everybody who answers on `port`, by address. `addresses` are where to shout; by default every network.

    Raises PortTaken if something else, perhaps our own service, holds the port on this machine.
    """
    found: dict[str, Found] = {}

    def hear(reply: Reply, source: Address) -> None:
        try:
            who = wire.identity(reply)
        except DeviceUnintelligible:
            return
        if who.device:
            found[who.mac or source[0]] = Found(source[0], source[1], who.device, who.version, who.mac)

    async with open_port(bind_host, port, clock) as opened:
        opened.overheard = hear
        places = [(address, port) for address in addresses or broadcast_addresses()]
        for _ in range(round(listen_s / SHOUT_EACH_S)):
            opened.broadcast(wire.GET_DEVICE, places)
            await clock.sleep(SHOUT_EACH_S)
    return tuple(sorted(found.values(), key=lambda one: tuple(int(part) for part in one.host.split("."))))
