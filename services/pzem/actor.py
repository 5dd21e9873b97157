"""One device that takes orders: say what is wanted, look for the proof, tell what became of it, and switch off at last.

Everything that may happen (an order, its end, a status, a reading of its own meter) wakes the one loop, which looks
afresh at what is wanted and what is known. What to say is decided in `telling`.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final

from common import metrics
from common.actuator import Actuator
from common.contract import DeviceInfo
from common.errors import DeviceError, DeviceUnreachable
from common.lease import Lease
from common.log import Once
from common.messaging import Inbox, Received
from common.service import shielded
from services.pzem import telling
from services.pzem.clamp import Clamp, Measured
from services.pzem.config import ActorSettings
from services.pzem.device import Line
from services.pzem.telling import Memory, Tongue
from services.pzem.voice import Voice
from services.pzem.wire import Status

TURN_S: Final = 0.5
"""The loop turns at least this often: words are repeated and silence is noticed by the clock."""
STRANGER_S: Final = 600.0
"""So long after its last word another program counts as commanding."""
ACCEPTED_S: Final = 0.05
"""What became of an order is told after its acceptance, which may wait for a disk."""
LAST_WORDS_S: Final = 8.0
"""Most that an orderly stop waits for the proof that it is off."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What every device needs."""

    line: Line
    voice: Voice
    settings: ActorSettings
    tongue: Tongue
    actuator: Actuator
    clamp: Clamp | None
    """Its own meter."""


