"""Tempo's timeline as it stands on the bus, and batteries and relays that take what a dear day asks of them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from common.actuator import Actuator, Place
from common.config import SiteSettings
from common.contract import (
    AVAILABILITY,
    BATTERY_STATE,
    INFO,
    TARIFF,
    BatteryState,
    Command,
    DeviceInfo,
    TariffSlot,
    TariffState,
)
from common.contract.devices import Capability
from common.lease import Limits
from common.messaging import Bus
from services.balancer.config import Config
from tests.balancer.stage import Stage, staged
from tests.tempo.times import PARIS, at

BLUE, WHITE, RED = 0, 1, 2
"""Severities."""
PARIS_HOUSE = SiteSettings(timezone="Europe/Paris")
HELD = {BLUE: (80, 30, True), WHITE: (90, 30, True), RED: (98, 25, False)}
PRICES = {"price_eur_per_kwh": 0.25, "export_eur_per_kwh": 0.04}
LONG_S, LIVED_S = 120.0, 15.0


def ms(text: str) -> int:
    """A moment on the clocks of Paris, as on the wire."""
    return round(at(text).timestamp() * 1000)


def slots(first: str, severities: Sequence[int | None]) -> tuple[TariffSlot, ...]:
    """Days in a row from 06:00, off-peak from 22:00; None: nobody tells of that day."""
    made: list[TariffSlot] = []
    for number, severity in enumerate(severities):
        day = date.fromisoformat(first) + timedelta(days=number)
        told = {"severity": severity, "certainty": "unknown" if severity is None else "final", **PRICES}
        edges = (f"{day} 06:00", f"{day} 22:00", f"{day + timedelta(days=1)} 06:00")
        for band, start, end in (("peak", *edges[:2]), ("off_peak", *edges[1:])):
            made.append(TariffSlot.model_validate({"start_ms": ms(start), "end_ms": ms(end), "band": band, **told}))
    return tuple(made)


def tariff(first: str, *severities: int | None) -> TariffState:
    """The same as the service tells it; nobody who decides looks at more than the slots."""
    made = slots(first, severities)
    return TariffState(
        contract="tempo",
        revision=1,
        band=made[0].band,
        certainty=made[0].certainty,
        severity=made[0].severity,
        until_ms=made[0].end_ms,
        tomorrow_starts_ms=made[1].end_ms,
        tomorrow_certainty="unknown",
        valid_until_ms=made[-1].end_ms,
        slots=made,
    )


async def announce(stage: Stage, first: str, *severities: int | None) -> None:
    """The service tells of days in a row."""
    await stage.bus("ems-tempo", f"t{len(stage.said)}").publish(TARIFF.at("main"), tariff(first, *severities))


def travel(stage: Stage, text: str) -> None:
    """Set the clocks of the house before anybody looks at them."""
    stage.clock.step_wall((at(text) - stage.clock.now()).total_seconds())


async def until(stage: Stage, text: str) -> None:
    """Let time pass until a moment of the house's clocks. Of a long wait only the last seconds are lived through."""
    left_s = (at(text) - stage.clock.now()).total_seconds()
    if left_s > LONG_S:
        stage.clock.step_wall(left_s - LIVED_S)
        left_s = LIVED_S
    await stage.play(left_s)


def local(stage: Stage) -> datetime:
    """What the clocks of Paris show."""
    return stage.clock.now().astimezone(PARIS)


@dataclass
class Ess:
    """A battery with a reserve of its own: it takes what it is told to hold, and charges by its own schedule."""

    stage: Stage
    name: str = "ess"
    soc_pct: float = 50.0
    schedule_on: bool | None = True
    refuses: str = ""
    """Why it does not take a reserve."""
    bus: Bus = field(init=False)
    told: list[tuple[datetime, Command]] = field(default_factory=list)
    """Every reserve that differs from the one before, and when it came."""
    orders: list[Command | None] = field(default_factory=list)
    """Every order; None: it was given free."""

    async def run(self) -> None:
        """For ever."""
        self.bus = bus = self.stage.bus(f"ems-{self.name}")
        await self.takes("power", "reserve")
        await bus.publish(AVAILABILITY.at("battery", self.name), "online")
        desk = Actuator(bus, Place("battery", self.name), lambda: Limits(-2500.0, 2500.0), self.stage.store)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(desk.run())
            tasks.create_task(self._obey(desk))
            async for _ in bus.clock.every(1.0):
                state = BatteryState(
                    power_w=self.stage.energy.part_w(self.name), soc_pct=self.soc_pct, schedule_on=self.schedule_on
                )
                await bus.publish(BATTERY_STATE.at(self.name), state)

    async def takes(self, *capabilities: Capability) -> None:
        """What it says that it can be told now."""
        info = DeviceInfo(
            vendor="stage", model="ess", poll_s=1.0, stale_after_s=10.0, safe_state="self_consumption",
            capabilities=capabilities, min_w=-2500.0, max_w=2500.0,
        )  # fmt: skip
        await self.bus.publish(INFO.at("battery", self.name), info)

    async def _obey(self, desk: Actuator) -> None:
        while True:
            await desk.changed.wait()
            desk.changed.clear()
            order, reserve = desk.order, desk.reserve
            command = order.command if order else None
            if not self.orders or self.orders[-1] != command:
                self.orders.append(command)
                self.stage.energy.change(self.name, order.power_w or 0.0 if order else 0.0)
            if order is not None:
                await desk.done(order, "applied")
            if reserve is not None:
                if not self.told or _held(self.told[-1][1]) != _held(reserve.command):
                    self.told.append((local(self.stage), reserve.command))
                await desk.done(reserve, "failed" if self.refuses else "applied", detail=self.refuses)

    @property
    def holds(self) -> tuple[float | None, float | None, bool | None]:
        """(charge target, least charge, BatteryLife) as it was told last."""
        return _held(self.told[-1][1])


def _held(command: Command) -> tuple[float | None, float | None, bool | None]:
    return command.charge_target_pct, command.min_soc_pct, command.battery_life


def config(**fields: Any) -> Config:  # any part of the balancer's section, as an owner writes it
    return Config.model_validate({"tariff_policy": {}, **fields}, strict=False)


def at_ten(story: Callable[[Stage], Any], *days: int | None, **house: Any) -> None:  # whatever a stage takes
    """Play from shortly before 22:00 on 5 January, with these days told."""

    async def begun(stage: Stage) -> None:
        travel(stage, "2026-01-05 21:59:40")
        async with stage:
            if days:
                await announce(stage, "2026-01-05", *days)
            await story(stage)

    staged(
        begun, house.pop("config", config(order=("garage",))), enter=False, site=house.pop("site", PARIS_HOUSE), **house
    )


def with_ess(
    story: Callable[[Stage, Ess], Any],
    *days: int | None,
    policy: dict[str, str] | None = None,
    **fields: Any,  # of the battery
) -> None:
    """The same with one battery that has a reserve of its own, and a relay."""

    async def begun(stage: Stage) -> None:
        ess = Ess(stage, **fields)
        stage.start(ess.run())
        await story(stage, ess)

    wanted = config(order=("ess",), tariff_policy={"relays": {"heat_pump": {}}, **(policy or {})})
    at_ten(begun, *days, config=wanted, switches={"heat_pump": {"draws_w": 0.0}})
