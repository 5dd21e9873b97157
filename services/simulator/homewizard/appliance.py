"""What every simulated HomeWizard device but the P1 dongle shares: it measures for itself, over v1, v2 or both."""

from collections.abc import Callable

from aiohttp import web

from common.clock import Clock
from services.simulator.p1_meter.appliance import Appliance
from services.simulator.p1_meter.certificate import certified
from services.simulator.p1_meter.dongle import Dongle
from services.simulator.p1_meter.payloads import JsonObject
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


class ApplianceFake(Appliance):
    """One device that measures for itself."""

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
        certificate = certified(f"appliance/{kind}/{core.serial}") if 2 in generations else None
        super().__init__(core, kind, certificate, host=host, http_port=http_port, https_port=https_port)
        self._generations = generations

    async def plug_in(self) -> None:
        if 1 in self._generations:
            self.http_port = await self._listen(self._v1_app(), self.http_port, None)
        if 2 in self._generations:
            self.https_port = await self._listen(v2_app(self.core, self._streams), self.https_port, self._tls)

    async def reboot(self) -> None:
        """Cut every line and begin anew; tokens and the relay survive."""
        await super().reboot()
        self.drop()

    async def _live(self) -> None:
        """Push each second, while anybody listens."""
        while 2 in self._generations:
            await self.core.clock.sleep(PUSH_S if self._streams.open else IDLE_S)
            await self._streams.push()

    def _v1_app(self) -> web.Application:
        return v1_app(self.core)
