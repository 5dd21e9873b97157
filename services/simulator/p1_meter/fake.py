"""A P1 dongle on loopback sockets, driven by a simulated house and a clock that is given to it.

async with P1Fake(house, clock) as fake:
    fake.host, fake.http_port, fake.https_port      where it listens
    fake.press_button()                             what its owner can do
    fake.faults.frozen = True                       what can go wrong
    fake.journal.of("request", "GET /api")          what was done to it
"""

import random
from dataclasses import replace
from typing import Self
from zoneinfo import ZoneInfo

from common.clock import Clock
from services.simulator.p1_meter.appliance import Appliance
from services.simulator.p1_meter.certificate import Certified, certified
from services.simulator.p1_meter.dongle import Dongle
from services.simulator.p1_meter.smart_meter import SmartMeter, Telegram, Wiring
from services.simulator.p1_meter.v1_api import v1_app
from services.simulator.p1_meter.v2_api import v2_app
from services.simulator.physics import House

SERIAL = "aabbcc0d1e2f"
KIND = "p1dongle"
"""In its certificate."""
UTC = ZoneInfo("UTC")


class P1Fake(Appliance):
    """One dongle and the smart meter it hangs on."""

    def __init__(
        self,
        house: House,
        clock: Clock,
        *,
        zone: ZoneInfo = UTC,
        wiring: Wiring = "three_phase",
        host: str = "127.0.0.1",
        http_port: int = 0,
        https_port: int = 0,
        serial: str = SERIAL,
        certificate: Certified | None = None,
        seed: int = 0,
    ) -> None:
        certificate = certificate or certified(f"appliance/{KIND}/{serial}")
        super().__init__(
            Dongle(clock, serial), KIND, certificate, host=host, http_port=http_port, https_port=https_port
        )
        self.meter = SmartMeter(house, zone, wiring=wiring)
        self.period_s = 1.0
        """Between two telegrams: 1 for DSMR 5, 10 for older meters."""
        self.delay_s = (0.1, 0.3)
        """From telegram to push, drawn evenly."""
        self._house = house
        self._clock = clock
        self._random = random.Random(seed)

    async def __aenter__(self) -> Self:
        self._began_s = self._clock.monotonic() - self._house.time_s
        self.core.telegram = self._read()
        return await super().__aenter__()

    @property
    def telegram(self) -> Telegram:
        """What it heard last from the meter."""
        assert self.core.telegram is not None
        return self.core.telegram

    @property
    def firmware(self) -> str:
        """Version it runs."""
        return self.core.firmware

    @firmware.setter
    def firmware(self, version: str) -> None:
        self.core.firmware = version

    @property
    def api_version(self) -> str:
        """Of v2: `2.1.0`, `2.2.0` or `2.3.0`; what `/api/batteries` can do depends on it."""
        return self.core.api_version

    @api_version.setter
    def api_version(self, version: str) -> None:
        self.core.api_version = version

    async def plug_in(self) -> None:
        self.http_port = await self._listen(v1_app(self.core), self.http_port, None)
        self.https_port = await self._listen(v2_app(self.core, self._streams), self.https_port, self._tls)

    async def _live(self) -> None:
        """Hear a telegram each period, and tell it a moment later."""
        due_s = self._clock.monotonic()
        while True:
            due_s += self.period_s
            await self._clock.sleep(due_s - self._clock.monotonic())
            self._house.advance_to(self._clock.monotonic() - self._began_s)
            telegram = self._read()
            await self._clock.sleep(self._random.uniform(*self.delay_s))
            if not self.faults.frozen:
                self.core.telegram = telegram
                self.journal.note("telegram", telegram=telegram)
            await self._streams.push()

    def _read(self) -> Telegram:
        telegram = self.meter.read(self._clock.now())
        spike_w, self.faults.spike_w = self.faults.spike_w, None
        if spike_w is not None:
            telegram = replace(telegram, power_w=spike_w)
        if self.faults.glitch_import_wh is not None:
            telegram = replace(telegram, import_wh=(self.faults.glitch_import_wh, telegram.import_wh[1]))
        return telegram
