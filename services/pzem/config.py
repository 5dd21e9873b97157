"""What an owner may set about PZEM meters, dimmers and switched loads. Every topic is theirs to choose."""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from common.config import OtherBroker, Owned, ServiceSettings, Settings, Spoken
from common.config.settings import DeviceId, first_twice
from services.pzem.wire import Version


def _outside(topic: str) -> str:
    if any(sign in topic for sign in "+#\0") or not topic.strip("/"):
        raise ValueError("a topic is one place, without + and #")
    return topic


Foreign = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_outside)]
"""A topic outside our tree."""


def _word(value: object) -> object:
    """YAML takes `off` and `on` for false and true."""
    return {False: "off", True: "on"}[value] if isinstance(value, bool) else value


Word = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(_word)]


class MeasuredSettings(Settings):
    """What every device has."""

    phase: Literal[1, 2, 3] | None = Field(default=None, examples=[1])
    """The phase it hangs on."""
    stale_after_s: float = Field(default=30, ge=5, le=600, examples=[30])
    """A meter that said nothing usable for so long is lost."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Where it lives."""
        return ()


class MeterSettings(MeasuredSettings):
    """One PZEM module."""

    topic: Foreign = Field(examples=["smeter/pzem/ECS"])
    """Where it publishes; `pzem/0` for the older kind."""
    measures: Literal["load", "pv", "meter"] = Field(default="load", examples=["pv"])
    """`load`: one load; `pv`: solar panels; `meter`: a part of the house. It cannot tell import from export."""
    module: Version | None = Field(default=None, examples=["v2"])
    """Its generation, if it must be told: v2 counts Wh, v3 kWh. Else it is known by what it says."""
    max_power_w: float = Field(default=25_000, gt=0, le=30_000, examples=[25_000])
    """Readings beyond it are not believed."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Where it lives."""
        return (self.topic,)


class GridSettings(MeasuredSettings):
    """Two clamps that together are the meter of the house: consumption − production. + import, − export."""

    consumption: Foreign = Field(examples=["smeter/pzem/CONSOMMATION"])
    """Topic of the clamp around everything the house draws, loads of ours included."""
    production: Foreign = Field(examples=["smeter/pzem/PRODUCTION"])
    """Topic of the clamp around what the panels give."""
    apart_s: float = Field(default=6, ge=1, le=30, examples=[6])
    """Readings further apart than this are not subtracted from each other."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Where both live."""
        return (self.consumption, self.production)


class ActorSettings(MeasuredSettings):
    """A device that takes orders."""

    topic: Foreign = Field(examples=["regul/vload/ECS"])
    """Where it says how it stands."""
    command_topic: Foreign | None = Field(default=None, examples=["regul/vload/ECS/cmd"])
    """Where it is told; absent: its topic and `/cmd`."""
    meter: Foreign | None = Field(default=None, examples=["smeter/pzem/ECS"])
    """Topic of a PZEM on this load alone: what it really draws."""
    poll_s: float = Field(default=10, ge=2, le=60, examples=[10])
    """How often it is asked how it stands; it says nothing by itself."""

    @property
    def told_at(self) -> str:
        """Where it is told."""
        return self.command_topic or f"{self.topic}/cmd"

    @property
    def topics(self) -> tuple[str, ...]:
        """Where it says how it stands, where it is told, and where its meter is."""
        return (self.topic, self.told_at, *((self.meter,) if self.meter else ()))


class DimmerSettings(ActorSettings):
    """One dimmer in front of a resistive load. Without an order it is off, and off is 0 %."""

    speaks: Literal["vload", "scr"] = Field(default="vload", examples=["scr"])
    """`vload`: words and percentages; `scr`: the older kind, percentages only."""
    max_power_w: float = Field(default=2400, gt=0, le=25_000, examples=[2300])
    """What its load draws at 100 %, if there is no curve that tells."""
    min_power_w: float = Field(default=100, ge=0, le=5000, examples=[100])
    """Less than this is off."""
    min_percent: int = Field(default=4, ge=1, le=50, examples=[4])
    """Less than this is off."""
    curves: tuple[Path, ...] = Field(default=(), max_length=16, examples=[["curves/water_heater.csv"]])
    """Files with lines `percent;watts`, taken together. Without one the curve of a resistive load is used."""


