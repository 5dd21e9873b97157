"""What an owner may set: the order of the devices, their limits, and what the grid should show."""

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from common.config import ServiceSettings, Settings
from common.config.settings import DeviceId

Percent = Annotated[float, Field(ge=0, le=100)]
PowerLimit = Annotated[float, Field(ge=0, le=100_000)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
HouseMode = Literal["auto", "manual", "off"]


class DevicePolicy(Settings):
    """What the owner wants of one device in the order."""

    strategy: Literal["setpoint", "leader"] = Field(default="setpoint", examples=["setpoint"])
    """`setpoint`: dosed by the balancer. `leader`: one of these follows its own meter, the others help."""
    reserve_soc_pct: Percent = Field(default=12.0, examples=[20])
    """Not discharged below this."""
    ceiling_soc_pct: Percent = Field(default=100.0, examples=[95])
    """Not charged above this."""
    max_charge_w: PowerLimit | None = Field(default=None, examples=[2500])
    """Never charged with more; absent: the device's own limit."""
    max_discharge_w: PowerLimit | None = Field(default=None, examples=[800])
    """Never discharged with more; absent: the device's own limit."""
    round_trip_pct: Annotated[float, Field(gt=0, le=100)] | None = Field(default=None, examples=[86])
    """Share of the energy that comes back, for the choice of a leader; absent: what the device says."""

    @model_validator(mode="after")
    def _reserve_below_ceiling(self) -> Self:
        if self.reserve_soc_pct >= self.ceiling_soc_pct:
            raise ValueError("reserve_soc_pct must be below ceiling_soc_pct")
        return self


class Group(Settings):
    """Devices that stand at one place of the order and share what comes there."""

    kind: Literal["share"] = "share"
    members: tuple[DeviceId, ...] = Field(min_length=1, examples=[["garage_battery", "cellar_battery"]])


class PeakHours(Settings):
    """When electricity is dear; all other hours are low-tariff hours. Local time."""

    days: tuple[Weekday, ...] = Field(default=("mon", "tue", "wed", "thu", "fri"), examples=[["mon", "fri"]])
    start: time = Field(default=time(7), examples=["07:00"])
    end: time = Field(default=time(22), examples=["22:00"])


class Config(ServiceSettings):
    """The balancer's part of the file."""

    grid_meter: DeviceId = Field(default="p1", examples=["p1"])
    """The meter that is held at `target_grid_w`."""
    fallback_meter: DeviceId | None = Field(default=None, examples=["heat_pump_meter"])
    """Another meter of the same connection, used while the first is silent."""
    order: tuple[DeviceId, ...] = Field(default=(), examples=[["garage_battery"]])
    """Devices and groups, top first: who gets room first and gives first. Who is not here is never commanded."""
    devices: dict[DeviceId, DevicePolicy] = Field(default_factory=dict)
    groups: dict[DeviceId, Group] = Field(default_factory=dict)
    target_grid_w: Annotated[float, Field(ge=-20_000, le=20_000)] = Field(default=0.0, examples=[0])
    """What the grid meter should show; + import."""
    mode: HouseMode = Field(default="auto", examples=["auto"])
    dry_run: bool = Field(default=False, examples=[True])
    """Decide and tell, but command nothing."""
    peak_hours: PeakHours = PeakHours()
    car: DeviceId | None = Field(default=None, examples=["car"])
    """The car that gets a share of the surplus, or advice about it."""
    leader_cycle_s: Annotated[float, Field(ge=5, le=600)] = Field(default=60.0, examples=[60])
    """How often the choice of a leader and its helpers is thought over."""

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        members = [member for group in self.groups.values() for member in group.members]
        listed = [*(entry for entry in self.order if entry not in self.groups), *members]
        twice = sorted({name for name in listed if listed.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands more than once in order and groups")
        stray = sorted(set(self.devices) - set(listed) - {self.car})
        if stray:
            raise ValueError(
                f"{', '.join(stray)} has wishes under devices but is not in order, so it is never commanded"
            )
        unused = sorted(set(self.groups) - set(self.order))
        if unused:
            raise ValueError(f"group {', '.join(unused)} is not in order")
        return self

    def policy(self, device: str) -> DevicePolicy:
        """The owner's wishes for a device; the defaults if there are none."""
        return self.devices.get(device, DevicePolicy())

    def commanded(self) -> tuple[str, ...]:
        """Every device that may be commanded, groups taken apart, in order."""
        return tuple(
            device
            for entry in self.order
            for device in (self.groups[entry].members if entry in self.groups else [entry])
        )
