"""The dongle on the network: found, checked to be the right one, connected in the better of two ways.

The only file here that opens connections. It raises DeviceError and nothing else.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from common.clock import Clock
from common.homewizard import (
    Absent,
    Client,
    DeviceFacts,
    NotPaired,
    Pairing,
    WrongDevice,
    connect_v1,
    connect_v2,
    find,
    load,
    pairing_file,
)
from common.homewizard.located import Locate, Located
from services.p1.config import Config
from services.p1.line import Line, V1Line, V2Line

P1 = "HWE-P1"


class Dongle(Located):
    """One dongle, wherever it is. It is known by its serial; the first that answers is the one, unless it is told."""

    def __init__(self, config: Config, data_dir: Path, clock: Clock, serial: str | None, locate: Locate = find) -> None:
        super().__init__(
            config.host,
            config.http_port,
            config.https_port,
            serial=config.serial or serial,
            clock=clock,
            locate=locate,
        )
        self._config = config
        self._file = pairing_file(data_dir, config.id)
        self._absent = Absent()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Line]:
        """The best line there is, to the right device, for the block."""
        pairing = self._pairing()
        if pairing is None:
            async with connect_v1(self.host, self._clock, port=self.http_port, absent=self._absent) as one:
                facts = await self._verified(one, self.serial)
                yield V1Line(one, facts, self._config.poll_s, lambda: self._verified(one, self.serial), self._has_v2)
            return
        async with connect_v2(
            self.host,
            pairing,
            self._clock,
            port=self.https_port,
            ca_file=self._config.ca_file,
            absent=self._absent,
        ) as two:
            yield V2Line(two, await self._verified(two, self._config.serial or pairing.serial))

    def _pairing(self) -> Pairing | None:
        """What v2 needs; None where v1 is the way. Raises NotPaired if v2 is wanted, or was paired, and cannot be."""
        if self._config.api == "v1":
            return None
        try:
            return load(self._file)
        except NotPaired:
            if self._config.api == "v2" or self._file.exists():
                raise
            return None

    def _has_v2(self) -> bool:
        """Whether it has been paired meanwhile."""
        return self._config.api == "auto" and self._file.exists()

    async def _verified(self, client: Client, expected: str | None) -> DeviceFacts:
        """Who answers, if it is who should. Raises WrongDevice."""
        facts = await client.device()
        if not facts.product_type.startswith(P1):
            raise WrongDevice(f"a {facts.product_type[:40]}, not a P1 meter")
        if expected is not None and facts.serial != expected:
            raise WrongDevice("a P1 meter with another serial number")
        self.serial = facts.serial
        return facts
