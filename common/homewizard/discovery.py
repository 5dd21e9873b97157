"""Which HomeWizard devices are on this network, by mDNS. Containers and other networks often hear nothing.

Needs the extra `discover` (zeroconf), which is imported only when somebody asks.
"""

from collections.abc import Callable
from typing import Final

from common.clock import Clock
from common.errors import BallastError
from common.homewizard.announcement import Found, Record, merged

LISTEN_S: Final = 3.0
BOTH: Final = 2
"""Services of a device that speaks both generations."""


class DiscoveryFailed(BallastError):
    """Raised when the network cannot be asked. The text says what is missing."""


async def discover(
    clock: Clock, *, listen_s: float = LISTEN_S, interfaces: tuple[str, ...] | None = None
) -> tuple[Found, ...]:
    """Everything that answers within `listen_s`, in order of serial. Raises DiscoveryFailed."""
    return merged(await _browse(clock, listen_s, interfaces, lambda records: False))


async def find(
    serial: str, clock: Clock, *, listen_s: float = LISTEN_S, interfaces: tuple[str, ...] | None = None
) -> Found | None:
    """The device with this serial, wherever it lives now; None if it is not heard. Raises DiscoveryFailed."""

    def enough(records: list[Record]) -> bool:
        return len({record.service for record in records if record.serial == serial}) == BOTH

    records = await _browse(clock, listen_s, interfaces, enough)
    return next((found for found in merged(records) if found.serial == serial), None)


async def _browse(
    clock: Clock, listen_s: float, interfaces: tuple[str, ...] | None, enough: Callable[[list[Record]], bool]
) -> list[Record]:
    try:
        from common.homewizard.mdns import browse  # noqa: PLC0415  # zeroconf is optional and costs 5 MB
    except ImportError as error:
        raise DiscoveryFailed("zeroconf is not installed; get it with `pip install 'ballast[discover]'`") from error
    try:
        return await browse(clock, listen_s, interfaces, enough)
    except OSError as error:
        raise DiscoveryFailed(f"the network cannot be asked by mDNS: {error}") from error