class SwitchSettings(ActorSettings):
    """One switched load."""

    power_w: float | None = Field(default=None, gt=0, le=25_000, examples=[1500])
    """What it draws when it is on. Not known: leave it away, and it is learnt from the meters."""
    on: Word = Field(default="on", examples=["on"])
    """The payload that switches it on."""
    off: Word = Field(default="off", examples=["off"])
    asks: Word | None = Field(default="status", examples=["status"])
    """The payload that makes it say how it stands; null if it has none."""


class Config(ServiceSettings):
    """Section `pzem`. Each device has a name of your choice."""

    broker: OtherBroker | None = Field(default=None, examples=[{"host": "192.168.1.9"}])
    """Where these devices live, if not at the services' own broker."""
    base: Foreign = Field(default="smeter/pzem", examples=["smeter/pzem"])
    """Where PZEM meters say that they have started."""
    meters: dict[DeviceId, MeterSettings] = Field(
        default_factory=dict, examples=[{"roof": {"topic": "smeter/pzem/PRODUCTION", "measures": "pv"}}]
    )
    grid: dict[DeviceId, GridSettings] = Field(
        default_factory=dict,
        examples=[{"house": {"consumption": "smeter/pzem/CONSOMMATION", "production": "smeter/pzem/PRODUCTION"}}],
    )
    """The meter of the house, where no P1 exists."""
    dimmers: dict[DeviceId, DimmerSettings] = Field(
        default_factory=dict, examples=[{"water_heater": {"topic": "regul/vload/ECS", "meter": "smeter/pzem/ECS"}}]
    )
    switches: dict[DeviceId, SwitchSettings] = Field(
        default_factory=dict, examples=[{"pool_pump": {"topic": "regul/cload/pump", "power_w": 600}}]
    )

    @model_validator(mode="after")
    def _every_command_topic_is_one_devices(self) -> Self:
        if topic := first_twice(actor.told_at for _, actor in self.actors()):
            raise ValueError(f"two devices are told at {topic}")
        return self

    def actors(self) -> Iterator[tuple[str, DimmerSettings | SwitchSettings]]:
        """Everything that takes orders, by its name."""
        yield from self.dimmers.items()
        yield from self.switches.items()

    def clamps(self) -> Mapping[str, MeterSettings]:
        """Every module that is listened to, by its topic; those without settings of their own have the usual ones."""
        found = {meter.topic: meter for meter in self.meters.values()}
        loose = chain.from_iterable((grid.consumption, grid.production) for grid in self.grid.values())
        own = (actor.meter for _, actor in self.actors() if actor.meter is not None)
        return {topic: MeterSettings(topic=topic) for topic in chain(loose, own)} | found

    def owned(self) -> tuple[Owned, ...]:
        """All of them; dimmers and switched loads take orders."""
        return (
            *(Owned(meter.measures, name) for name, meter in self.meters.items()),
            *(Owned("meter", name) for name in self.grid),
            *(Owned("load", name, takes_orders=True) for name in self.dimmers),
            *(Owned("switch", name, takes_orders=True) for name in self.switches),
        )

    def spoken(self) -> tuple[Spoken, ...]:
        """The devices' own topics, unless they live at another broker."""
        if self.broker is not None:
            return ()
        heard = [*self.clamps(), *(actor.topic for _, actor in self.actors())]
        base = [self.base] if self.clamps() else []
        return (
            *(Spoken("read", topic) for topic in dict.fromkeys([*base, *heard])),
            *(Spoken("readwrite", actor.told_at) for _, actor in self.actors()),
        )
