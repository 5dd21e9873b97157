"""A house that is planned: prices, forecasts, a battery and a boiler as others tell of them, and the service itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.alerts import Alerts
from common.clock import Clock
from common.config import MqttSettings, SiteSettings
from common.contract import (
    ALERT,
    BATTERY_STATE,
    FORECAST,
    METER_STATE,
    PLAN,
    PLAN_SCORE,
    TARIFF,
    TERMS,
    BatteryState,
    Forecast,
    ForecastSlot,
    MeterState,
    PlanScore,
    PlanState,
    TariffSlot,
    TariffState,
    Terms,
    decode,
)
from common.health import Health
from common.memory_bus import MemoryBroker
from common.messaging import Bus
from common.service import Runtime
from common.store import Store
from services.planner.config import Config
from services.planner.session import session

ACCOUNT = "ems-planner"
HOUR_MS = 3_600_000
HOUR_S = 3600.0
MINUTE_S = 60.0
CHEAP, DEAR = 0.10, 0.40
PARIS = SiteSettings(timezone="Europe/Paris")


def config(**section: Any) -> Config:  # as an owner writes it
    """Six hours ahead: enough to have something to decide, and soon solved."""
    return Config.model_validate({"horizon_h": 6.0, **section})


def tariff(now_ms: int, cheap: Callable[[int], bool], revision: int = 1, **more: Any) -> TariffState:
    """Prices of whole hours for two days; `cheap` is asked by the number of hours from now."""
    first_ms = now_ms // HOUR_MS * HOUR_MS
    slots = tuple(
        TariffSlot(
            start_ms=first_ms + hour * HOUR_MS,
            end_ms=first_ms + (hour + 1) * HOUR_MS,
            price_eur_per_kwh=CHEAP if cheap(hour) else DEAR,
            export_eur_per_kwh=0.04,
            band="spot",
            severity=0,
            certainty="final",
        )
        for hour in range(48)
    )
    usual = {
        "contract": "dynamic", "revision": revision, "band": "spot", "certainty": "final", "slots": slots,
        "until_ms": slots[0].end_ms, "tomorrow_starts_ms": slots[-1].start_ms, "tomorrow_certainty": "unknown",
        "valid_until_ms": slots[-1].end_ms,
    }  # fmt: skip
    return TariffState.model_validate({**usual, **more})


def forecast(now_ms: int, power_w: float, hours: int = 48) -> Forecast:
    """Quarter hours, all alike."""
    first_ms = now_ms // 900_000 * 900_000
    slots = (
        ForecastSlot(start_ms=first_ms + k * 900_000, end_ms=first_ms + (k + 1) * 900_000, p50_w=power_w)
        for k in range(hours * 4)
    )
    return Forecast(issued_ms=now_ms, slots=tuple(slots))


BATTERY = Terms(
    kind="battery", min_w=-2500.0, max_w=2500.0, capacity_wh=5000, round_trip_pct=90.0, reserve_soc_pct=10.0,
    ceiling_soc_pct=100.0,
)  # fmt: skip


def boiler(now_ms: int, **more: Any) -> Terms:  # whatever the balancer says of it
    """It wants 2 kWh within four hours."""
    usual = {
        "kind": "load", "power_w": 2000.0, "is_needed": True, "need_wh": 2000, "daily_wh": 2000,
        "ready_by_ms": now_ms + 4 * HOUR_MS, "min_on_s": 300.0,
    }  # fmt: skip
    return Terms.model_validate({**usual, **more})


@dataclass
class Others:
    """Everybody that the planner listens to. Who is in `silent` says nothing more."""

    bus: Bus
    cheap: Callable[[int], bool] = field(default=lambda hour: hour < 1)
    """Whether an hour is, counted from the running one."""
    load_w: float = 500.0
    pv_w: float = 0.0
    soc_pct: float | None = 10.0
    month_peak_w: float | None = None
    terms: dict[str, Terms] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)

    async def introduce(self) -> None:
        """Prices and forecasts."""
        now_ms = self.bus.clock.wall_ms()
        if "tariff" not in self.silent:
            await self.price(self.cheap)
        for kind, power_w in (("load", self.load_w), ("pv", self.pv_w)):
            if kind not in self.silent:
                await self.bus.publish(FORECAST.at(kind), forecast(now_ms, power_w))

    async def price(self, cheap: Callable[[int], bool], revision: int = 1, **more: Any) -> None:
        """New prices."""
        await self.bus.publish(TARIFF.at("main"), tariff(self.bus.clock.wall_ms(), cheap, revision, **more))

    async def run(self) -> None:
        """For ever: what is told each minute."""
        await self.introduce()
        self.terms = self.terms or {"garage": BATTERY}
        async for _ in self.bus.clock.every(MINUTE_S):
            await self.tell()

    async def tell(self) -> None:
        """The balancer's terms, the battery's state, and the meter's."""
        for name, terms in self.terms.items():
            if name not in self.silent:
                await self.bus.publish(TERMS.at("main", name), terms)
        if "battery" not in self.silent:
            await self.bus.publish(BATTERY_STATE.at("garage"), BatteryState(power_w=0.0, soc_pct=self.soc_pct))
        await self.bus.publish(METER_STATE.at("p1"), MeterState(power_w=self.load_w, month_peak_w=self.month_peak_w))


