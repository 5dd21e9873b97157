"""A P1 dongle on loopback sockets, driven by a simulated house and a clock that is given to it.

async with P1Fake(house, clock) as fake:
    fake.host, fake.http_port, fake.https_port      where it listens
    fake.press_button()                             what its owner can do
    fake.faults.frozen = True                       what can go wrong
    fake.journal.of("request", "GET /api")          what was done to it
"""

import asyncio
import random
import ssl
from dataclasses import replace
from typing import Self
from zoneinfo import ZoneInfo

from common.clock import Clock
from services.simulator.p1_meter.battery_group import BatteryGroup
from services.simulator.p1_meter.certificate import Certified, certified
from services.simulator.p1_meter.dongle import Dongle
from services.simulator.p1_meter.faults import Faults
from services.simulator.p1_meter.journal import Journal
from services.simulator.p1_meter.listening import Listening
from services.simulator.p1_meter.payloads import v2_measurement
from services.simulator.p1_meter.smart_meter import SmartMeter, Telegram, Wiring
from services.simulator.p1_meter.streams import Streams
from services.simulator.p1_meter.v1_api import v1_app
from services.simulator.p1_meter.v2_api import v2_app
from services.simulator.physics import House

SERIAL = "aabbcc0d1e2f"
UTC = ZoneInfo("UTC")


class P1Fake(Listening):
    """One dongle and the smart meter it hangs on. Use as `async with`."""

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
        super().__init__(host, http_port, https_port)
        self.meter = SmartMeter(house, zone, wiring=wiring)
        self.period_s = 1.0
        """Between two telegrams: 1 for DSMR 5, 10 for older meters."""
        self.delay_s = (0.1, 0.3)
        """From telegram to push, drawn evenly."""
        self._house = house
        self._clock = clock
        self._dongle = Dongle(clock, serial)
        self._streams = Streams(self._dongle)
        self._certificate = certificate or certified(f"appliance/p1dongle/{serial}")
        self._random = random.Random(seed)

    async def __aenter__(self) -> Self:
        self._began_s = self._clock.monotonic() - self._house.time_s
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.serve(self._tls)
        self._dongle.telegram = self._read()
        await self.plug_in()
        self._life = asyncio.create_task(self._live())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)
        await self.unplug()

    @property
    def faults(self) -> Faults:
        """Its switches."""
        return self._dongle.faults

    @property
    def journal(self) -> Journal:
        """What happened so far."""
        return self._dongle.journal

    @property
    def telegram(self) -> Telegram:
        """What it heard last from the meter."""
        assert self._dongle.telegram is not None
        return self._dongle.telegram

    @property
    def serial(self) -> str:
        """Who it says it is."""
        return self._dongle.serial

    @property
    def certificate(self) -> Certified:
        """What it shows in handshakes."""
        return self._certificate

    @property
    def firmware(self) -> str:
        """Version it runs."""
        return self._dongle.firmware

    @firmware.setter
    def firmware(self, version: str) -> None:
        self._dongle.firmware = version

    @property
    def api_version(self) -> str:
        """Of v2: `2.1.0`, `2.2.0` or `2.3.0`; what `/api/batteries` can do depends on it."""
        return self._dongle.api_version

    @api_version.setter
    def api_version(self, version: str) -> None:
        self._dongle.api_version = version

    @property
    def batteries(self) -> BatteryGroup | None:
        """The Plug-In Batteries it steers; None at first, then `/api/batteries` is 404."""
        return self._dongle.batteries

    @batteries.setter
    def batteries(self, group: BatteryGroup | None) -> None:
        self._dongle.batteries = group

    @property
    def open_streams(self) -> int:
        """Websockets that are authorised now."""
        return len(self._streams.open)

    def press_button(self) -> None:
        """Let new users in for 30 s."""
        self._dongle.users.press_button()

    def revoke_tokens(self) -> None:
        """Forget every user."""
        self._dongle.users.forget_all()

    def replace_certificate(self, certificate: Certified | None = None) -> None:
        """Show another certificate from now on, and drop whoever is connected."""
        self._certificate = certificate or certified(f"appliance/p1dongle/{self.serial}")
        self._certificate.serve(self._tls)
        self.drop()

    def replay(self) -> None:
        """From now on every new subscription is first served with the measurement of this moment."""
        self._streams.remember(v2_measurement(self.telegram))
        self.faults.replays = True

    def half_open(self) -> None:
        """Let the websockets die without a word; new connections work."""
        self._streams.go_half_open()

    async def reboot(self) -> None:
        """Close the websockets and begin counting uptime anew; tokens survive."""
        self._dongle.boot()
        await self._streams.close_all()

    async def plug_in(self) -> None:
        self.http_port = await self._listen(v1_app(self._dongle), self.http_port, None)
        self.https_port = await self._listen(v2_app(self._dongle, self._streams), self.https_port, self._tls)

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
                self._dongle.telegram = telegram
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
