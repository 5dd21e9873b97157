"""What every simulated HomeWizard device but the P1 dongle shares: who it is, and what hangs on its sockets."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Self

from aiohttp import web

from common.clock import Clock
from services.simulator.p1_meter.certificate import Certified, certified
from services.simulator.p1_meter.dongle import Dongle
from services.simulator.p1_meter.faults import Faults
from services.simulator.p1_meter.journal import Journal
from services.simulator.p1_meter.listening import Listening
from services.simulator.p1_meter.payloads import JsonObject
from services.simulator.p1_meter.streams import Streams
from services.simulator.p1_meter.v1_api import v1_app
from services.simulator.p1_meter.v2_api import v2_app

NO_METER = ("/api/telegram", "/api/v1/telegram")
"""What only a P1 dongle has."""
PUSH_S = 1.0
IDLE_S = 5.0
"""How often it looks whether anybody listens."""
Tell = Callable[[], JsonObject]


class Core(Dongle):
    """The device's own state. What it measures is asked for at each question."""

    hears_a_meter = False

    def __init__(
        self, clock: Clock, serial: str, product: tuple[str, str], *, v1: Tell = dict, v2: Tell = dict
    ) -> None:
        """`product`: its type and its name."""
        super().__init__(clock, serial)
        self.product_type, self.product_name = product
        self.faults.absent.update(NO_METER)
        self._v1, self._v2 = v1, v2

    def v1(self) -> JsonObject:
        return self._v1()

    def v2(self) -> JsonObject:
        return self._v2()


class ApplianceFake(Listening):
    """One device on loopback sockets. Use as `async with`."""

    def __init__(
        self,
        core: Core,
        *,
        generations: tuple[int, ...],
        kind: str,
        host: str = "127.0.0.1",
        http_port: int = 0,
        https_port: int = 0,
    ) -> None:
        """`generations`: which APIs it speaks; `kind`: the word in its certificate."""
        super().__init__(host, http_port, https_port)
        self.core = core
        self._generations = generations
        self._kind = kind
        self._streams = Streams(core)
        self._certificate = certified(f"appliance/{kind}/{core.serial}") if 2 in generations else None

    async def __aenter__(self) -> Self:
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self._certificate is not None:
            self._certificate.serve(self._tls)
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
        return self.core.faults

    @property
    def journal(self) -> Journal:
        """What happened so far."""
        return self.core.journal

    @property
    def serial(self) -> str:
        """Who it says it is."""
        return self.core.serial

    @property
    def certificate(self) -> Certified | None:
        """What it shows in handshakes."""
        return self._certificate

    @property
    def open_streams(self) -> int:
        """Websockets that are authorised now."""
        return len(self._streams.open)

    def half_open(self) -> None:
        """Let the websockets die without a word; new connections work."""
        self._streams.go_half_open()

    def replay(self) -> None:
        """From now on every new subscription is first served with the measurement of this moment."""
        self._streams.remember(self.core.v2())
        self.faults.replays = True

    def press_button(self) -> None:
        """Let new users in for 30 s."""
        self.core.users.press_button()

    def revoke_tokens(self) -> None:
        """Forget every user."""
        self.core.users.forget_all()

    def replace_certificate(self) -> None:
        """Show another certificate from now on, and drop whoever is connected."""
        self._certificate = certified(f"appliance/{self._kind}/{self.core.serial}")
        self._certificate.serve(self._tls)
        self.drop()

    async def plug_in(self) -> None:
        if 1 in self._generations:
            self.http_port = await self._listen(self._v1_app(), self.http_port, None)
        if 2 in self._generations:
            self.https_port = await self._listen(v2_app(self.core, self._streams), self.https_port, self._tls)

    async def reboot(self) -> None:
        """Cut every line and begin anew; tokens and the relay survive."""
        self.core.boot()
        await self._streams.close_all()
        self.drop()

    async def _live(self) -> None:
        """Push each second, while anybody listens."""
        while 2 in self._generations:
            await self.core.clock.sleep(PUSH_S if self._streams.open else IDLE_S)
            await self._streams.push()

    def _v1_app(self) -> web.Application:
        return v1_app(self.core)
