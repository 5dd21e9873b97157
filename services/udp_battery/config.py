"""What an owner may set about their Marstek batteries: units in the names, an example for each."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from common.config import Owned, ServiceSettings, Settings
from common.config.settings import DeviceId, Port

Factor = Annotated[float, Field(gt=0, le=1000, examples=[0.1])]


def _one_spelling(mac: str) -> str:
    digits = mac.lower().replace(":", "").replace("-", "")
    if len(digits) != 12 or set(digits) - set("0123456789abcdef"):
        raise ValueError("a MAC address has 12 digits from 0 to 9 and a to f")
    return digits


class BatterySettings(Settings):
    """One battery."""

    host: str = Field(min_length=1, examples=["192.168.1.21"])
    """Its address, better reserved in the router, or its name."""
    port: Port = Field(default=30000, examples=[30000])
    """The UDP port set in the app beside "Open API"."""
    mac: Annotated[str, AfterValidator(_one_spelling)] | None = Field(default=None, examples=["02:00:5e:10:c0:de"])
    """Its Bluetooth MAC, as `ballast discover` shows it. Without it the first battery that answers is remembered."""
    local_port: Literal["own", 0] = Field(default="own", examples=["own"])
    """`own`: we send from the same port number, which every firmware accepts. 0: from any free one."""
    phase: Literal[1, 2, 3] | None = Field(default=None, examples=[1])
    """The phase it hangs on."""
    capacity_wh: int | None = Field(default=None, gt=0, le=100_000, examples=[5120])
    """Taken from the battery if absent."""
    max_charge_w: float = Field(default=2500, gt=0, le=2500, examples=[2500])
    max_discharge_w: float = Field(default=800, ge=0, le=2500, examples=[800])
    """800 until you have unlocked more in the app."""
    reserve_soc_pct: float = Field(default=0, ge=0, le=95, examples=[20])
    """At and below it no order of ours discharges. The battery's own limit holds besides."""
    ceiling_soc_pct: float = Field(default=100, ge=5, le=100, examples=[100])
    """At and above it no order of ours charges."""
    round_trip_pct: float = Field(default=80, gt=0, le=100, examples=[80])
    """What comes back of what went in."""
    poll_s: float | None = Field(default=None, ge=5, le=600, examples=[10])
    """By firmware if absent: 10, 30 or 60 s. Half of that is the least we do."""
    temperature_poll_s: float | None = Field(default=None, ge=300, le=86_400, examples=[600])
    """Read the temperature so often. Off by default; firmware that this may reset is never asked."""
    duplicate_reads: bool = Field(default=False, examples=[False])
    """Ask a second time after half a second of silence; firmware that this disturbs is spared."""
    safe_state: Literal["self_consumption", "idle"] = Field(default="self_consumption", examples=["self_consumption"])
    """What it does when an order ends and none follows."""
    on_stop: Literal["auto", "idle", "keep"] = Field(default="auto", examples=["auto"])
    """What it is told when Ballast is stopped: its own automatic mode, nothing at all, or not a word."""
    dead_man_min_s: int = Field(default=2, ge=1, le=30, examples=[2])
    """An order with less of its lease left is not worth a write."""
    dead_man_max_s: int = Field(default=120, ge=10, le=120, examples=[60])
    """Most the battery goes on by itself when it hears nothing more from us (its `cd_time`)."""
    retry_limits_h: float | None = Field(default=None, gt=0, le=8760, examples=[24])
    """Try the full power again so long after a lower limit was found. Absent: after the next start only."""
    scale: dict[Literal["bat_power", "bat_temp"], Factor] = Field(default_factory=dict, examples=[{"bat_temp": 0.1}])
    """Factors for fields of a firmware whose units we have wrong."""

    @model_validator(mode="after")
    def _reserve_is_below_the_ceiling(self) -> Self:
        if self.reserve_soc_pct >= self.ceiling_soc_pct:
            raise ValueError("reserve_soc_pct must be below ceiling_soc_pct")
        return self


Batteries = Mapping[str, BatterySettings]


class Config(ServiceSettings):
    """The section `udp_battery`."""

    batteries: dict[DeviceId, BatterySettings] = Field(
        default_factory=dict, examples=[{"garage_battery": {"host": "192.168.1.21"}}]
    )
    """By the name you choose for each."""
    bind_host: str = Field(default="0.0.0.0", min_length=1, examples=["0.0.0.0"])
    """The address of this machine that the batteries may answer to."""
    broadcast: tuple[str, ...] = Field(default=("255.255.255.255",), examples=[["192.168.1.255"]])
    """Where to ask for a battery that has got another address."""

    @model_validator(mode="after")
    def _each_battery_has_its_own_address(self) -> Self:
        places: dict[tuple[str, int], str] = {}
        for name, battery in self.batteries.items():
            other = places.setdefault((battery.host, battery.port), name)
            if other != name:
                raise ValueError(f"{other} and {name} have the same host and port")
        return self

    def by_local_port(self) -> Mapping[int, Batteries]:
        """Which port of this machine the batteries are talked to from; 0 is any."""
        grouped: dict[int, dict[str, BatterySettings]] = {}
        for name, battery in self.batteries.items():
            grouped.setdefault(battery.port if battery.local_port == "own" else 0, {})[name] = battery
        return grouped

    def owned(self) -> tuple[Owned, ...]:
        """The batteries."""
        return tuple(Owned("battery", name, takes_orders=True) for name in self.batteries)
