"""The annex: a small house on a meter of its own, whose battery a Victron GX looks after."""

from typing import Final
from zoneinfo import ZoneInfo

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.config import SimulatedAnnex
from services.simulator.physics import Battery, BatteryModel, House, Noise, Steps
from services.simulator.victron import GxFake

POWER_W: Final = 4000.0
NOISE_W: Final = 5.0


def annex(settings: SimulatedAnnex, clock: Clock, zone: ZoneInfo, seed: int) -> GxFake:
    """Its GX, not open yet."""
    model = BatteryModel(
        capacity_wh=settings.capacity_wh,
        max_charge_w=POWER_W,
        max_discharge_w=POWER_W,
        dead_time_s=1.0,
        ramp_w_per_s=400,
        floor_pct=5,
    )
    battery = Battery(model, settings.soc_pct, seed)
    house = House(Noise(Steps(settings.base_w), NOISE_W, seed), Steps(settings.production_w), {"annex": battery})
    clocked = ClockedHouse(house, clock)
    gx = GxFake(clocked, battery, clock, zone, host=settings.host, port=settings.port, is_secured=settings.secured)
    gx.broker.password = settings.password
    return gx
