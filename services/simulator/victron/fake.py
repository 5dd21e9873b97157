"""A GX that does not exist: its own broker with N, R and W topics, an ESS behind it, and a count of its flash writes.

It lives on a `Clock`, never on real time.
"""

import asyncio
import ssl
from contextlib import suppress
from datetime import tzinfo
from typing import Self

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.p1_meter.certificate import certified
from services.simulator.physics import Battery
from services.simulator.victron.broker import GxBroker
from services.simulator.victron.program import Program


class GxFake:
    """One GX. `async with GxFake(house, battery, clock, zone) as gx`, then talk MQTT to `gx.broker.port`."""

    def __init__(
        self,
        house: ClockedHouse,
        battery: Battery,
        clock: Clock,
        zone: tzinfo,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        is_secured: bool = False,
    ) -> None:
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if is_secured else None
        if self._tls is not None:
            self.replace_certificate()
        self.broker = GxBroker(self._hear, host=host, port=port, tls=self._tls)
        self.program = Program(house, battery, clock, zone, self.broker.say)
        self._clock = clock
        self._life: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.broker.kept.update([self.program.serial])
        await self.broker.open()
        self._life = asyncio.create_task(self.program.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._life is not None
        self._life.cancel()
        with suppress(asyncio.CancelledError):
            await self._life
        await self.broker.close()

    def replace_certificate(self) -> None:
        """Make another one, as after a reset: it signs it itself."""
        assert self._tls is not None
        certified("venus.local").serve(self._tls)

    async def reboot(self, dark_s: float = 30.0) -> None:
        """Start anew: out of reach for a while, and what is volatile is forgotten."""
        await self.broker.close()
        self.program.restart(dark_s)
        await self._clock.sleep(dark_s)
        await self.broker.open()

    def _hear(self, topic: str, payload: bytes) -> None:
        self.program.hear(topic, payload)
