"""What every simulated HomeWizard device shares: its sockets, its button and tokens, its faults and its journal."""

import asyncio
import ssl
from abc import abstractmethod
from typing import Self

from services.simulator.p1_meter.battery_group import BatteryGroup
from services.simulator.p1_meter.certificate import Certified, certified
from services.simulator.p1_meter.dongle import Dongle
from services.simulator.p1_meter.faults import Faults
from services.simulator.p1_meter.journal import Journal
from services.simulator.p1_meter.listening import Listening
from services.simulator.p1_meter.streams import Streams


class Appliance(Listening):
    """One device on loopback sockets. Use as `async with`."""

    def __init__(
        self, core: Dongle, kind: str, certificate: Certified | None, *, host: str, http_port: int, https_port: int
    ) -> None:
        """`kind`: the word in its certificate; without one it speaks no TLS."""
        super().__init__(host, http_port, https_port)
        self.core = core
        self._kind = kind
        self._streams = Streams(core)
        self._certificate = certificate
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    async def __aenter__(self) -> Self:
        if self._certificate is not None:
            self._certificate.serve(self._tls)
        await self.plug_in()
        self._life = asyncio.create_task(self._live())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)
        await self.unplug()

    @abstractmethod
    async def _live(self) -> None:
        """What it does by itself, for ever."""

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
    def batteries(self) -> BatteryGroup | None:
        """The Plug-In Batteries it steers; None at first, then `/api/batteries` is 404."""
        return self.core.batteries

    @batteries.setter
    def batteries(self, group: BatteryGroup | None) -> None:
        self.core.batteries = group

    @property
    def certificate(self) -> Certified:
        """What it shows in handshakes."""
        assert self._certificate is not None, f"{self.core.product_type} speaks no TLS"
        return self._certificate

    @property
    def open_streams(self) -> int:
        """Websockets that are authorised now."""
        return len(self._streams.open)

    def press_button(self) -> None:
        """Let new users in for 30 s."""
        self.core.users.press_button()

    def revoke_tokens(self) -> None:
        """Forget every user."""
        self.core.users.forget_all()

    def replace_certificate(self, certificate: Certified | None = None) -> None:
        """Show another certificate from now on, and drop whoever is connected."""
        self._certificate = certificate or certified(f"appliance/{self._kind}/{self.serial}")
        self._certificate.serve(self._tls)
        self.drop()

    def replay(self) -> None:
        """From now on every new subscription is first served with the measurement of this moment."""
        self._streams.remember(self.core.v2())
        self.faults.replays = True

    def half_open(self) -> None:
        """Let the websockets die without a word; new connections work."""
        self._streams.go_half_open()

    async def reboot(self) -> None:
        """Close the websockets and begin counting uptime anew; tokens survive."""
        self.core.boot()
        await self._streams.close_all()
