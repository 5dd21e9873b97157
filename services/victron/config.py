"""What an owner may set about their Victron systems: units in the names, an example for each."""

from typing import Literal, Self

from pydantic import Field, model_validator

from common.config import Owned, ServiceSettings, Settings
from common.config.settings import DeviceId, Port, first_twice
from common.switching import SwitchedSettings

LEAST_WRITES = 8
"""Fewer a day would not let every setting be changed and put back."""


class RelaySettings(SwitchedSettings):
    """One of the two relays in the GX. Its function must be "Manual" in the GX's menu."""

    number: Literal[1, 2] = Field(examples=[1])
    """As the GX's menu counts them."""
    phase: Literal[1, 2, 3] | None = Field(default=None, examples=[1])
    """The phase of what it switches."""


class SystemSettings(Settings):
    """One GX and the ESS behind it. Its name is the battery's."""

    host: str = Field(min_length=1, max_length=253, examples=["192.168.1.60"])
    """Address or name; give it a fixed one in your router."""
    security: Literal["tls", "plain"] = Field(default="tls", examples=["tls"])
    """`tls`: its certificate is remembered at the first visit, and no other is accepted from then on."""
    port: Port | None = Field(default=None, examples=[8883])
    """8883 with TLS, 1883 without, unless you say otherwise."""
    password: str | None = Field(default=None, min_length=1, repr=False, examples=["${GX_PASSWORD}"])
    """That of the GX's own pages, if they have one."""
    portal: str | None = Field(default=None, pattern="^[0-9a-f]{12}$", examples=["c0619ab27f32"])
    """Its VRM portal id. Not needed: it tells."""
    meter: DeviceId | None = Field(default=None, examples=["house_meter"])
    """Report the grid meter of the GX under this name."""
    pv: DeviceId | None = Field(default=None, examples=["roof"])
    """Report the sun on this system under this name."""
    relays: dict[DeviceId, RelaySettings] = Field(default_factory=dict, examples=[{"gas_backup": {"number": 1}}])
    """Its relays, by the names you choose."""
    capacity_wh: int | None = Field(default=None, gt=0, le=1_000_000, examples=[10_000])
    """For plans."""
    round_trip_pct: float = Field(default=80, gt=0, le=100, examples=[80])
    """What comes back of what went in."""
    max_charge_w: float | None = Field(default=None, gt=0, le=100_000, examples=[4000])
    """Absent: what the Multi is rated for. What the battery itself allows holds besides."""
    max_discharge_w: float | None = Field(default=None, ge=0, le=100_000, examples=[4000])
    steers: bool = Field(default=True, examples=[True])
    """Take set-points. With `false` only the settings and relays are touched, and ESS balances by itself."""
    on_stop: Literal["restore", "keep"] = Field(default="restore", examples=["restore"])
    """When Ballast is stopped: put your settings back, or leave them as they are."""
    flash_writes_per_day: int = Field(default=20, ge=LEAST_WRITES, le=200, examples=[20])
    """Most settings written within 24 h; each wears the GX's memory. Set-points do not."""

    @property
    def door(self) -> int:
        """The port it is really asked at."""
        return self.port or (8883 if self.security == "tls" else 1883)

    @model_validator(mode="after")
    def _each_relay_has_one_name(self) -> Self:
        if number := first_twice(str(relay.number) for relay in self.relays.values()):
            raise ValueError(f"relay {number} has two names")
        return self


class Config(ServiceSettings):
    """Section `victron` of `ballast.yaml`."""

    systems: dict[DeviceId, SystemSettings] = Field(
        default_factory=dict, examples=[{"cellar_battery": {"host": "192.168.1.60", "password": "${GX_PASSWORD}"}}]
    )
    """By the name you choose for each battery."""

    @model_validator(mode="after")
    def _each_system_has_its_own_address(self) -> Self:
        if place := first_twice(f"{system.host}:{system.door}" for system in self.systems.values()):
            raise ValueError(f"two systems are at {place}")
        return self

    def owned(self) -> tuple[Owned, ...]:
        """Batteries and relays take orders; meters and the sun do not."""
        found: list[Owned] = []
        for name, system in self.systems.items():
            found.append(Owned("battery", name, takes_orders=True))
            found += [Owned("meter", system.meter)] if system.meter else []
            found += [Owned("pv", system.pv)] if system.pv else []
            found += [Owned("switch", relay, takes_orders=True) for relay in system.relays]
        return tuple(found)