@asynccontextmanager
async def serving(bus: Bus, settings: Config, folder: Path) -> AsyncIterator[None]:
    """The service, until the block ends."""
    with Store(folder / "planner.sqlite", bus.clock, ACCOUNT) as store:
        runtime = Runtime(
            name="planner", account=ACCOUNT, config=settings, site=PARIS, mqtt=MqttSettings(), data_dir=folder,
            clock=bus.clock, bus=bus, alerts=Alerts(bus), store=store, health=Health("planner"),
        )  # fmt: skip
        work = asyncio.create_task(session(runtime))
        try:
            yield
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


class Home:
    """The service and all others, on one broker in memory."""

    def __init__(self, broker: MemoryBroker, clock: Clock, folder: Path) -> None:
        self.broker, self.clock, self.folder = broker, clock, folder
        self.others = Others(broker.plug("ems-others", "o0", clock))
        self.made: list[int] = []
        """When plans of the house were told, in ms."""
        broker.watch(self._watch)

    def _watch(self, topic: str, payload: bytes, retain: bool) -> None:
        if topic == "plan/main/state" and payload:
            assert retain
            assert len(payload) < 32 * 1024
            self.made.append(self.clock.wall_ms())

    @asynccontextmanager
    async def lives(self, settings: Config | None = None) -> AsyncIterator[None]:
        """Everything runs, until the block ends."""
        bus = self.broker.plug(ACCOUNT, f"p{len(self.made)}", self.clock)
        async with serving(bus, settings or config(), self.folder):
            others = asyncio.create_task(self.others.run())
            try:
                yield
            finally:
                others.cancel()
                with suppress(asyncio.CancelledError):
                    await others

    async def planned(self, count: int = 1) -> None:
        """Until so many plans of the house have been told since now."""
        enough = len(self.made) + count
        while len(self.made) < enough:
            await self.clock.sleep(1.0)

    def plan(self, name: str = "main") -> PlanState | None:
        """The newest plan, as it is retained."""
        payload = self.broker.retained.get(PLAN.at(name).name)
        return decode(PLAN, payload)[1] if payload else None

    def intents(self, name: str) -> list[str | None]:
        """Of a device, one after the other."""
        plan = self.plan(name)
        assert plan is not None
        return [slot.intent for slot in plan.slots]

    def score(self) -> PlanScore | None:
        """What yesterday came to."""
        payload = self.broker.retained.get(PLAN_SCORE.at("main").name)
        return decode(PLAN_SCORE, payload)[1] if payload else None

    def alerts(self) -> dict[str, str]:
        """What stands, in words."""
        mine = f"alert/{ACCOUNT}/"
        told = {topic: payload for topic, payload in self.broker.retained.items() if topic.startswith(mine)}
        return {topic.removeprefix(mine): decode(ALERT, payload)[1].text for topic, payload in told.items()}