class Actor(ABC):
    """One device. Its order is on the actuator's desk."""

    def __init__(self, parts: Parts) -> None:
        self.voice = parts.voice
        self.actuator = parts.actuator
        self.memory = Memory()
        self._line = parts.line
        self._tongue = parts.tongue
        self._poll_s = parts.settings.poll_s
        self._stale_after_s = parts.settings.stale_after_s
        self._clamp = parts.clamp
        self._clock = parts.voice.bus.clock
        self._once = Once(log)
        self._losses = 0
        self._stranger_s: float | None = None
        self._told_ms: int | None = None
        self._seen_ms = 0
        self.turned_s = self._began_s = self._clock.monotonic()
        """When the loop last went round."""

    @abstractmethod
    def ordered(self, order: Lease) -> int | None:
        """The level an order asks for; None if it is none that this device takes."""

    @abstractmethod
    def parsed(self, payload: bytes) -> Status:
        """Its status. Raises DeviceError."""

    @abstractmethod
    def info(self) -> DeviceInfo:
        """What it is and can."""

    @abstractmethod
    async def publish(self, seen: Status, measured: Measured | None, at_ms: int) -> None:
        """Say how it stands and what flows."""

    def detail(self, order: Lease, level: int) -> str:
        """What there is to say about an order that was carried out."""
        return ""

    async def run(self) -> None:
        """Until cancelled; then switch it off."""
        async with self._line, asyncio.TaskGroup() as tasks:
            inbox = await self._line.words()
            tasks.create_task(self._line.hold())
            tasks.create_task(self.actuator.run())
            tasks.create_task(self._hear(inbox))
            tasks.create_task(self._keep(inbox))

    async def _hear(self, inbox: Inbox) -> None:
        async for received in inbox:
            await self._take(received)
            self.actuator.changed.set()

    async def _keep(self, inbox: Inbox) -> None:
        try:
            while True:
                await self._turn()
                await self._wait()
        finally:
            await shielded(self._farewell(inbox), self._clock, LAST_WORDS_S)

    async def _wait(self) -> None:
        try:
            async with self._clock.timeout(TURN_S):
                await self.actuator.changed.wait()
        except TimeoutError:
            return

    async def _turn(self) -> None:
        self.actuator.changed.clear()
        self.turned_s = self._clock.monotonic()
        self._notice()
        await self._speak()
        await self._answer()
        await self._say()

    @property
    def level(self) -> int | None:
        """What the order in force asks for."""
        order = self.actuator.order
        return self.ordered(order) if order is not None else None

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
            self._once.trouble("tell", "%s: %s", self.voice.device, error)
            self.voice.count("unreachable")
            return
        self._once.over("tell", "%s can be told again", self.voice.device)
        if word != self._tongue.asks:
            self.voice.wrote("said")

    async def _take(self, received: Received) -> None:
        """Learn from a message. A retained status is of a time that nobody knows; a retained order is swept away."""
        if self._line.is_order(received):
            await self._overheard(received)
        elif not received.retained:
            try:
                status = self.parsed(received.payload)
            except DeviceError as error:
                self.voice.count("nonsense")
                self._once.trouble("nonsense", "%s: %s", self.voice.device, error)
                return
            self._seen_ms = self._clock.wall_ms()
            self.memory = telling.saw(self.memory, status, self.level, received.arrived_s)

    async def _overheard(self, received: Received) -> None:
        if received.retained and received.payload:
            log.warning("%s: takes back an order that was left for ever: %r", self.voice.device, received.payload[:40])
            await self._sweep()
        elif not received.retained and not self._line.is_echo(received):
            self.voice.count("stranger")
            self._stranger_s = self._clock.monotonic()

    async def _sweep(self) -> None:
        """The device takes the empty message for 0: what is wanted must be said again."""
        try:
            await self._line.sweep()
        except DeviceUnreachable as error:
            self._once.trouble("sweep", "%s: %s", self.voice.device, error)
        self.memory = telling.forgot(self.memory)

    async def _answer(self) -> None:
        """Say what became of the order, and who controls the device."""
        order, level, now_s = self.actuator.order, self.level, self._clock.monotonic()
        if order is not None and now_s - order.since_s < ACCEPTED_S:
            self._clock.call_later(ACCEPTED_S, self.actuator.changed.set)
        elif order is not None and level is None:
            await self.actuator.done(order, "failed", detail=f"it takes {self.info().capabilities[0]} and nothing else")
        elif order is not None and level is not None:
            became = telling.outcome(self.memory, level, now_s)
            if became is not None:
                await self.actuator.done(order, became[0], self._achieved_w(), became[1] or self.detail(order, level))
        if (reserve := self.actuator.reserve) is not None:
            await self.actuator.done(reserve, "failed", detail="it has no reserve")
        mode = telling.authority(self.memory, level, now_s)
        if mode is not None:
            await self.actuator.control(mode, order.power_w if order is not None and mode == "leased" else None)

    def _measured(self) -> Measured | None:
        """What its own meter says, if that is fresh."""
        return self._clamp.fresh(self._clock.monotonic(), self._stale_after_s) if self._clamp else None

    def _achieved_w(self) -> float | None:
        """Measured since it was told."""
        measured = self._measured()
        return measured.reading.power_w if measured is not None and measured.at_s > self.memory.seen_s else None

    async def _say(self) -> None:
        """How it stands, where that has changed or was measured anew."""
        memory, now_s = self.memory, self._clock.monotonic()
        await self.voice.info(self.info())
        is_gone = memory.is_gone(now_s)
        if not is_gone or now_s - self._began_s > telling.GONE_S:
            await self.voice.availability(not is_gone)
        measured = self._measured()
        at_ms = max(self._seen_ms, measured.at_ms if measured else 0)
        if memory.seen is not None and not is_gone and at_ms != self._told_ms:
            self._told_ms = at_ms
            await self.publish(memory.seen, measured, at_ms)
        await self._warn(now_s, is_gone=is_gone)

    async def _warn(self, now_s: float, *, is_gone: bool) -> None:
        alert, memory = self.voice.alert, self.memory
        is_missed = is_gone and now_s - self._began_s > telling.GONE_S
        advice = "Check its power, its Wi-Fi and its topic. It goes on with its last level until it hears us again."
        await alert("gone", is_missed, "does not say how it stands, whatever it is asked.", advice)
        is_stuck = memory.is_heard and memory.tries >= telling.TRIES
        await alert("stuck", is_stuck, "takes its orders and does not follow.", "Pull its plug for a moment.")
        is_contested = self._stranger_s is not None and now_s - self._stranger_s < STRANGER_S
        advice = "Switch that off: a device has one master. Use force_minutes to have it on by hand."
        await alert("stranger", is_contested, "is commanded by another program as well.", advice)

    async def _farewell(self, inbox: Inbox) -> None:
        """Off, unless somebody's hand rules. Without a broker the will has said it."""
        while self._line.ready.is_set():
            while (received := inbox.take()) is not None:
                await self._take(received)
            self.memory = telling.noticed(self.memory, None)
            if self.memory.by_hand or self.memory.is_at(0, self._clock.monotonic()):
                break
            await self._speak()
            await self._clock.sleep(0.1)
        metrics.SAFE_STATE.labels(self.voice.device, self.voice.bus.account, "stopped").inc()
        await self.actuator.control("manual" if self.memory.by_hand else "safe")
