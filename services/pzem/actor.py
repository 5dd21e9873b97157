"""One device that takes orders: say what is wanted, look for the proof, tell what became of it, and switch off at last.

Everything that may happen (an order, its end, a status, a reading of its own meter) wakes the one loop, which looks
afresh at what is wanted and what is known. What to say is decided in `telling`.
"""

import asyncio
from abc import abstractmethod
from typing import Final

from common.contract import DeviceInfo
from common.lease import Answer, Lease
from common.messaging import Inbox
from common.service import shielded
from services.pzem import telling
from services.pzem.clamp import Measured
from services.pzem.talk import Parts, Talk
from services.pzem.wire import Status

TURN_S: Final = 0.5
"""The loop turns at least this often: words are repeated and silence is noticed by the clock."""
STRANGER_S: Final = 600.0
"""So long after its last word another program counts as commanding."""
ACCEPTED_S: Final = 0.05
"""What became of an order is told after its acceptance, which may wait for a disk."""
LAST_WORDS_S: Final = 8.0
"""Most that an orderly stop waits for the proof that it is off."""


class Actor(Talk):
    """One device, and what is told of it."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._stale_after_s = parts.settings.stale_after_s
        self._clamp = parts.clamp
        self._told: tuple[int, int | None] | None = None
        self.turned_s = self._began_s = self._clock.monotonic()
        """When the loop last went round."""

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

    async def _answer(self) -> None:
        """Say what became of the order, and who controls the device."""
        order, now_s = self.actuator.order, self._clock.monotonic()
        if order is not None and now_s - order.since_s < ACCEPTED_S:
            self._clock.call_later(ACCEPTED_S, self.actuator.changed.set)
        elif order is not None:
            await self.actuator.answer(self._outcome(order, now_s), self._achieved_w())
        await self.actuator.refuse_reserve("it has no reserve")
        mode = telling.authority(self.memory, self.level, now_s)
        if mode is not None:
            await self.actuator.control(mode, order.power_w if order is not None and mode == "leased" else None)

    def _outcome(self, order: Lease, now_s: float) -> Answer | None:
        """What has become of an order; None while that is not known."""
        level = self.ordered(order)
        if level is None:
            return "failed", f"it takes {self.info().capabilities[0]} and nothing else"
        became = telling.outcome(self.memory, level, now_s)
        return became and (became[0], became[1] or self.detail(order, level))

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
        await self.report.info(self.info())
        is_gone = memory.is_gone(now_s)
        if not is_gone or now_s - self._began_s > telling.GONE_S:
            await self.report.availability(not is_gone)
        measured = self._measured()
        news = self._seen_ms, measured.at_ms if measured else None
        if memory.seen is not None and not is_gone and news != self._told:
            self._told = news
            await self.publish(memory.seen, measured, measured.at_ms if measured else self._seen_ms)
        await self._warn(now_s, is_gone=is_gone)

    async def _warn(self, now_s: float, *, is_gone: bool) -> None:
        alert, memory = self.report.alert, self.memory
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
        self.report.made_safe("stopped")
        await self.actuator.control("manual" if self.memory.by_hand else "safe")
