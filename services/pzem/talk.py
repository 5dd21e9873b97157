"""The conversation with one device that takes orders: what is said to it, what it says, and who else talks to it."""

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass

from common.actuator import Actuator
from common.errors import DeviceError, DeviceUnreachable
from common.lease import Lease
from common.log import Once
from common.messaging import Inbox, Received
from common.report import Report
from services.pzem import telling
from services.pzem.clamp import Clamp
from services.pzem.config import ActorSettings
from services.pzem.device import Line
from services.pzem.telling import Memory, Tongue
from services.pzem.wire import Status

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What every device needs."""

    line: Line
    report: Report
    settings: ActorSettings
    tongue: Tongue
    actuator: Actuator
    clamp: Clamp | None
    """Its own meter."""


class Talk(ABC):
    """What is known about one device, and the way to it. Its order is on the actuator's desk."""

    def __init__(self, parts: Parts) -> None:
        self.report = parts.report
        self.actuator = parts.actuator
        self.memory = Memory()
        self._line = parts.line
        self._tongue = parts.tongue
        self._poll_s = parts.settings.poll_s
        self._clock = parts.report.bus.clock
        self._once = Once(log)
        self._losses = 0
        self._stranger_s: float | None = None
        self._seen_ms = 0

    @abstractmethod
    def ordered(self, order: Lease) -> int | None:
        """The level an order asks for; None if it is none that this device takes."""

    @abstractmethod
    def parsed(self, payload: bytes) -> Status:
        """Its status. Raises DeviceError."""

    @property
    def level(self) -> int | None:
        """What the order in force asks for."""
        order = self.actuator.order
        return self.ordered(order) if order is not None else None

    async def _hear(self, inbox: Inbox) -> None:
        async for received in inbox:
            await self._take(received)
            self.actuator.changed.set()

    def _notice(self) -> None:
        if self._line.losses != self._losses:  # the will may have been said, and a status missed
            self._losses = self._line.losses
            self.memory = telling.forgot(self.memory)
        self.memory = telling.noticed(self.memory, self.level)

    async def _speak(self) -> None:
        """The next word, if it is time for one and there is a broker to take it."""
        word = telling.next_word(self.memory, self._tongue, self._poll_s, self._clock.monotonic())
        if word is None or not self._line.ready.is_set():
            return
        self.memory = telling.said(self.memory, self._tongue, word, self._clock.monotonic())
        try:
            await self._line.tell(word)
        except DeviceUnreachable as error:  # it may have arrived all the same; without proof it is said again
            self._once.trouble("tell", "%s: %s", self.report.device, error)
            self.report.count("unreachable")
            return
        self._once.over("tell", "%s can be told again", self.report.device)
        if word != self._tongue.asks:
            self.report.wrote("said")

    async def _take(self, received: Received) -> None:
        """Learn from a message. A retained status is of a time that nobody knows; a retained order is swept away."""
        if self._line.is_order(received):
            await self._overheard(received)
        elif not received.retained:
            try:
                status = self.parsed(received.payload)
            except DeviceError as error:
                self.report.count("nonsense")
                self._once.trouble("nonsense", "%s: %s", self.report.device, error)
                return
            self._seen_ms = self._clock.wall_ms()
            self.memory = telling.saw(self.memory, status, self.level, received.arrived_s)

    async def _overheard(self, received: Received) -> None:
        if received.retained and received.payload:
            log.warning("%s: takes back an order that was left for ever: %r", self.report.device, received.payload[:40])
            await self._sweep()
        elif not received.retained and not self._line.is_echo(received):
            self.report.count("stranger")
            self._stranger_s = self._clock.monotonic()

    async def _sweep(self) -> None:
        """The device takes the empty message for 0: what is wanted must be said again."""
        try:
            await self._line.sweep()
        except DeviceUnreachable as error:
            self._once.trouble("sweep", "%s: %s", self.report.device, error)
        self.memory = telling.forgot(self.memory)
