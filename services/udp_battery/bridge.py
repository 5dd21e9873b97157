"""One battery under our care: carry out the order in force, and say on MQTT what became of it.

Two loops. One talks to the battery: each turn looks afresh at what is wanted and what is known, says the one most
urgent thing, and learns from the answer. The other talks to MQTT, so that a slow broker or disk never delays an
order. What to say is decided in `reconcile`, what an answer means in `memory`; here is only the doing.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from common.actuator import Actuator, Place
from common.lease import Limits
from common.service import Runtime, shielded
from services.udp_battery.alarms import alarms
from services.udp_battery.config import BatterySettings, Config
from services.udp_battery.device import Battery
from services.udp_battery.energy import Counters
from services.udp_battery.follow import Seen
from services.udp_battery.limits import bounds, permitted
from services.udp_battery.link import Line
from services.udp_battery.outcome import authority, is_held, outcome
from services.udp_battery.reconcile import (
    Follow,
    Goal,
    Hold,
    Read,
    Rest,
    Seek,
    Wait,
    Write,
    goal,
    is_reached,
    next_step,
    write,
)
from services.udp_battery.report import Report

LOOK_UP_S: Final = 5.0
"""The loop turns at least this often, so that silence is noticed."""
HAND_BACK_S: Final = 8.0
"""Most that an orderly stop waits for the battery to be told."""

LAST_WORDS: Final[Mapping[str, Goal]] = {"auto": Follow(is_ordered=False), "idle": Rest(), "keep": None}
"""What each `on_stop` means."""


@dataclass(frozen=True, slots=True)
class Unsaid:
    """The newest reading, not yet published."""

    seen: Seen
    measured_ms: int
    is_estimated: bool


class Bridge:
    """One battery. `line` is the way to it, for us alone."""

    def __init__(
        self,
        runtime: Runtime[Config],
        device: str,
        settings: BatterySettings,
        line: Line,
        *,
        starts_in_s: float = 0.0,
    ) -> None:
        self._clock = runtime.clock
        self._store = runtime.store
        self._broadcast = runtime.config.broadcast
        self._device = device
        self._settings = settings
        self._report = Report(runtime.bus, runtime.alerts, device)
        self._battery = Battery(line, settings, runtime.clock, self._report, starts_in_s)
        self._actuator = Actuator(runtime.bus, Place("battery", device), self._permitted, runtime.store)
        self._counters = Counters(runtime.store, device)
        self._unsaid: Unsaid | None = None
        self._news = asyncio.Event()
        self.turned_s = self._clock.monotonic()
        """When the loop last went round."""

    async def run(self) -> None:
        """Until cancelled; then hand the battery back."""
        await self._battery.locate()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._actuator.run())
            tasks.create_task(self._speak())
            tasks.create_task(self._keep())

    async def _keep(self) -> None:
        try:
            while True:
                await self._turn()
        finally:
            await self._counters.save(self._clock.monotonic(), is_last=True)
            await shielded(self._hand_back(), self._clock, HAND_BACK_S)

    async def _turn(self) -> None:
        self.turned_s = self._clock.monotonic()
        self._notice()
        self._news.set()
        aim = self._aim()
        step = next_step(
            aim,
            self._battery.memory,
            self._settings,
            now_s=self._clock.monotonic(),
            quiet_at_s=self._battery.line.quiet_at_s,
            poll_s=self._battery.poll_s,
        )
        match step:  # from the decision to the datagram nothing is awaited
            case Write(order):
                await self._battery.write(order, is_held=is_held(aim))
            case Read("mode"):
                await self._read(is_held=is_held(aim))
            case Read(chore) if chore != "mode":
                await self._battery.do(chore)
            case Seek():
                await self._battery.seek(self._broadcast)
            case Wait(until_s):
                await self._wait(until_s)

    def _notice(self) -> None:
        """Look at the desk: a new order may not wait for a pause to end."""
        if self._actuator.changed.is_set() and self._actuator.order is not None:
            self._battery.memory = self._battery.memory.hurried()
        self._actuator.changed.clear()

    async def _wait(self, until_s: float) -> None:
        """Until then, or until the order is another one."""
        try:
            async with self._clock.timeout(min(LOOK_UP_S, until_s - self._clock.monotonic())):
                await self._actuator.changed.wait()
        except TimeoutError:
            return

    async def _read(self, *, is_held: bool) -> None:
        said = await self._battery.read(is_held=is_held)
        seen = self._battery.memory.seen
        if said is not None and seen is not None:
            self._counters.add(seen.at_s, seen.power_w, 3 * self._battery.poll_s)
            self._unsaid = Unsaid(seen, self._clock.wall_ms(), said.is_estimated)

    def _aim(self) -> Goal:
        """What the battery should do, as of now."""
        is_ours = self._battery.memory.is_ours
        return goal(self._actuator.order, self._permitted(), self._settings, is_ours=is_ours)

    @property
    def _within(self) -> Limits:
        return bounds(self._settings, self._battery.firmware, self._battery.caps)

    def _permitted(self) -> Limits:
        return permitted(self._within, self._settings, self._battery.memory.soc_now(self._clock.monotonic()))

    async def _speak(self) -> None:
        """For ever: say what has changed."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self._say()

    async def _say(self) -> None:
        """Everything that is said about it, where it has changed."""
        battery, now_s = self._battery, self._clock.monotonic()
        battery.caps = battery.caps.aged(now_s, self._settings.retry_limits_h)
        await self._report.introduce(
            self._settings, battery.firmware, self._within, battery.poll_s, battery.capacity_wh
        )
        if battery.memory.contact.has_answered or battery.memory.contact.is_gone(now_s):
            await self._report.availability(not battery.memory.contact.is_gone(now_s))
        await self._answer()
        unsaid, self._unsaid = self._unsaid, None
        if unsaid is not None:
            await self._counters.save(now_s)
            await self._report.state(
                unsaid.seen,
                self._counters,
                unsaid.measured_ms,
                battery.temperature_c,
                is_estimated=unsaid.is_estimated,
            )
        standing = alarms(
            self._device,
            battery.memory,
            battery.caps,
            now_s,
            was_reset=battery.was_reset,
            stranger=battery.stranger,
        )
        await self._report.alarms(standing)
        await self._remember()

    async def _answer(self) -> None:
        """Say what became of the order, and who controls the battery."""
        order, aim, memory, now_s = self._actuator.order, self._aim(), self._battery.memory, self._clock.monotonic()
        became = outcome(aim, memory, order) if order is not None else None
        await self._actuator.answer(became, self._achieved_w)
        await self._actuator.refuse_reserve("its reserve is set in the app and in ballast.yaml")
        mode = authority(aim, memory, now_s, has_lapsed=self._actuator.has_lapsed)
        if mode is not None:
            await self._actuator.control(mode, float(aim.power_w) if isinstance(aim, Hold) else None)

    @property
    def _achieved_w(self) -> float | None:
        """The power read since the order was given."""
        told, seen = self._battery.memory.told, self._battery.memory.seen
        return seen.power_w if told and seen and seen.at_s > told.since_s else None

    async def _remember(self) -> None:
        """Which battery this is must outlive a restart, or another one might get its orders."""
        key, mac = f"mac/{self._device}", self._battery.line.mac
        if mac is not None and self._store.get(key) != mac:
            await self._store.put(key, mac)

    async def _hand_back(self) -> None:
        """The last word before the process ends. Should it get lost, the battery's own timer is the dead man."""
        aim = LAST_WORDS[self._settings.on_stop]
        while self._battery.memory.may_be_held and self._battery.memory.contact.is_confirmed:
            order = write(aim, self._settings, self._clock.monotonic())
            if order is None or is_reached(aim, self._battery.memory):
                break
            await self._battery.write(order, is_held=True)
        is_free = isinstance(aim, Follow) and is_reached(aim, self._battery.memory)
        await self._actuator.control("autonomous" if is_free else "safe")
