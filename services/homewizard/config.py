"""What an owner may set about their HomeWizard devices: units in the names, an example for each."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from common.config import Owned, ServiceSettings, Settings
from common.config.settings import DeviceId, Port
from common.switching import SwitchedSettings

Way = Literal["auto", "v1", "v2"]
"""Which generation of the API; `auto`: v2 once it is paired, v1 until then."""
Kind = Literal["meter", "load", "pv"]


class DeviceSettings(Settings):
    """What every device has."""

    way: ClassVar[Way] = "v1"
    host: str = Field(min_length=1, max_length=253, examples=["192.168.1.30"])
    """Address or name; give it a fixed one in your router."""
    serial: Annotated[str, Field(pattern="^[0-9a-f]{12}$")] | None = Field(default=None, examples=["aabbcc0d1e2f"])
    """Not needed: the first device of the right kind that answers is remembered. Write it after a replacement."""
    http_port: Port = Field(default=80, examples=[80])
    poll_s: float = Field(default=5.0, ge=1, le=60, examples=[5.0])
    """Time between two questions."""

    @property
    def place(self) -> tuple[str, int]:
        """Where it is asked; no two devices share one."""
        return self.host, self.http_port


class MeasuringSettings(DeviceSettings):
    """A device that measures electricity."""

    phase: Literal[1, 2, 3] | None = Field(default=None, examples=[1])
    """The phase it hangs on."""
    max_power_w: float = Field(default=25_000, gt=0, le=1_000_000, examples=[25_000])
    """More than what hangs behind it can draw or give. Readings beyond it are not believed."""


class SocketSettings(MeasuringSettings, SwitchedSettings):
    """One energy socket."""

    max_power_w: float = Field(default=4000, gt=0, le=1_000_000, examples=[4000])


class MeterSettings(MeasuringSettings):
    """One kWh meter of one or three phases."""

    way: ClassVar[Way] = "auto"
    api: Way = Field(default="auto", examples=["auto"])
    """`auto`: v2 once it is paired (`ballast pair homewizard <name>`), v1 until then."""
    measures: Kind = Field(default="meter", examples=["pv"])
    """`pv`: solar panels; `load`: one load; `meter`: part of the house, or anything else."""
    inverted: bool = Field(default=False, examples=[True])
    """Its wires are swapped: what it counts as consumption is production."""
    https_port: Port = Field(default=443, examples=[443])
    ca_file: Path | None = Field(default=None, examples=["/etc/ballast/homewizard-ca.pem"])
    """v2: trust its certificate only if this CA signed it, on top of what was seen at pairing."""


class WaterSettings(DeviceSettings):
    """One water meter on USB power; on batteries it sleeps and answers nobody."""

    poll_s: float = Field(default=15.0, ge=5, le=300, examples=[15.0])


class SecureSettings(Settings):
    """A device that speaks v2 only, once it is paired: `ballast pair homewizard <name>`."""

    way: ClassVar[Way] = "v2"
    host: str = Field(min_length=1, max_length=253, examples=["192.168.1.40"])
    """Address or name; give it a fixed one in your router."""
    serial: Annotated[str, Field(pattern="^[0-9a-f]{12}$")] | None = Field(default=None, examples=["aabbcc0d1e2f"])
    """Not needed: the device that was paired is the one."""
    https_port: Port = Field(default=443, examples=[443])
    ca_file: Path | None = Field(default=None, examples=["/etc/ballast/homewizard-ca.pem"])
    """Trust its certificate only if this CA signed it, on top of what was seen at pairing."""
    poll_s: float = Field(default=10.0, ge=1, le=60, examples=[10.0])
    """Time between two questions. A battery tells by itself each second; it is asked while it does not."""
    http_port: ClassVar[int] = 80

    @property
    def place(self) -> tuple[str, int]:
        """Where it is asked."""
        return self.host, self.https_port


class BatterySettings(SecureSettings):
    """One Plug-In Battery. It is read; orders go to its group."""

    phase: Literal[1, 2, 3] | None = Field(default=None, examples=[1])
    capacity_wh: int | None = Field(default=None, gt=0, le=100_000, examples=[2688])
    """For plans; the battery does not tell it."""
    round_trip_pct: float | None = Field(default=None, gt=0, le=100, examples=[80])
    """What comes back of what went in."""
    max_power_w: float = Field(default=2000, gt=0, le=100_000, examples=[2000])
    """Readings beyond it are not believed."""


class GroupSettings(SecureSettings):
    """All Plug-In Batteries that one P1 meter or kWh meter steers; `host` is that meter."""

    members: tuple[DeviceId, ...] = Field(default=(), max_length=16, examples=[["cellar_left", "cellar_right"]])
    """Its batteries, as named under `batteries`."""
    paired_as: DeviceId | None = Field(default=None, examples=["p1"])
    """The id under which that meter was paired, if it is paired already; else its group's own name."""


