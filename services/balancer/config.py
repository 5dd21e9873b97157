"""What an owner may set: the order of the devices, their limits, and what the grid should show."""

from datetime import time
from functools import cached_property
from math import inf
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from common.config import ServiceSettings, Settings
from common.config.settings import DeviceId
from services.balancer.core.merit import Bounds
from services.balancer.groups import Group, RotationGroup
from services.balancer.loads.duty import Want
from services.balancer.loads.need import Need
from services.balancer.tariff_settings import TariffPolicy
from services.balancer.water_settings import HotWater

Percent = Annotated[float, Field(ge=0, le=100)]
PowerLimit = Annotated[float, Field(ge=0, le=100_000)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
HouseMode = Literal["auto", "manual", "off"]


LOAD_KEYS = frozenset(
    {
        "need_wh",
        "need_h",
        "ready_by",
        "request",
        "power_w",
        "min_on_s",
        "min_off_s",
        "battery_first_pct",
        "overcharge",
        "hot_water",
    }
)
"""What only a load can be told; all else but `want` is about batteries."""


class DevicePolicy(Settings):
    """What the owner wants of one device in the order."""

    strategy: Literal["setpoint", "leader", "gate"] = Field(default="setpoint", examples=["setpoint"])
    """`setpoint`: dosed by the balancer. `leader`: one of these follows its own meter, the others help. `gate`: it
    balances by itself and is only told what it may do; so is every battery that takes no set-points."""
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
    want: Want | None = Field(default=None, examples=["surplus"])
    """A load: `surplus` runs on surplus only, `needed` has its fill every day, `thermostat` runs while its `request`
    wants it to, `always` runs. Absent: no load."""
    need_wh: Annotated[float, Field(gt=0, le=1_000_000)] | None = Field(default=None, examples=[4000])
    """A load: energy per day. `needed`: what it must get; `surplus`: the most it gets."""
    need_h: Annotated[float, Field(gt=0, le=24)] | None = Field(default=None, examples=[4])
    """A load: running time per day, instead of `need_wh`."""
    ready_by: time | None = Field(default=None, examples=["06:00"])
    """A needed load: has its fill by this local time; absent: by the end of the day (`day_starts`)."""
    request: DeviceId | None = Field(default=None, examples=["hall"])
    """Whose wish a load with `want: thermostat` follows: a name under relay.requests, or any `request/<id>/state`."""
    power_w: Annotated[float, Field(gt=0, le=100_000)] | None = Field(default=None, examples=[2000])
    """A switched load: what it draws, as a first guess; the real power is learnt."""
    min_on_s: Annotated[float, Field(ge=0, le=86_400)] = Field(default=300.0, examples=[300])
    """A switched load: once on, it stays on for so long."""
    min_off_s: Annotated[float, Field(ge=0, le=86_400)] = Field(default=300.0, examples=[300])
    """A switched load: once off, it stays off for so long."""
    battery_first_pct: Percent = Field(default=0.0, examples=[50])
    """A load on surplus: the batteries of the order are charged to this first, wherever they stand."""
    overcharge: bool = Field(default=False, examples=[True])
    """A load that has had its fill may go on with what would otherwise be fed in."""
    hot_water: HotWater | None = Field(default=None, examples=[{"check_at": "01:00"}])
    """A water heater on surplus: what it gets when the sun has not warmed it."""

    @property
    def need(self) -> Need:
        """What a load wants per day."""
        return Need(energy_wh=self.need_wh, hours=self.need_h)

    def allowed(self, told: Bounds) -> Bounds:
        """Of the set-points that a device takes, those that its owner allows."""
        least_w = -inf if self.max_discharge_w is None else -self.max_discharge_w
        return told.within(Bounds(least_w, inf if self.max_charge_w is None else self.max_charge_w))

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        said = self.model_fields_set - {"want"}
        stray = sorted(said - LOAD_KEYS if self.want else said & LOAD_KEYS)
        if stray and self.want:
            raise ValueError(f"{', '.join(stray)} is about batteries, but want: {self.want} makes this a load")
        if stray:
            raise ValueError(f"{', '.join(stray)} is about loads: say want: surplus, needed, thermostat or always too")
        return self

    @model_validator(mode="after")
    def _need_fits(self) -> Self:
        if self.need_wh is not None and self.need_h is not None:
            raise ValueError("need_wh and need_h say the same thing twice: keep one of them")
        has_need = self.need_wh is not None or self.need_h is not None
        if self.want == "needed" and not has_need:
            raise ValueError("want: needed asks for how much, per day: need_wh: 4000 or need_h: 4")
        if self.want != "needed" and self.ready_by is not None:
            raise ValueError("ready_by goes with want: needed")
        return self

    @model_validator(mode="after")
    def _hot_water_lives_on_surplus(self) -> Self:
        if self.hot_water is not None and self.want != "surplus":
            raise ValueError("hot_water goes with want: surplus; what is needed has its fill every day anyway")
        return self

    @model_validator(mode="after")
    def _a_thermostat_has_a_name(self) -> Self:
        if self.want == "thermostat" and self.request is None:
            raise ValueError("want: thermostat asks whose wish it follows: request: hall")
        if self.want != "thermostat" and self.request is not None:
            raise ValueError("request goes with want: thermostat")
        return self

    @model_validator(mode="after")
    def _reserve_below_ceiling(self) -> Self:
        if self.reserve_soc_pct >= self.ceiling_soc_pct:
            raise ValueError("reserve_soc_pct must be below ceiling_soc_pct")
        return self


PLAIN = DevicePolicy()
"""Of a device about which nothing is written."""


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
    margin_w: Annotated[float, Field(ge=0, le=2000)] = Field(default=0.0, examples=[20])
    """So much of the surplus loads leave over; batteries take it, or it is fed in."""
    band_w: Annotated[float, Field(ge=0, le=200)] = Field(default=0.0, examples=[20])
    """Set-points that differ by less from what would be right are left alone; 0: decided by the energy at stake."""
    decide_every_s: Annotated[float, Field(ge=0, le=10)] = Field(default=0.0, examples=[2.5])
    """Shortest time between two decisions; 0: at each reading of the meter."""
    mode: HouseMode = Field(default="auto", examples=["auto"])
    dry_run: bool = Field(default=False, examples=[True])
    """Decide and tell, but command nothing."""
    peak_hours: PeakHours = PeakHours()
    day_starts: time = Field(default=time(6), examples=["06:00"])
    """Local time at which what loads have taken up today begins anew."""
    car: DeviceId | None = Field(default=None, examples=["car"])
    """The car that gets a share of the surplus, or advice about it."""
    tariff_policy: TariffPolicy | None = Field(default=None, examples=[{"batteries": ["garage_battery"]}])
    """How batteries and relays prepare for dear days; absent: they do not."""
    leader_cycle_s: Annotated[float, Field(ge=5, le=600)] = Field(default=60.0, examples=[60])
    """How often the choice of a leader and its helpers is thought over."""

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        members = [member for group in self.groups.values() for member in members_of(group)]
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

    @model_validator(mode="after")
    def _groups_are_of_batteries(self) -> Self:
        grouped = {member for group in self.groups.values() for member in members_of(group)}
        loads = sorted(name for name in grouped if self.policy(name).want is not None)
        if loads:
            raise ValueError(f"{', '.join(loads)} is a load; groups are of batteries: put it into order by itself")
        stray = sorted(grouped & set(self.rotated()) & set(self.devices))
        if stray:
            raise ValueError(
                f"{', '.join(stray)} is in a rotation: what you want of it stands there, not under devices"
            )
        return self

    @model_validator(mode="after")
    def _tariff_names_fit(self) -> Self:
        if self.tariff_policy is None:
            return self
        strangers = sorted(set(self.tariff_policy.batteries) - set(self.batteries()))
        if strangers:
            raise ValueError(f"{', '.join(strangers)} under tariff_policy.batteries is no battery of the order")
        twice = sorted(set(self.tariff_policy.relays) & {*self.commanded(), *self.rotated()})
        if twice:
            raise ValueError(f"{', '.join(twice)} is told by tariff_policy.relays, so it cannot stand in order too")
        return self

    def batteries(self) -> tuple[str, ...]:
        """Everything else that may be commanded, in order."""
        return tuple(device for device in self.commanded() if self.policy(device).want is None)

    @property
    def tariff_batteries(self) -> tuple[str, ...]:
        """The batteries whose charge follows the tariff."""
        return (self.tariff_policy.batteries or self.batteries()) if self.tariff_policy else ()

    @property
    def tariff_relays(self) -> tuple[str, ...]:
        """The relays that are told the peak hours of dear days."""
        return tuple(self.tariff_policy.relays) if self.tariff_policy else ()

    @cached_property
    def loads(self) -> tuple[str, ...]:
        """Every load that may be commanded, in order."""
        return tuple(device for device in self.commanded() if self.policy(device).want is not None)

    def requests(self) -> frozenset[str]:
        """Every wish that some load follows."""
        return frozenset(policy.request for policy in self.devices.values() if policy.request is not None)

    def water_heaters(self) -> tuple[str, ...]:
        """Every load that must not stay cold, in order."""
        return tuple(load for load in self.loads if self.policy(load).hot_water is not None)

    def policy(self, device: str) -> DevicePolicy:
        """The owner's wishes for a device; the defaults if there are none."""
        return self.devices.get(device, PLAIN)

    def commanded(self) -> tuple[str, ...]:
        """Every device that may be commanded by the law of the house, groups taken apart, in order."""
        turning = self.rotations()
        return tuple(
            device
            for entry in self.order
            if entry not in turning
            for device in (members_of(self.groups[entry]) if entry in self.groups else [entry])
        )

    def rotations(self) -> dict[str, RotationGroup]:
        """The groups that take turns, in order. Their outputs are commanded by the rotation alone."""
        named = {entry: self.groups.get(entry) for entry in self.order}
        return {name: group for name, group in named.items() if isinstance(group, RotationGroup)}

    def rotated(self) -> tuple[str, ...]:
        """Every output of a rotation, in order."""
        return tuple(output for group in self.rotations().values() for output in group.outputs)


def members_of(group: Group) -> tuple[str, ...]:
    """The devices of a group, each once."""
    return group.outputs if isinstance(group, RotationGroup) else group.members
