"""All Victron systems of the house, each in a task of its own, so that none waits for another."""

import asyncio
from collections.abc import Awaitable
from typing import Final

from common.actuator import Actuator, Place
from common.errors import DeviceUnreachable
from common.foreign import Foreign
from common.keeping import Keeper as RelayKeeper
from common.lease import Limits
from common.report import Report
from common.service import Runtime, shielded
from services.victron import alarms
from services.victron.battery import BatteryCare
from services.victron.config import Config, RelaySettings, SystemSettings
from services.victron.device import Connect, Gx
from services.victron.keeper import Keeper
from services.victron.purse import Purse
from services.victron.relay import RelayCare
from services.victron.situation import Situation, look
from services.victron.states import Mood
from services.victron.voice import Voice

LOOK_S: Final = 0.5
"""Pace of looking at what the GX has said; a new order for the battery is looked at at once."""
HANGS_AFTER_S: Final = 90.0
"""No turn takes longer: a broker is waited for 5 s at a time, and a turn says up to ten words."""
LAST_WORDS_S: Final = 8.0
"""Most that an orderly stop waits for the GX to be as its owner had it."""
POWERLESS: Final = Limits(0.0, 0.0)


async def session(runtime: Runtime[Config], connect: Connect = Foreign) -> None:
    """Care for every system until cancelled."""
    systems = [System(runtime, name, settings, connect) for name, settings in runtime.config.systems.items()]
    async with asyncio.TaskGroup() as tasks:
        for system in systems:
            tasks.create_task(system.run())
        tasks.create_task(runtime.health.watch(runtime.clock, systems, HANGS_AFTER_S))


def contact(gx: Gx, settings: SystemSettings) -> alarms.Contact:
    """How a GX is reached, for the alarms."""
    return alarms.Contact(
        where=f"{settings.host}:{settings.door}",
        is_fresh=gx.is_fresh,
        is_gone=gx.is_gone,
        is_old=gx.is_old,
        refusal=gx.refusal,
        clock_off_s=gx.clock_off_s,
    )


class System:
    """One GX, the battery behind it and its relays."""

    def __init__(self, runtime: Runtime[Config], name: str, settings: SystemSettings, connect: Connect) -> None:
        self._runtime, self._settings = runtime, settings
        self._clock = runtime.clock
        self.turned_s = self._clock.monotonic()
        """When its loop last went round."""
        report = self._report("battery", name)
        self._gx = Gx(settings, runtime.account, report, runtime.data_dir, connect=connect)
        self._seen = look(self._gx.mirror)
        purse = Purse(runtime.store, runtime.clock, runtime.account, name, settings.flash_writes_per_day)
        self._actuator = Actuator(runtime.bus, Place("battery", name), self._permitted, runtime.store)
        keeper = Keeper(runtime.store, name)
        self._battery = BatteryCare(report, settings, self._gx, self._actuator, keeper=keeper, purse=purse)
        self._desks = [self._actuator]
        self._relays = [self._relay(relay, each, purse) for relay, each in settings.relays.items()]
        meter = self._report("meter", settings.meter) if settings.meter else None
        pv = self._report("pv", settings.pv) if settings.pv else None
        self._voice = Voice(settings, self._gx, report, meter, pv)

    async def run(self) -> None:
        """Until cancelled; then put back what was ordered."""
        async with self._gx, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._gx.hold())
            for desk in self._desks:
                tasks.create_task(desk.run())
            tasks.create_task(self._keep())

    def _report(self, kind: str, name: str) -> Report:
        return Report(self._runtime.bus, self._runtime.alerts, kind, name)

    def _relay(self, name: str, settings: RelaySettings, purse: Purse) -> RelayCare:
        runtime = self._runtime
        actuator = Actuator(runtime.bus, Place("switch", name), lambda: POWERLESS, runtime.store)
        self._desks.append(actuator)
        keeper = RelayKeeper(runtime.store, runtime.clock, name)
        return RelayCare(self._report("switch", name), settings, self._gx, actuator, keeper=keeper, purse=purse)

    def _permitted(self) -> Limits:
        return self._battery.permitted(self._seen)

    async def _keep(self) -> None:
        try:
            while True:
                await self._turn()
                await self._wait()
        finally:
            await shielded(self._farewell(), self._clock, LAST_WORDS_S)
            await self._battery.let_go()
            for relay in self._relays:
                await relay.let_go()

    async def _turn(self) -> None:
        """Look at what is known and wanted; do and say what follows."""
        self.turned_s = self._clock.monotonic()
        self._actuator.changed.clear()
        await self._gx.stay()
        seen = self._seen = look(self._gx.mirror)
        await self._attempt(self._battery.act(seen))
        for relay in self._relays:
            await self._attempt(relay.act())
        await self._say(seen)

    async def _say(self, seen: Situation) -> None:
        mood = Mood(self._battery.power_w(seen), self._battery.wheel.has_rival)
        await self._battery.answer(seen)
        await self._voice.say(seen, mood)
        for relay in self._relays:
            await relay.say()
        await self._voice.warn(alarms.of_contact(contact(self._gx, self._settings)))
        if self._gx.is_fresh:
            await self._voice.warn(alarms.of_system(seen, self._battery.doing()))

    async def _attempt(self, deed: Awaitable[None]) -> None:
        """Do it; what does not reach the GX is tried again at a later turn."""
        try:
            await deed
        except DeviceUnreachable:
            self._battery.report.count("unreachable")

    async def _wait(self) -> None:
        """Until the next look, or until the battery's order is another one."""
        try:
            async with self._clock.timeout(LOOK_S):
                await self._actuator.changed.wait()
        except TimeoutError:
            return

    async def _farewell(self) -> None:
        """Everything as its owner had it, seen to be so."""
        while self._gx.is_fresh:
            seen = look(self._gx.mirror)
            await self._attempt(self._battery.farewell(seen))
            for relay in self._relays:
                await self._attempt(relay.act(is_last=True))
            if self._battery.is_home and all(relay.is_home for relay in self._relays):
                return
            await self._clock.sleep(LOOK_S)
