"""All HomeWizard devices of the house, each in a task of its own, so that none waits for another."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from common.actuator import Actuator, Place
from common.config import Owned
from common.homewizard import find
from common.homewizard.located import Locate
from common.homewizard.report import Report
from common.lease import Limits
from common.service import Runtime
from services.homewizard.batteries import GroupCare
from services.homewizard.config import (
    BatterySettings,
    Config,
    GroupSettings,
    MeterSettings,
    SocketSettings,
    WaterSettings,
)
from services.homewizard.device import AnySettings, Device
from services.homewizard.herd import Herd
from services.homewizard.keeper import Keeper
from services.homewizard.meters import BatteryCare, MeterCare, WaterCare
from services.homewizard.socket import SocketCare
from services.homewizard.visits import Care, Visits

HANGS_AFTER_S: Final = 180.0
"""No look takes longer: reads are repeated three times with 10 s each, and a socket is read up to four times."""
STAGGER_S: Final = 0.25
"""Devices are not asked all at once."""


async def session(runtime: Runtime[Config], locate: Locate = find) -> None:
    """Care for every device until cancelled."""
    bridge = Bridge(runtime, locate)
    visits: list[Visits] = []
    async with asyncio.TaskGroup() as tasks:
        for number, owned in enumerate(runtime.config.owned()):
            care, actuator = bridge.care(owned)
            visits.append(bridge.visits(owned, care))
            tasks.create_task(_start(runtime, visits[-1], number * STAGGER_S))
            if actuator is not None:
                tasks.create_task(actuator.run())
        tasks.create_task(runtime.health.watch(runtime.clock, visits, HANGS_AFTER_S))


async def _start(runtime: Runtime[Config], visits: Visits, delay_s: float) -> None:
    await runtime.clock.sleep(delay_s)
    await visits.run()


Made = tuple[Care, Actuator | None]


class Bridge:
    """Puts together what each device needs."""

    def __init__(self, runtime: Runtime[Config], locate: Locate) -> None:
        self._runtime = runtime
        self._locate = locate
        self._claims: dict[str, str] = {}
        self._settings: dict[str, AnySettings] = dict(runtime.config.devices())
        self._herd = Herd(runtime.config, runtime.clock)
        self._keepers = {name: Keeper(runtime.store, runtime.clock, name) for name in self._settings}

    def visits(self, owned: Owned, care: Care) -> Visits:
        """The loop around a device."""
        settings, keeper = self._settings[owned.id], self._keepers[owned.id]
        device = Device(
            owned.id,
            settings,
            self._runtime.data_dir,
            self._runtime.clock,
            serial=keeper.serial,
            locate=self._locate,
            claims=self._claims,
        )
        return Visits(device, care, keeper, settings.poll_s)

    def care(self, owned: Owned) -> Made:
        """What is done about a device, and the desk of one that takes orders."""
        report = Report(self._runtime.bus, self._runtime.alerts, owned.kind, owned.id)
        match self._settings[owned.id]:
            case SocketSettings() as settings:
                return self._ordered(owned, partial(SocketCare, report, settings))
            case GroupSettings() as settings:
                return self._ordered(owned, partial(GroupCare, report, settings, self._herd))
            case MeterSettings() as settings:
                return MeterCare(report, settings), None
            case WaterSettings() as settings:
                return WaterCare(report, settings), None
            case BatterySettings() as settings:
                group = self._runtime.config.group_of(owned.id)
                return BatteryCare(report, settings, self._herd, group), None
            case _:
                raise AssertionError(f"nothing is known to do about {owned}")

    def _ordered(self, owned: Owned, make: Callable[[Actuator, Keeper], Care]) -> Made:
        place = Place(owned.kind, owned.id)
        actuator = Actuator(self._runtime.bus, place, lambda: Limits(0.0, 0.0), self._runtime.store)
        return make(actuator, self._keepers[owned.id]), actuator
