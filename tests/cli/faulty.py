"""A little bridge for one lamp that keeps every rule of the contract but the one it is told to break."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common.contract import (
    ACK,
    AVAILABILITY,
    COMMAND,
    CONTROL,
    INFO,
    SWITCH_STATE,
    Ack,
    Command,
    Control,
    DeviceInfo,
    Envelope,
    SwitchState,
    decode,
)
from common.contract.devices import Outcome, Reason
from common.errors import MessageRejected
from common.messaging import Bus, Received

PLACE = ("switch", "lamp")


class Lamp:
    """Rests switched off. `fault` is a reason of the contract that it does not know, or a habit named in here."""

    def __init__(self, bus: Bus, fault: str = "") -> None:
        self.told: list[bool] = []
        """Every order that was carried out: on or off."""
        self._bus, self._clock, self._fault = bus, bus.clock, fault
        self._on = fault == "stays_on"
        self._epoch, self._holder, self._seq, self._ends_s = 0, "", -1, 0.0
        self._recent: list[str] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """It lives for the block."""
        tasks = [asyncio.create_task(work) for work in (self._report(), self._obey())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _report(self) -> None:
        info = {"vendor": "Nobody", "model": "Lamp", "poll_s": 5.0, "stale_after_s": 20.0, "safe_state": "off"}
        await self._bus.publish(INFO.at(*PLACE), DeviceInfo.model_validate({**info, "capabilities": ("switch",)}))
        await self._bus.publish(AVAILABILITY.at(*PLACE), "maybe" if self._fault == "availability" else "online")
        await self._control("autonomous")
        began_ms = self._clock.wall_ms()
        async for _ in self._clock.every(5):
            await self._tell(began_ms - 60_000 if self._fault == "stale" else None)

    async def _tell(self, measured_ms: int | None) -> None:
        if self._fault == "same_seq":
            self._bus._seq.clear()
        if self._fault != "told_once" or self._clock.monotonic() < 1:
            await self._bus.publish(SWITCH_STATE.at("lamp"), SwitchState(on=self._on), measured_ms)

    async def _obey(self) -> None:
        inbox = await self._bus.listen(COMMAND.at(*PLACE))
        while True:
            try:
                async with self._clock.timeout(max(0.0, self._ends_s - self._clock.monotonic()) or 1e6):
                    received = await inbox.next()
            except TimeoutError:
                await self._let_go()
            else:
                await self._judge(received)

    async def _judge(self, received: Received) -> None:
        try:
            envelope, order = decode(COMMAND, received.payload)
        except MessageRejected:
            if self._fault != "invalid":
                unreadable = Command(cmd_id="?", epoch=0, issued_at_ms=0, ttl_s=0.0, action="release")
                await self._answer(unreadable, "rejected", "invalid")
            return
        assert envelope is not None
        reason = next(
            (reason for reason, broken in self._rules(envelope, order) if broken and reason != self._fault), None
        )
        if reason == "duplicate":
            self._ends_s += 5 * (self._fault == "longer")
            await self._answer(order, "duplicate")
        elif reason is not None:
            await self._answer(order, "rejected", reason)
            if self._fault == "swayed":
                await self._bus.publish(CONTROL.at(*PLACE), Control(mode="leased", epoch=self._epoch + 1))
        else:
            await self._take(envelope, order)

    def _rules(self, envelope: Envelope, order: Command) -> list[tuple[Reason | str, bool]]:
        now_ms, same = self._clock.wall_ms(), order.epoch == self._epoch
        return [
            ("ttl", not 0 < order.ttl_s <= 120),
            ("fenced", order.epoch < self._epoch or (same and envelope.boot != self._holder)),
            ("epoch", order.epoch > now_ms + 600_000),
            ("duplicate", order.cmd_id in self._recent),
            ("out_of_order", same and envelope.seq <= self._seq),
            ("future", order.issued_at_ms > now_ms + 5000),
            ("expired", now_ms - order.issued_at_ms >= 1000 * order.ttl_s),
        ]

    async def _take(self, envelope: Envelope, order: Command) -> None:
        self._epoch, self._seq = max(self._epoch, order.epoch), max(self._seq, envelope.seq)
        self._holder = self._holder or envelope.boot
        self._recent.append(order.cmd_id)
        life_s = order.ttl_s / 2 if self._fault == "early" else order.ttl_s
        self._ends_s = self._clock.monotonic() + (1e5 if self._fault == "for_ever" else life_s)
        self.told.append(bool(order.on))
        await self._answer(order, "accepted")
        if self._fault != "idle":
            await self._answer(order, "applied")
        await self._control("autonomous" if self._fault == "uncontrolled" else "leased")

    async def _let_go(self) -> None:
        self._ends_s = 0.0
        await self._control("autonomous")

    async def _control(self, mode: str) -> None:
        if self._fault != "no_control":
            await self._bus.publish(CONTROL.at(*PLACE), Control.model_validate({"mode": mode, "epoch": self._epoch}))

    async def _answer(self, order: Command, outcome: Outcome, reason: str | None = None) -> None:
        said = {"cmd_id": order.cmd_id, "epoch": order.epoch, "outcome": outcome, "reason": reason}
        if self._fault != "mute":
            await self._bus.publish(ACK.at(*PLACE), Ack.model_validate(said))
