"""The settings every service shares, and the base of those it does not.

Units are in the names; every field explains itself and shows an example, from which the error messages,
the JSON Schema for editors and the documentation are made.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from common.contract.envelope import Whole

SERVICES = (
    "p1", "homewizard", "udp_battery", "victron", "pzem", "relay", "tempo", "domoticz", "web",
    "notifier", "forecaster", "planner", "balancer", "simulator", "replay",
)  # fmt: skip
"""Sections that a file may have; a process checks its own, `ballast check` and `ballast run` check them all."""

DeviceId = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$", examples=["garage_battery"])]
"""Chosen by the owner, stable for ever: it stands in topics, metrics and dashboards."""
Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseModel):
    """Base of everything in the file: frozen, strict, and a key that nobody knows is a mistake."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False, extra="forbid", defer_build=True)


class Owned(NamedTuple):
    """A device that a service reports, for the rights it needs on the broker."""

    kind: str
    """Its class in the tree: `meter`, `battery`, …"""
    id: str
    takes_orders: bool = False


class Spoken(NamedTuple):
    """Topics outside our tree that a service shares with other programs, for its rights on the broker."""

    access: Literal["read", "write", "readwrite"]
    topic: str
    """With `+` for a whole level and `#` for all that follow."""


def first_twice(names: Iterable[str]) -> str | None:
    """The first name that is given a second time."""
    counts = Counter(names)
    return next((name for name, count in counts.items() if count > 1), None)


class ServiceSettings(Settings):
    """What every service's section may say."""

    metrics_port: Port | None = Field(default=None, examples=[9464])
    """Port of `/metrics` and `/healthz`; none by default, 9464 in the container."""

    @model_validator(mode="after")
    def _every_name_is_one_devices(self) -> Self:
        if name := first_twice(owned.id for owned in self.owned()):
            raise ValueError(f"two devices are called {name}")
        return self

    def owned(self) -> tuple[Owned, ...]:
        """The devices this section is about."""
        return ()

    def spoken(self) -> tuple[Spoken, ...]:
        """The topics of other programs, on our own broker, that this section is about."""
        return ()


class BrokerSettings(Settings):
    """How to reach a broker."""

    host: str = Field(default="localhost", min_length=1, examples=["192.168.1.10"])
    port: Port = Field(default=1883, examples=[1883])
    protocol: Literal[5, "3.1.1"] = Field(default=5, examples=[5])
    """5 where the broker speaks it (Mosquitto does), else 3.1.1."""
    password_dir: Path | None = Field(default=None, examples=["secrets"])
    """Folder with one file per account (`ems-p1`, …) that holds its password; absent: no password is sent."""
    ca_file: Path | None = Field(default=None, examples=["/run/secrets/ca.pem"])
    """Speak TLS, and trust the broker's certificate if this CA signed it."""
    keepalive_s: int = Field(default=20, ge=5, le=60, examples=[20])


class MqttSettings(BrokerSettings):
    """How to reach the broker."""

    base: str = Field(default="ems", max_length=20, pattern=r"^[a-z0-9_-]+(/[a-z0-9_-]+){0,3}$", examples=["ems"])
    """First level or levels of every topic; another one per site. With a service's name it makes an account."""
    discovery: bool = Field(default=True, examples=[True])
    """Tell Home Assistant and Domoticz of every device, below `homeassistant/`."""


class OtherBroker(BrokerSettings):
    """A broker that is not the services' own, where a bridge's devices live."""

    user: str | None = Field(default=None, min_length=1, max_length=128, examples=["ballast"])
    """Account there, and name of the file in `password_dir` with its password; absent: `ems-` and the service."""
    password: str | None = Field(default=None, min_length=1, repr=False, examples=["${OTHER_BROKER_PASSWORD}"])
    """The password itself, instead of a file with it."""
    certificate: Path | None = Field(default=None, examples=["secrets/other-broker.pem"])
    """Speak TLS, and trust this one certificate, whatever name it bears: for a broker that signs its own."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"no time zone is called {name!r}") from error
    return name


class SiteSettings(Settings):
    """The house: where it is and what its connection bears."""

    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(default="UTC", examples=["Europe/Paris"])
    """IANA name; local days and tariff hours follow it."""
    phases: Annotated[Literal[1, 3], Whole] = Field(default=1, examples=[3])
    connection_a: float | None = Field(default=None, gt=0, le=400, examples=[25])
    """Main fuse, in A per phase. No order of ours may take a phase above it."""
    max_import_w: float | None = Field(default=None, gt=0, le=500_000, examples=[9000])
    """Most the house may draw, over all phases; the smaller of this and the fuse counts."""
    max_export_w: float | None = Field(default=None, ge=0, le=500_000, examples=[5000])
    """Most the house may feed in, over all phases."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone, ready to use."""
        return ZoneInfo(self.timezone)
