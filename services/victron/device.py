"""One GX on the wire: the only file here that has a connection to it. Raises DeviceError and nothing else."""

import asyncio
import logging
import os
import secrets
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, Protocol, Self

from common.cancellation import heed
from common.clock import Clock
from common.config import OtherBroker
from common.errors import BrokerLost, BrokerRefused, DeviceError, DeviceUnreachable
from common.foreign import Foreign
from common.messaging import Received
from common.others import Others
from common.report import Report
from services.victron import wire
from services.victron.config import SystemSettings
from services.victron.lifeline import Lifeline
from services.victron.mirror import Mirror

SHOWN_S: Final = 10.0
"""Real seconds in which it has to show its certificate."""
AGAIN_S: Final = 30.0
TAKEN_S: Final = 2.0
"""In which its broker has to confirm a word; meanwhile nothing else is done."""
KEEPALIVE_S: Final = 20
log = logging.getLogger(__name__)


class Line(Others, Protocol):
    """What is needed of a connection; `Foreign` is one."""

    @property
    def refusal(self) -> BrokerRefused | None:
        """Why the broker does not let us in."""
        ...

    async def hold(self) -> None:
        """For ever."""
        ...


Connect = Callable[[OtherBroker, str, str, Clock], AbstractAsyncContextManager[Line]]


class Gx:
    """A connection that looks after itself. `async with Gx(…) as gx`; let `hold` run beside what uses it."""

    def __init__(
        self, settings: SystemSettings, account: str, report: Report, data_dir: Path, *, connect: Connect = Foreign
    ) -> None:
        self.mirror = Mirror()
        self.clock_off_s = 0.0
        """How far its clock is ahead of ours."""
        self.heard_ms = 0
        """When it last said anything."""
        self.pin = data_dir / f"victron-{report.device}.pem"
        """The certificate that was shown at the first visit."""
        self._settings, self._account, self._report, self._connect = settings, account, report, connect
        self._clock: Clock = report.bus.clock
        self._line: Line | None = None
        self._portal = settings.portal
        self._lifeline: Lifeline | None = None
        self._began_s = self._clock.monotonic()
        self._nonce = ""
        self._life: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._life = asyncio.create_task(self._live())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._life is not None
        self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)

    async def hold(self) -> None:
        """For ever; raises what nobody expected to end the connection's keeping."""
        assert self._life is not None
        await asyncio.shield(self._life)

    @property
    def is_fresh(self) -> bool:
        """What it has said may be used."""
        return self._lifeline is not None and self._lifeline.is_fresh(self._clock.monotonic())

    @property
    def is_gone(self) -> bool:
        """It has been out of reach for so long that it counts as offline."""
        known = self._lifeline or Lifeline(since_s=self._began_s)
        return known.is_gone(self._clock.monotonic())

    @property
    def is_old(self) -> bool:
        """It talks, and has no heartbeat: Venus OS before 3.20."""
        has_beaten = self._lifeline is None or self._lifeline.has_beaten
        return self.is_gone and not has_beaten and self.mirror.knows("system/0/Serial")

    @property
    def refusal(self) -> BrokerRefused | None:
        """Why it does not let us in."""
        return self._line.refusal if self._line is not None else None

    async def stay(self) -> None:
        """Keep it talking. To be called about each second."""
        self._notice_losses()
        if self._lifeline is None or self._portal is None:
            return
        now_s = self._clock.monotonic()
        word = self._lifeline.due(now_s)
        if word is None:
            return
        self._lifeline = self._lifeline.asked(word, now_s)
        if word == "full":
            self._nonce = secrets.token_hex(8)
        try:
            await self._say(
                "R", "keepalive", wire.published_in_full(self._nonce) if word == "full" else wire.SUPPRESSED
            )
        except DeviceUnreachable:
            self._report.count("unreachable")

    async def write(self, path: str, value: float | None) -> None:
        """Ask for a value. It never answers; whether it took it is seen. Raises DeviceUnreachable."""
        await self._say("W", path, wire.written(value))

    async def ask(self, path: str) -> None:
        """Have it say a value again. Raises DeviceUnreachable."""
        await self._say("R", path, "")

    async def _say(self, letter: str, path: str, payload: str) -> None:
        if self._line is None or self._portal is None:
            raise DeviceUnreachable("not connected")
        try:
            async with self._clock.timeout(TAKEN_S):
                await self._line.say(f"{letter}/{self._portal}/{path}", payload)
        except (BrokerLost, TimeoutError) as lost:
            raise DeviceUnreachable(repr(lost)) from lost

    def _notice_losses(self) -> None:
        """With the connection everything is lost that it had said."""
        is_there = self._line is not None and self._line.ready.is_set()
        if is_there and self._lifeline is None:
            self._lifeline = Lifeline(since_s=self._clock.monotonic())
        elif not is_there and self._lifeline is not None:
            self._began_s = self._clock.monotonic()
            self._lifeline = None
            self.mirror.forget()

    async def _live(self) -> None:
        """Know its certificate, then connect, then listen."""
        while not await self._is_known():
            await self._clock.sleep(AGAIN_S)
        async with self._connect(self._broker(), self._account, self._report.device, self._clock) as line:
            self._line = line
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(line.hold())
                tasks.create_task(self._listen(line))

    def _broker(self) -> OtherBroker:
        settings = self._settings
        return OtherBroker(
            host=settings.host,
            port=settings.door,
            protocol="3.1.1",
            password=settings.password,
            certificate=self.pin if settings.security == "tls" else None,
            keepalive_s=KEEPALIVE_S,
        )

    async def _is_known(self) -> bool:
        """Remember the certificate that is shown at the first visit."""
        if self._settings.security == "plain" or self.pin.exists():
            return True
        try:
            with self._clock.busy():
                pem = await asyncio.to_thread(_shown, self._settings.host, self._settings.door)
            heed()
            _keep(self.pin, pem)
        except OSError as error:
            self._report.count("unreachable")
            log.info("%s: no certificate from %s: %s", self._report.device, self._settings.host, error)
            return False
        log.info("%s: its certificate is remembered in %s", self._report.device, self.pin)
        return True

    async def _listen(self, line: Line) -> None:
        """Learn who it is, then take what it says."""
        serials = await line.hear(wire.SERIAL)
        while self._portal is None:
            self._portal = wire.portal((await serials.next()).topic)
        inbox = await line.hear(*(f"N/{self._portal}/{path}" for path in wire.HEARD))
        async for received in inbox:
            self._take(self._portal, received)

    def _take(self, portal: str, received: Received) -> None:
        try:
            said = wire.read(portal, received.topic, received.payload)
        except DeviceError:
            self._report.count("nonsense")
            return
        self._notice_losses()
        if received.retained or self._lifeline is None:
            return
        self.heard_ms = self._clock.wall_ms()
        if said.path == wire.HEARTBEAT:
            self._beat(self._lifeline, said.value)
        elif said.path == wire.RESTARTED:
            self._lifeline = self._lifeline.restarted()
        elif said.path == wire.COMPLETED:
            self._lifeline = self._lifeline.completed() if said.echo in (None, self._nonce) else self._lifeline
        else:
            self.mirror.take(said)

    def _beat(self, lifeline: Lifeline, value: wire.Value) -> None:
        self._lifeline = lifeline.beaten(self._clock.monotonic())
        if isinstance(value, float):
            self.clock_off_s = value - self._clock.wall_ms() / 1000


def _shown(host: str, port: int) -> str:
    """The certificate of whoever answers; nothing is said to them."""
    return ssl.get_server_certificate((host, port), timeout=SHOWN_S)


def _keep(path: Path, pem: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(pem)
