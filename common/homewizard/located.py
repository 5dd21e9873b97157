"""Where a device is on the network: where its owner wrote, until it is found elsewhere by its serial number."""

import logging
from collections.abc import Callable, Coroutine

from common.clock import Clock
from common.homewizard.announcement import Found
from common.homewizard.discovery import DiscoveryFailed

Locate = Callable[[str, Clock], Coroutine[object, object, Found | None]]
"""Where the device with this serial is now."""
log = logging.getLogger(__name__)


class Located:
    """One device, wherever it is."""

    def __init__(
        self, host: str, http_port: int, https_port: int, *, serial: str | None, clock: Clock, locate: Locate
    ) -> None:
        self.host, self.http_port, self.https_port = self._written = host, http_port, https_port
        self.serial = serial
        """Who must answer; None: whoever does."""
        self._clock = clock
        self._locate = locate

    async def look_up(self) -> None:
        """Ask the network where the device is now: after a change of address it is somewhere else."""
        try:
            found = await self._locate(self.serial, self._clock) if self.serial else None
        except DiscoveryFailed as error:
            log.debug("not looked up: %s", error)
            found = None
        self.host, self.http_port, self.https_port = self._written
        if found is not None:
            self.host = found.host
            self.http_port = found.http_port or self.http_port
            self.https_port = found.https_port or self.https_port
            log.info("found at %s by mDNS", found.host)