class Config(ServiceSettings):
    """Section `homewizard` of `ballast.yaml`. Each device has a name of your choice."""

    sockets: dict[DeviceId, SocketSettings] = Field(
        default_factory=dict, examples=[{"water_heater": {"host": "192.168.1.30", "max_on_s": 14_400}}]
    )
    meters: dict[DeviceId, MeterSettings] = Field(
        default_factory=dict, examples=[{"roof": {"host": "192.168.1.31", "measures": "pv"}}]
    )
    water: dict[DeviceId, WaterSettings] = Field(
        default_factory=dict, examples=[{"water_meter": {"host": "192.168.1.32"}}]
    )
    batteries: dict[DeviceId, BatterySettings] = Field(
        default_factory=dict, examples=[{"cellar_left": {"host": "192.168.1.33"}}]
    )
    groups: dict[DeviceId, GroupSettings] = Field(
        default_factory=dict, examples=[{"home_batteries": {"host": "192.168.1.20", "paired_as": "p1"}}]
    )
    """Groups of Plug-In Batteries, each steered by the meter it hangs on."""

    @model_validator(mode="after")
    def _every_place_is_one_devices(self) -> Self:
        places: dict[tuple[str, int], str] = {}
        for name, device in self.devices():
            if isinstance(device, GroupSettings):
                continue  # its meter is a device of its own
            other = places.setdefault(device.place, name)
            if other != name:
                raise ValueError(f"{other} and {name} have the same host and port")
        return self

    @model_validator(mode="after")
    def _a_battery_belongs_to_one_group(self) -> Self:
        seen: dict[str, str] = {}
        for group, settings in self.groups.items():
            for member in settings.members:
                if member not in self.batteries:
                    raise ValueError(f"{group} has a member {member}, which is not one of the batteries")
                if seen.setdefault(member, group) != group:
                    raise ValueError(f"{member} is in two groups, {seen[member]} and {group}")
        return self

    def devices(self) -> Iterator[tuple[str, DeviceSettings | SecureSettings]]:
        """Every device by its name, in the order of the file's parts."""
        parts: tuple[Mapping[str, DeviceSettings | SecureSettings], ...] = (
            self.sockets, self.meters, self.water, self.batteries, self.groups,
        )  # fmt: skip
        for part in parts:
            yield from part.items()

    def group_of(self, battery: str) -> str | None:
        """The group a battery is a member of."""
        return next((group for group, settings in self.groups.items() if battery in settings.members), None)

    def owned(self) -> tuple[Owned, ...]:
        """All of them; sockets and groups take orders."""
        return (
            *(Owned("switch", name, takes_orders=True) for name in self.sockets),
            *(Owned(meter.measures, name) for name, meter in self.meters.items()),
            *(Owned("meter", name) for name in self.water),
            *(Owned("battery", name) for name in self.batteries),
            *(Owned("battery", name, takes_orders=True) for name in self.groups),
        )
