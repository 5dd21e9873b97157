"""One pilot wire: an order for a radiator, made of one or two relays that take it half by half."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from common.actuator import Actuator
from common.contract import SWITCH_STATE, DeviceInfo, SwitchState
from common.contract.devices import Authority, Mode
from common.lease import Answer, Lease
from common.report import Report
from services.relay import feeding, pilot
from services.relay.relay import Relay

TICK_S: Final = 1.0
SAID_S: Final = 20.0
"""The state is said again so often."""
WORST: tuple[Authority, ...] = ("offline", "manual")
"""One of its relays is enough for these."""
CANNOT: Final = "this pilot wire knows "


class HalfDesk:
    """What a relay of a pilot wire sees instead of a desk of its own: its part of the wire's order."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.order: Lease | None = None
        self.has_lapsed = False
        self.said: tuple[str, Answer] | None = None
        """(order, what became of it)"""
        self.authority: Authority | None = None
        self.news = asyncio.Event()

    def give(self, lease: Lease | None, position: bool | None, *, has_lapsed: bool) -> None:
        """From now on it has this part of `lease`."""
        self.has_lapsed = has_lapsed
        cmd_id = lease.command.cmd_id if lease and position is not None else None
        if cmd_id == (self.order.command.cmd_id if self.order else None):
            return
        self.order = None
        if lease is not None and position is not None:
            part = lease.command.model_copy(update={"action": "switch", "on": position, "mode": None})
            self.order = replace(lease, command=part)
        self.changed.set()

    async def answer(self, became: Answer | None) -> None:
        """The relay tells what became of its part."""
        said = (self.order.command.cmd_id, became) if self.order and became else None
        if said is not None and said != self.said:
            self.said = said
            self.news.set()

    async def refuse_reserve(self, why: str) -> None:
        """It never has one."""

    async def control(self, mode: Authority) -> None:
        """The relay tells who controls it."""
        self.authority = mode
        self.news.set()


@dataclass(frozen=True, slots=True)
class Half:
    """One relay of a wire."""

    desk: HalfDesk
    relay: Relay


class PilotWire:
    """One wire. Its order is on the actuator's desk; its halves are by name, `positive` and `negative`."""

    def __init__(self, report: Report, actuator: Actuator, halves: Mapping[str, Half], phase: int | None) -> None:
        self._report, self._actuator, self._halves, self._phase = report, actuator, halves, phase
        self._clock = report.bus.clock
        self._modes = pilot.modes(positive="positive" in halves, negative="negative" in halves)
        self._said: tuple[SwitchState, float] | None = None
        self.turned_s = self._clock.monotonic()
        """When its loop last went round."""

    async def run(self) -> None:
        """For ever."""
        await self._report.info(
            DeviceInfo.model_validate(
                {
                    "vendor": "pilot wire",
                    "model": f"{len(self._halves)} relays" if len(self._halves) > 1 else "1 relay",
                    "phase": self._phase,
                    "poll_s": SAID_S,
                    "stale_after_s": 3 * SAID_S,
                    "safe_state": "on" if self._safe_mode() == pilot.COMFORT else "off",
                    "capabilities": ("switch", "mode"),
                    "modes": self._modes,
                    "refresh_s": feeding.APART_S,
                }
            )
        )
        async with asyncio.TaskGroup() as tasks:
            for event in (self._actuator.changed, *(half.desk.news for half in self._halves.values())):
                tasks.create_task(self._whenever(event))
            async for _ in self._clock.every(TICK_S):
                await self._turn()

    async def _whenever(self, event: asyncio.Event) -> None:
        while True:
            await event.wait()
            event.clear()
            await self._turn()

    async def _turn(self) -> None:
        """Hand the order on, and say what has become of it."""
        self.turned_s = self._clock.monotonic()
        order = self._actuator.order
        mode = pilot.wanted(order.command, self._modes) if order else None
        waves = dict(zip(("positive", "negative"), pilot.ORDERS[mode], strict=True)) if mode else {}
        for name, half in self._halves.items():
            half.desk.give(order, waves.get(name), has_lapsed=self._actuator.has_lapsed)
        await self._actuator.answer(self._became(order, mode) if order else None)
        await self._actuator.refuse_reserve(CANNOT + ", ".join(self._modes))
        await self._control(order)
        await self._state()

    def _became(self, order: Lease, mode: Mode | None) -> Answer | None:
        """What became of an order: done when every relay has done its part, failed when one has."""
        if mode is None:
            return "failed", CANNOT + ", ".join(self._modes)
        told = [half.desk.said for half in self._halves.values()]
        mine = [said[1] for said in told if said is not None and said[0] == order.command.cmd_id]
        failed = next((became for became in mine if became[0] == "failed"), None)
        if failed is not None:
            return failed
        return ("applied", "") if len(mine) == len(told) and all(became[0] == "applied" for became in mine) else None

    async def _control(self, order: Lease | None) -> None:
        told = [half.desk.authority for half in self._halves.values()]
        worst = next((mode for mode in WORST if mode in told), None)
        if worst is not None:
            await self._actuator.control(worst)
        elif None not in told:
            await self._actuator.control("leased" if order else "safe" if "safe" in told else "autonomous")

    async def _state(self) -> None:
        """Which order is on the wire, as far as every relay of it tells."""
        seen = {name: half.relay.seen for name, half in self._halves.items()}
        is_there = all(half.relay.is_there is not False for half in self._halves.values())
        if None in seen.values() and is_there:
            return
        await self._report.availability(is_there and None not in seen.values())
        if not is_there:
            return
        mode = pilot.heard((bool(seen.get("positive")), bool(seen.get("negative"))))
        state, now_s = SwitchState(on=mode == pilot.COMFORT), self._clock.monotonic()
        if self._said is None or state != self._said[0] or now_s - self._said[1] >= SAID_S:
            self._said = state, now_s
            await self._report.bus.publish(SWITCH_STATE.at(self._report.device), state)

    def _safe_mode(self) -> Mode:
        safe = {name: bool(half.relay.safe_position) for name, half in self._halves.items()}
        return pilot.heard((safe.get("positive", False), safe.get("negative", False)))
