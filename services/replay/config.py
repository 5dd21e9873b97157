"""The house that `ballast replay DATA` adds to a recording: batteries, loads, and prices where the data has none."""

from datetime import time
from typing import Annotated

from pydantic import Field, model_validator

from common.config import ServiceSettings, Settings
from common.config.settings import DeviceId
from services.planner.core.problem import Store
from services.replay.chores import Chore

Energy = Annotated[float, Field(gt=0, le=1_000_000)]
Power = Annotated[float, Field(gt=0, le=100_000)]
Percent = Annotated[float, Field(ge=0, le=100)]
OneWay = Annotated[float, Field(gt=50, le=100)]
Price = Annotated[float, Field(ge=-10, le=10)]


class BatterySettings(Settings):
    """A battery of the replayed house."""

    capacity_wh: Energy = Field(default=10_000, examples=[10_000])
    max_charge_w: Power = Field(default=5000, examples=[2500])
    max_discharge_w: Power = Field(default=5000, examples=[2500])
    charge_pct: OneWay = Field(default=95.0, examples=[95])
    """Share of what goes in that is stored."""
    discharge_pct: OneWay = Field(default=95.0, examples=[95])
    """Share of what is taken out of store that arrives."""
    reserve_soc_pct: Percent = Field(default=0.0, examples=[10])
    """Not discharged below this."""
    ceiling_soc_pct: Percent = Field(default=100.0, examples=[95])
    """Not charged above this."""
    start_soc_pct: Percent = Field(default=0.0, examples=[50])
    """Its charge when the recording begins."""
    wear_eur_per_kwh: Annotated[float, Field(ge=0, le=1)] = Field(default=0.0, examples=[0.02])
    """What a kWh taken out costs in ageing; the plan reckons with it, the cost that is told does not."""

    @model_validator(mode="after")
    def _reserve_below_ceiling(self) -> "BatterySettings":
        if self.reserve_soc_pct >= self.ceiling_soc_pct:
            raise ValueError("reserve_soc_pct must be below ceiling_soc_pct")
        return self

    def store(self, device: str) -> Store:
        """As the planner knows it."""
        return Store(
            device=device,
            capacity_wh=self.capacity_wh,
            stored_wh=self.capacity_wh * self.start_soc_pct / 100,
            max_charge_w=self.max_charge_w,
            max_discharge_w=self.max_discharge_w,
            reserve_wh=self.capacity_wh * self.reserve_soc_pct / 100,
            ceiling_wh=self.capacity_wh * self.ceiling_soc_pct / 100,
            charge_efficiency=self.charge_pct / 100,
            discharge_efficiency=self.discharge_pct / 100,
            wear_eur_per_kwh=self.wear_eur_per_kwh,
        )


class LoadSettings(Settings):
    """A switched load on top of the recorded house, which needs its fill every day."""

    power_w: Power = Field(examples=[2000])
    need_wh: Energy = Field(examples=[4000])
    """Per day."""
    ready_by: time = Field(default=time(6), examples=["06:00"])
    """Local time at which its day ends and the next begins."""
    may_pause: bool = Field(default=True, examples=[False])
    """False: once started it runs to its end."""

    def chore(self) -> Chore:
        """As the replay knows it."""
        return Chore(self.power_w, self.need_wh, self.ready_by, self.may_pause)


class Config(ServiceSettings):
    """The section `replay`."""

    batteries: dict[DeviceId, BatterySettings] = Field(default={"battery": BatterySettings()})
    loads: dict[DeviceId, LoadSettings] = Field(default={}, examples=[{"boiler": {"power_w": 2000, "need_wh": 4000}}])
    import_eur_per_kwh: Price = Field(default=0.25, examples=[0.25])
    """Paid for import, where the data has no column of that name."""
    export_eur_per_kwh: Price = Field(default=0.04, examples=[0.04])
    """Received for export, where the data has no column of that name."""
    columns: dict[str, str] = Field(default={}, examples=[{"p_total_w": "load_w"}])
    """Columns of the data that have another name here."""
