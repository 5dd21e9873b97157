"""The house of the rehearsal: a GX and its battery, the tariff's sources, a broker, and the services that ship."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import yaml

from common.clock import Clock, JumpClock
from common.config import Loaded, load
from common.config.environment import Environment
from common.service import run
from services.balancer.__main__ import SERVICE as BALANCER
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import Battery, BatteryModel, House, Sun
from services.simulator.physics.load import Profile
from services.simulator.tempo import Days, EcoDeviceFake, WebFake
from services.simulator.victron import GxFake
from services.tempo.__main__ import SERVICE as TEMPO
from services.victron.__main__ import SERVICE as VICTRON
from tests.brokers import Broker, start_broker
from tests.tempo.times import PARIS, at

STEP_S = 5.0
"""Whoever waits is woken at the next multiple of this: a slow machine, on which a week passes in minutes."""
GRACE_S = 0.004
MODEL = BatteryModel(capacity_wh=10_000, max_charge_w=4000, max_discharge_w=4000, dead_time_s=1.0, ramp_w_per_s=400)
SERVICES = {each.name: each for each in (VICTRON, TEMPO, BALANCER)}
BATTERY, METER, RELAY = "cellar", "grid", "gas_backup"


class CoarseClock(JumpClock):
    """Idle-jump time in steps: late, never early."""

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> Callable[[], None]:
        due_s = math.ceil((self.monotonic() + delay_s) / STEP_S - 1e-9) * STEP_S
        return super().call_later(due_s - self.monotonic(), callback)


@dataclass(frozen=True)
class Virtual(Environment):
    """The environment of every service: its clock is the rehearsal's."""

    shared: Clock = field(default_factory=JumpClock)

    def clock(self) -> Clock:
        return self.shared


@dataclass(frozen=True)
class Living:
    """What people draw: little at night, much in the evening. Time 0 is `starts_at`."""

    starts_at: datetime

    def at(self, time_s: float) -> float:
        """W at so many seconds after the beginning."""
        hour = (self.starts_at.hour + self.starts_at.minute / 60 + time_s / 3600) % 24
        if 18.5 <= hour < 21.5:
            return 1400.0
        return 250.0 if hour < 6 else 550.0


@dataclass
class Minutely:
    """A profile that is looked at once a minute, so that a week costs little."""

    inner: Profile
    _minute: int = -1
    _power_w: float = 0.0

    def at(self, time_s: float) -> float:
        """W at the beginning of this minute."""
        if int(time_s // 60) != self._minute:
            self._minute = int(time_s // 60)
            self._power_w = self.inner.at(60.0 * self._minute)
        return self._power_w


@dataclass
class Rehearsal:
    """The house in the middle of its week."""

    clock: CoarseClock
    broker: Broker
    gx: GxFake
    battery: Battery
    box: EcoDeviceFake
    web: WebFake
    environment: Virtual
    loaded: Loaded
    lives: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start a service, as its container does."""
        self.lives[name] = asyncio.create_task(run((SERVICES[name],), self.loaded, self.environment))

    async def stop(self, name: str) -> None:
        """Stop it in an orderly way."""
        self.lives[name].cancel()
        with suppress(asyncio.CancelledError):
            await self.lives.pop(name)

    async def until(self, text: str) -> None:
        """Let time pass until a moment of the house's clocks. What a service died of is raised."""
        left_s = (at(text) - self.clock.now()).total_seconds()
        if left_s > 0:
            await self.clock.sleep(left_s)
        for name, life in self.lives.items():
            if life.done():
                life.result()
                raise AssertionError(f"{name} has ended")


@asynccontextmanager
async def rehearsing(
    folder: Path, begins: str, colours: Mapping[date, str], soc_pct: float
) -> AsyncIterator[Rehearsal]:
    """Everything at work from `begins` on; call it on a loop of a `CoarseClock`."""
    loop = asyncio.get_running_loop()
    clock = loop.clock  # type: ignore[attr-defined]  # a JumpLoop
    local = at(begins).astimezone(PARIS)
    battery = Battery(MODEL, soc_pct)
    sun = Minutely(Sun(peak_w=3000, starts_at=local.replace(tzinfo=None), clouds=0.0))
    house = ClockedHouse(House(Minutely(Living(local)), sun, {BATTERY: battery}), clock)
    days = Days(PARIS, fixed=colours)
    with start_broker(folder / "broker") as broker:
        async with (
            GxFake(house, battery, clock, PARIS) as gx,
            EcoDeviceFake(days, clock) as box,
            WebFake(days, clock) as web,
        ):
            file = _written(folder, broker, gx, box, web)
            environment = Virtual({}, file, None, "text", "WARNING", 1.0, None, clock)
            sections = {name: each.settings for name, each in SERVICES.items()}
            rehearsal = Rehearsal(clock, broker, gx, battery, box, web, environment, load(file, sections, {}))
            for name in SERVICES:
                rehearsal.start(name)
            try:
                yield rehearsal
            finally:
                for name in list(rehearsal.lives):
                    await rehearsal.stop(name)


def _written(folder: Path, broker: Broker, gx: GxFake, box: EcoDeviceFake, web: WebFake) -> Path:
    """The file of this house, as an owner writes it."""
    system = {"host": "127.0.0.1", "port": gx.broker.port, "security": "plain", "meter": METER, "capacity_wh": 10_000}
    relays = {RELAY: {"number": 1}}
    sources = {
        "ecodevice": {"host": box.host, "port": box.http_port, "poll_s": 120},
        "rte": {"url": web.urls["rte"]},
        "api_couleur_tempo": {"url": web.urls["api_couleur_tempo"]},
    }
    settings = broker.settings
    house = {
        "mqtt": {"host": settings.host, "port": settings.port, "protocol": settings.protocol},
        "site": {"timezone": "Europe/Paris"},
        "data_dir": str(folder / "data"),
        "victron": {"systems": {BATTERY: {**system, "relays": relays}}},
        "tempo": {"contract": {"kind": "tempo"}, "sources": sources},
        "balancer": {"grid_meter": METER, "order": [BATTERY], "tariff_policy": {"relays": {RELAY: {}}}},
    }
    file = folder / "ballast.yaml"
    file.write_text(yaml.safe_dump(house))
    return file
