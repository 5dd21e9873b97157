"""A red day in winter with a 10 kWh battery: what is imported in its peak hours. `python -m tests.bench red_day`

The shipping balancer fills the battery in the last off-peak hours and lives on it from 06:00 to 22:00, beside an
oracle with the same battery, floor and losses: it knows the load of each moment, and is never late.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from common.clock import Clock
from common.config import SiteSettings
from common.contract import TARIFF
from common.memory_bus import MemoryBroker
from services.balancer.config import Config
from services.balancer.tariff_settings import TariffPolicy
from services.simulator.physics import Appliances, Battery, BatteryModel, House, Sun
from services.simulator.physics.load import HOUSEHOLD, Profile
from tests.balancer.tariffs import RED, WHITE, tariff
from tests.bench.days import Secondly
from tests.bench.rig import IdealBridge, Rig, Trace, Watched
from tests.tempo.times import PARIS, at

BEGINS, PEAK, ENDS = "2026-01-14 04:00", "2026-01-14 06:00", "2026-01-14 22:00"
MODEL = BatteryModel(capacity_wh=10_000, max_charge_w=5000, max_discharge_w=5000, dead_time_s=0.6, ramp_w_per_s=1000)
BEGINS_PCT = 60.0
BASE_W, SUN_W = 650.0, 1500.0
SHARE, LEAST_WH = 0.02, 100.0
"""So much more than the oracle may be imported: the larger of both."""
SEEDS = (1, 2, 3)
POLICY = TariffPolicy()


@dataclass
class Peak(Watched):
    """The house, with what it had imported when the peak hours began, and the course of what it lacked since."""

    begins_s: float
    at_six_wh: float | None = None
    soc_pct: float = 0.0
    lacked_w: list[float] = field(default_factory=list)
    """Load minus sun, each 0.1 s."""

    def __init__(self, load: Profile, sun: Profile, battery: Battery, begins_s: float) -> None:
        super().__init__(load, sun, {"garage": battery})
        self.trace, self.begins_s, self.lacked_w = Trace(), begins_s, []

    def _step(self) -> None:
        House._step(self)
        if self.time_s < self.begins_s:
            return
        if self.at_six_wh is None:
            self.at_six_wh, self.soc_pct = self.import_wh, self.batteries["garage"].soc_pct
        self.lacked_w.append(self.load_w - self.production_w)

    @property
    def imported_wh(self) -> float:
        """In the peak hours."""
        return self.import_wh - (self.at_six_wh or 0.0)


def seconds_between(begins: str, ends: str) -> float:
    """Of two moments in Paris."""
    return (at(ends) - at(begins)).total_seconds()


def lived(seed: int, ends: str = ENDS) -> Peak:
    """The day with the shipping balancer."""
    local = at(BEGINS).astimezone(PARIS).replace(tzinfo=None)
    load = Secondly(Appliances(BASE_W, HOUSEHOLD, seed))
    sun = Secondly(Sun(peak_w=SUN_W, starts_at=local, clouds=0.5, seed=seed))
    house = Peak(load, sun, Battery(MODEL, BEGINS_PCT, seed), seconds_between(BEGINS, PEAK))
    told = (MODEL.dead_time_s, MODEL.ramp_w_per_s)
    rig = Rig(
        house,
        Config(order=("garage",), tariff_policy=POLICY),
        (IdealBridge(name="garage", told=told, seed=seed),),
        site=SiteSettings(timezone="Europe/Paris"),
        extras=(_announced,),
        begins=at(BEGINS),
    )
    with TemporaryDirectory() as folder:
        rig.run(seconds_between(BEGINS, ends), Path(folder))
    return house


async def _announced(house: House, broker: MemoryBroker, clock: Clock) -> None:
    await broker.plug("ems-tempo", "b", clock).publish(TARIFF.at("main"), tariff("2026-01-13", WHITE, RED))


def foreseen_wh(lacked_w: list[float], soc_pct: float, step_s: float = 0.1) -> float:
    """What the oracle imports: it gives what is lacked and takes what is over, as far as the battery can."""
    floor_wh = MODEL.capacity_wh * POLICY.very_dear.min_soc_pct / 100
    stored_wh, imported_wh, step_h = MODEL.capacity_wh * soc_pct / 100, 0.0, step_s / 3600
    for wanted_w in lacked_w:
        gives_w = min(max(0.0, wanted_w), MODEL.max_discharge_w)
        gives_w = min(gives_w, max(0.0, stored_wh - floor_wh) * MODEL.discharge_efficiency / step_h)
        takes_w = min(max(0.0, -wanted_w), MODEL.max_charge_w)
        stored_wh += (takes_w * MODEL.charge_efficiency - gives_w / MODEL.discharge_efficiency) * step_h
        stored_wh = min(MODEL.capacity_wh, stored_wh - MODEL.standby_w * step_h)
        imported_wh += max(0.0, wanted_w - gives_w) * step_h
    return imported_wh


def day(seed: int, ends: str = ENDS) -> dict[str, object]:
    """One day's account. The oracle has filled the battery to the same target."""
    house = lived(seed, ends)
    oracle_wh = foreseen_wh(house.lacked_w, POLICY.very_dear.charge_target_pct)
    over_wh = house.imported_wh - oracle_wh
    return {
        "lacked_wh": round(sum(max(0.0, power_w) for power_w in house.lacked_w) / 36_000),
        "at_six_pct": round(house.soc_pct, 1),
        "imported_wh": round(house.imported_wh),
        "oracle_wh": round(oracle_wh),
        "oracle_from_full_wh": round(foreseen_wh(house.lacked_w, 100.0)),
        "over_wh": round(over_wh, 1),
        "over_pct": round(100 * over_wh / oracle_wh, 2) if oracle_wh else None,
        "is_within": over_wh <= max(LEAST_WH, SHARE * oracle_wh),
    }


def figures() -> dict[str, object]:
    """Three households on that day."""
    found: dict[str, object] = {}
    with ProcessPoolExecutor(2) as pool:
        for seed, each in zip(SEEDS, pool.map(day, SEEDS), strict=True):
            found[f"household_{seed}"] = each
            sys.stderr.write(f"household {seed}: done\n")
    return found
