"""One battery: asks it, orders it, finds it again, remembers what came of that. Silence is a value, never raised."""

import logging
import math
from dataclasses import replace
from typing import Final

from common.clock import Clock
from common.errors import DeviceError, DeviceRefused, DeviceUnintelligible, DeviceUnreachable
from common.report import Report
from services.udp_battery import plausibility, wire
from services.udp_battery.config import BatterySettings
from services.udp_battery.contact import READ_TIMEOUT_S, WRITE_TIMEOUT_S, Contact
from services.udp_battery.firmware import UNKNOWN, firmware
from services.udp_battery.follow import Order
from services.udp_battery.limits import Caps
from services.udp_battery.link import Line, WrongDevice, resolve
from services.udp_battery.memory import CHORE_PERIOD_S, Chore, Memory
from services.udp_battery.wire import Reading, Reply, Request, Result

COPY_AFTER_S: Final = 0.5
REQUESTS: Final = {"identity": wire.GET_DEVICE, "status": wire.GET_STATUS, "cells": wire.GET_BATTERY}

log = logging.getLogger(__name__)


class Battery:
    """What we know of one battery and the way to it."""

    def __init__(
        self, line: Line, settings: BatterySettings, clock: Clock, report: Report, starts_in_s: float = 0.0
    ) -> None:
        self.line = line
        now_s = clock.monotonic()
        self.memory = Memory(contact=Contact(since_s=now_s, not_before_s=now_s + starts_in_s))
        self.caps = Caps()
        self.firmware = UNKNOWN
        self.capacity_wh: float | None = None
        self.temperature_c: float | None = None
        self.was_reset = False
        """It went to Manual mode by itself."""
        self.stranger = ""
        """What is wrong with whoever answers in its place."""
        self._settings = settings
        self._clock = clock
        self._report = report

    @property
    def poll_s(self) -> float:
        """The period at which it is read."""
        return max(self._settings.poll_s or self.firmware.poll_s, self.firmware.shortest_poll_s)

    async def write(self, order: Order, *, is_held: bool) -> None:
        """Send an order once. A repetition is a new decision, so that it says the newest."""
        sent_s = self._clock.monotonic()
        self.memory = self.memory.sending()
        request = wire.AUTO if order.mode == "Auto" else wire.passive(order.power_w, order.hold_s)
        reply = await self._ask(request, WRITE_TIMEOUT_S)
        now_s = self._clock.monotonic()
        if reply is None:
            self.memory = self.memory.unwritten(now_s, is_wanted=is_held)
            self._report.wrote("unanswered")
            return
        self._heard(reply)
        is_taken = reply.result is not None and wire.is_taken(reply.result)
        self._report.wrote("taken" if is_taken else "refused")
        if is_taken:
            self.memory = self.memory.taken(order, sent_s, now_s, is_fragile=self.firmware.is_fragile)
        else:
            self.memory = self.memory.refused(now_s)

    async def read(self, *, is_held: bool) -> Reading | None:
        """Ask for mode and power. Returns what it said, already remembered; None if that was of no use."""
        reply = await self._ask(wire.GET_MODE, READ_TIMEOUT_S, self._copy_after_s)
        now_s = self._clock.monotonic()
        said = self._reading(reply.result) if reply and reply.result is not None else None
        if reply is None or said is None or said.is_empty:
            self.memory = self.memory.unheard(now_s, is_wanted=is_held)
            return None
        self._heard(reply)
        self._mind_resets(said, is_held=is_held)
        self.memory = self.memory.saw(said, now_s, self.firmware, is_free=not is_held)
        self._learn(now_s)
        return said

    async def do(self, chore: Chore) -> None:
        """Ask for what changes seldom."""
        reply = await self._ask(REQUESTS[chore], READ_TIMEOUT_S, self._copy_after_s)
        now_s = self._clock.monotonic()
        if chore == "cells":
            self.temperature_c = None
        if reply is not None and reply.failure is not None and reply.failure.code == wire.UNKNOWN_METHOD:
            self._heard(reply)
            self.memory = self.memory.done(chore, math.inf)
        elif reply is None or reply.result is None or not self._take(chore, reply, reply.result):
            self.memory = self.memory.vain(chore, now_s)
        else:
            self._heard(reply)
            wanted_s = self._settings.temperature_poll_s if chore == "cells" else None
            self.memory = self.memory.done(chore, now_s + (wanted_s or CHORE_PERIOD_S[chore]))

    async def locate(self) -> None:
        """Ask the router where it lives."""
        try:
            self.line.address = await resolve(self._settings.host, self._settings.port, self._clock)
        except DeviceUnreachable as error:
            self._count_error("unreachable", error)

    async def seek(self, broadcast: tuple[str, ...]) -> None:
        """Ask the router, then everybody, where it lives now."""
        self.memory = replace(self.memory, sought=self.memory.contact.failures)
        await self.locate()
        if await self.line.seek([(host, self._settings.port) for host in broadcast]):
            log.warning("%s was found at another address than %s", self._report.device, self._settings.host)

    async def _ask(self, request: Request, timeout_s: float, copy_after_s: float | None = None) -> Reply | None:
        """One attempt. None for silence, and for another battery."""
        began_s = self._clock.monotonic()
        try:
            reply = await self.line.ask(request, timeout_s, copy_after_s=copy_after_s)
        except DeviceUnreachable as error:
            self._count_error("unreachable", error)
            return None
        except WrongDevice as error:
            self._count_error("wrong_device", error)
            self.stranger = str(error)
            contact = self.memory.contact.failed(self._clock.monotonic(), is_wanted=False)
            self.memory = replace(self.memory, contact=replace(contact, failures=max(2, contact.failures)))
            return None
        self._report.polled(self._clock.monotonic() - began_s)
        if reply.failure is not None:
            self._count_error("refused", DeviceRefused(f"{request.method}: {reply.failure}"))
        return reply

    def _heard(self, reply: Reply) -> None:
        """It lives, and says who it is. The first to answer where no MAC is set is taken for the owner's battery."""
        if self.line.mac is None:
            self.line.mac = reply.mac
        is_confirmed = self.line.mac == reply.mac
        expected = wire.masked_mac(self.line.mac)
        self.stranger = (
            "" if is_confirmed else f"expected the battery {expected}, found one that does not say who it is"
        )
        self.memory = self.memory.heard(self._clock.monotonic(), is_confirmed=is_confirmed)

    def _mind_resets(self, said: Reading, *, is_held: bool) -> None:
        """Manual mode that nobody asked for: under an order, or on firmware that is known for it."""
        if said.mode != "Manual":
            self.was_reset = self.was_reset and said.mode is None
            return
        before = self.memory.seen.mode if self.memory.seen else None
        may_be_reset = is_held or self.firmware.is_fragile
        self.was_reset = self.was_reset or (before in ("Auto", "Passive") and may_be_reset)

    def _learn(self, now_s: float) -> None:
        """What a reading says about how far it goes."""
        told, seen = self.memory.told, self.memory.seen
        if seen is not None and seen.power_w is not None:
            self.caps = self.caps.saw(seen.power_w)
        if told is not None and told.capped_w is not None:
            log.info("%s goes no further than %.0f W", self._report.device, told.capped_w)
            self.caps = self.caps.learn(told.capped_w, now_s)

    def _take(self, chore: Chore, reply: Reply, result: Result) -> bool:
        """Remember what a chore brought. Returns whether it was of use."""
        if chore == "identity":
            return self._identify(reply)
        if chore == "cells":
            self.temperature_c = plausibility.temperature_c(wire.temperature_c(result, self._scale))
            return True
        said = self._reading(result)
        if said is None:
            return False
        self.memory = self.memory.confirmed_soc(said, self._clock.monotonic())
        if self.firmware.tells_capacity and said.capacity_wh:
            self.capacity_wh = said.capacity_wh
        return True

    def _identify(self, reply: Reply) -> bool:
        try:
            who = wire.identity(reply)
        except DeviceUnintelligible as error:
            self._count_error("unintelligible", error)
            return False
        found = firmware(who.device, who.version)
        if found != self.firmware:
            log.info("%s is a %s with firmware %s", self._report.device, found.model, found.version)
            self.firmware = found
            due_s = -math.inf if self._settings.temperature_poll_s and not found.is_fragile else math.inf
            self.memory = self.memory.done("cells", due_s).done("status", -math.inf)
        return True

    def _reading(self, result: Result) -> Reading | None:
        try:
            return wire.reading(result, self._scale)
        except DeviceUnintelligible as error:
            self._count_error("unintelligible", error)
            return None

    @property
    def _scale(self) -> wire.Scale:
        owners = {str(name): factor for name, factor in self._settings.scale.items()}
        return {**self.firmware.scale, **owners}

    @property
    def _copy_after_s(self) -> float | None:
        return COPY_AFTER_S if self._settings.duplicate_reads and not self.firmware.is_fragile else None

    def _count_error(self, kind: str, error: DeviceError) -> None:
        self._report.count(kind)
        log.debug("%s: %s", self._report.device, error)
