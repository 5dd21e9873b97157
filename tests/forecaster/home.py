"""A house for the forecaster: a sky that answers over HTTP, devices that are measured, and the service itself."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from common.alerts import Alerts
from common.clock import Clock
from common.config import MqttSettings, SiteSettings
from common.contract import (
    ALERT,
    BATTERY_STATE,
    FORECAST,
    METER_STATE,
    PV_STATE,
    BatteryState,
    Forecast,
    ForecastSlot,
    MeterState,
    PvState,
    decode,
)
from common.health import Health
from common.memory_bus import MemoryBroker
from common.messaging import Bus
from common.service import Runtime
from common.store import Store
from services.forecaster.config import Config
from services.forecaster.session import session
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import House, Steps, Sun
from services.simulator.weather import WeatherFake

ACCOUNT = "ems-forecaster"
PEAK_W = 4000.0
LONGITUDE = 2.35
QUARTER_S = 900.0
PV, LOAD = FORECAST.at("pv"), FORECAST.at("load")


def house(clock: Clock, clouds: float = 0.6, longitude: float = LONGITUDE) -> ClockedHouse:
    """A roof below a sky that goes by this clock, at 50° north and the longitude of Paris; 400 W of load."""
    solar_s = clock.wall_ms() / 1000 + 240 * longitude
    starts_at = datetime.fromtimestamp(solar_s, UTC).replace(tzinfo=None)
    sun = Sun(peak_w=PEAK_W, starts_at=starts_at, clouds=clouds)
    return ClockedHouse(House(Steps(400.0), sun, {}), clock)


def config(**section: Any) -> Config:  # as an owner writes it
    """One roof, its meter, and the meter of the connection."""
    roof = {"latitude": 50, "longitude": LONGITUDE, "planes": [{"peak_w": PEAK_W, "loss_pct": 0}]}
    usual = {"sites": {"roof": roof}, "production": ["roof"], "grid_meter": "p1", "apart": ["garage"]}
    return Config.model_validate_json(json.dumps({**usual, **section}))


@dataclass
class Devices:
    """What bridges report: once a minute, the truth about the house."""

    bus: Bus
    house: ClockedHouse
    battery_w: float = 0.0
    pv_factor: float = 1.0
    """What the roof gives of what the sky gives."""
    silent: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """For ever."""
        async for _ in self.bus.clock.every(60.0):
            time_s = self.house.now_s
            pv_w = self.pv_factor * self.house.house.production_at(time_s)
            grid_w = 400.0 + self.battery_w - pv_w
            if "roof" not in self.silent:
                await self.bus.publish(PV_STATE.at("roof"), PvState(production_w=pv_w))
            if "p1" not in self.silent:
                await self.bus.publish(METER_STATE.at("p1"), MeterState(power_w=grid_w))
            if "garage" not in self.silent:
                await self.bus.publish(BATTERY_STATE.at("garage"), BatteryState(power_w=self.battery_w))


async def foretell(bus: Bus, sky: ClockedHouse, knows: Callable[[], bool]) -> None:
    """For ever: another program that knows the clouds to come tells of them each hour, as long as it `knows`."""
    clock = bus.clock
    async for _ in clock.every(3600.0):
        now_s = clock.wall_ms() / 1000
        first_s = int(now_s // QUARTER_S * QUARTER_S)
        slots = (
            ForecastSlot(
                start_ms=at * 1000,
                end_ms=(at + int(QUARTER_S)) * 1000,
                p50_w=sky.house.production_at(sky.now_s + at - now_s + QUARTER_S / 2),
            )
            for at in range(first_s, first_s + 3 * 86_400, int(QUARTER_S))
        )
        if knows():
            await bus.publish(FORECAST.at("quartz"), Forecast(issued_ms=clock.wall_ms(), slots=tuple(slots)))


@contextmanager
def runtime(bus: Bus, settings: Config, folder: Path) -> Iterator[Runtime[Config]]:
    """What the shell gives the service."""
    with Store(folder / "forecaster.sqlite", bus.clock, ACCOUNT) as store:
        yield Runtime(
            name="forecaster", account=ACCOUNT, config=settings, site=SiteSettings(timezone="Europe/Paris"),
            mqtt=MqttSettings(), data_dir=folder, clock=bus.clock, bus=bus, alerts=Alerts(bus), store=store,
            health=Health("forecaster"),
        )  # fmt: skip


@asynccontextmanager
async def serving(bus: Bus, settings: Config, folder: Path) -> AsyncIterator[Runtime[Config]]:
    """The service, until the block ends."""
    with runtime(bus, settings, folder) as made:
        work = asyncio.create_task(session(made))
        try:
            yield made
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


@asynccontextmanager
async def sky(clock: Clock, clouds: float = 0.6) -> AsyncIterator[WeatherFake]:
    """The weather service of a house of its own."""
    async with WeatherFake(house(clock, clouds), clock, peak_w=PEAK_W) as fake:
        yield fake


class Home:
    """The service, its devices and its sky; the test begins at nine (UTC) on an April morning."""

    def __init__(self, broker: MemoryBroker, clock: Clock, folder: Path) -> None:
        self.broker, self.clock, self.folder = broker, clock, folder
        self.house = house(clock)
        self.devices = Devices(broker.plug("ems-bridge", "b0", clock), self.house)
        self.fake = WeatherFake(self.house, clock, peak_w=PEAK_W)
        self.knows = True
        """Whether the other program still knows of the clouds to come."""
        self.issued: dict[str, list[int]] = {"pv": [], "load": []}
        self.largest = 0
        broker.watch(self._watch)

    def _watch(self, topic: str, payload: bytes, retain: bool) -> None:
        if FORECAST.matches(topic):
            assert retain
            kind = topic.split("/")[1]
            self.largest = max(self.largest, len(payload))
            if kind in self.issued:
                self.issued[kind].append(orjson.loads(payload)["issued_ms"])

    @asynccontextmanager
    async def lives(self, settings: Config | None = None) -> AsyncIterator[None]:
        """Everything runs, until the block ends; the weather comes over HTTP, or as `settings` say."""
        async with AsyncExitStack() as stack:
            if settings is None:
                await stack.enter_async_context(self.fake)
            bus = self.broker.plug(ACCOUNT, f"f{len(self.issued['load'])}", self.clock)
            await stack.enter_async_context(serving(bus, settings or config(url=self.fake.url), self.folder))
            quartz = self.broker.plug("quartz", "q0", self.clock)
            others = [self.devices.run()]
            if settings is not None and settings.source == "topic":
                others.append(foretell(quartz, self.house, lambda: self.knows))
            tasks = [asyncio.create_task(other) for other in others]
            yield
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def forecast(self, kind: str) -> Forecast:
        """The newest one, as it is retained."""
        return decode(FORECAST, self.broker.retained[f"forecast/{kind}/state"])[1]

    def slot(self, kind: str, ahead_s: float) -> ForecastSlot:
        """What is expected in so many seconds."""
        at_ms = self.clock.wall_ms() + ahead_s * 1000
        return next(slot for slot in self.forecast(kind).slots if slot.start_ms <= at_ms < slot.end_ms)

    def truth_w(self, ahead_s: float) -> float:
        """What the roof will give in so many seconds, as a mean of a quarter around it."""
        return sum(self.house.house.production_at(self.house.now_s + ahead_s + k * 60) for k in range(-7, 8)) / 15

    def alerts(self) -> dict[str, str]:
        """What stands, in words."""
        mine = f"alert/{ACCOUNT}/"
        told = {topic: payload for topic, payload in self.broker.retained.items() if topic.startswith(mine)}
        return {topic.removeprefix(mine): decode(ALERT, payload)[1].text for topic, payload in told.items()}
