"""One HomeWizard device on the network: found, checked to be the right one, connected in the better of two ways.

The only file here that opens connections. It raises DeviceError and nothing else.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from common.clock import Clock
from common.homewizard import (
    Client,
    DeviceFacts,
    Pairing,
    WrongDevice,
    connect_v1,
    connect_v2,
    find,
    load,
    pairing_file,
)
from common.homewizard.located import Locate, Located
from services.homewizard.config import (
    BatterySettings,
    DeviceSettings,
    GroupSettings,
    MeterSettings,
    SecureSettings,
    SocketSettings,
    WaterSettings,
)
from services.homewizard.line import Line
from services.homewizard.pushes import Pushes

KWH: Final = ("HWE-KWH1", "HWE-KWH3", "SDM230-wifi", "SDM630-wifi")
PRODUCTS: Final[dict[type, tuple[str, ...]]] = {
    SocketSettings: ("HWE-SKT",),
    MeterSettings: KWH,
    WaterSettings: ("HWE-WTR",),
    BatterySettings: ("HWE-BAT",),
    GroupSettings: ("HWE-P1", *KWH),
}
"""What may answer where a device of these settings is expected."""
AnySettings = DeviceSettings | SecureSettings


class Device(Located):
    """One device, wherever it is. It is known by its serial; the first of its kind is the one, unless it is told."""

    def __init__(
        self,
        name: str,
        settings: AnySettings,
        data_dir: Path,
        clock: Clock,
        *,
        serial: str | None = None,
        locate: Locate = find,
        claims: dict[str, str] | None = None,
    ) -> None:
        """`serial`: of the device that answered before; `claims`: which device is whose, shared by all of them."""
        super().__init__(
            settings.host,
            settings.http_port,
            settings.https_port if isinstance(settings, MeterSettings | SecureSettings) else 443,
            serial=settings.serial or serial,
            clock=clock,
            locate=locate,
        )
        self._name = name
        self._claims = {} if claims is None or isinstance(settings, GroupSettings) else claims
        self._settings = settings
        self._products = PRODUCTS[type(settings)]
        paired_as = settings.paired_as if isinstance(settings, GroupSettings) else None
        self._file = pairing_file(data_dir, paired_as or name)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Line]:
        """A line to the right device, for the block."""
        pairing = self._pairing()
        if pairing is None:
            async with connect_v1(self.host, self._clock, port=self.http_port) as one:
                yield Line(one, await self.verify(one), self.verify)
            return
        ca_file = _ca_file(self._settings)
        async with connect_v2(self.host, pairing, self._clock, port=self.https_port, ca_file=ca_file) as two:
            self.serial = self._settings.serial or pairing.serial
            async with Pushes(two) as pushes:
                yield Line(two, await self.verify(two), self.verify, pushes)

    async def verify(self, client: Client) -> DeviceFacts:
        """Who answers, if it is who should. Raises WrongDevice."""
        facts = await client.device()
        if facts.product_type not in self._products:
            raise WrongDevice(f"a {facts.product_type[:40]}, not {' or '.join(self._products)}")
        if self.serial is not None and facts.serial != self.serial:
            raise WrongDevice(f"a {facts.product_type} with another serial number")
        if (other := self._claims.setdefault(facts.serial, self._name)) != self._name:
            raise WrongDevice(f"the same device that is called {other} already")
        self.serial = facts.serial
        return facts

    def _pairing(self) -> Pairing | None:
        """What v2 needs; None where v1 is the way. Raises NotPaired if v2 is wanted, or was paired, and cannot be."""
        way = self._settings.api if isinstance(self._settings, MeterSettings) else self._settings.way
        if way == "v1" or (way == "auto" and not self._file.exists()):
            return None
        return load(self._file)


def _ca_file(settings: AnySettings) -> Path | None:
    return settings.ca_file if isinstance(settings, MeterSettings | SecureSettings) else None
