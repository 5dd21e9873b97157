"""What an owner may set about switches, wishes and cars on MQTT: units in the names, an example for each."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from common.config import Owned, ServiceSettings, Settings, Spoken
from common.config.settings import DeviceId, first_twice
from services.relay.dialects.table import dialect
from services.relay.sources import Source, WordSource
from services.relay.switches import (
    EspHomeSettings,
    PlainSettings,
    ShellyGen1Settings,
    ShellyGen2Settings,
    SwitchSettings,
    TasmotaSettings,
    ZigbeeSettings,
)


class RequestSettings(Settings):
    """A wish from outside: a thermostat, or a number."""

    heat: WordSource | None = None
    """Whether it wants to be on."""
    target_c: Source | None = None
    current_c: Source | None = None
    value: Source | None = None
    """A plain number, such as a helper of Home Assistant."""
    stale_after_s: float | None = Field(default=None, ge=10, le=604_800, examples=[3600])
    """After so long without a word it is unknown. `null`: the last word holds, for what speaks on change only."""

    def sources(self) -> Mapping[str, Source | WordSource]:
        """What is told, by the field it becomes."""
        named = {"on": self.heat, "target_c": self.target_c, "current_c": self.current_c, "value": self.value}
        return {name: source for name, source in named.items() if source is not None}

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any((self.heat, self.target_c, self.current_c, self.value)):
            raise ValueError("a request needs at least one of heat, target_c, current_c and value")
        return self


class CarSettings(Settings):
    """A car at its charger, as another program tells it."""

    connected: WordSource
    power: Source | None = None
    """In W, + charging."""
    soc: Source | None = None
    """In %."""
    stale_after_s: float | None = Field(default=None, ge=10, le=604_800, examples=[300])
    """After that long without a word it is unknown. `null`: what it said last holds."""

    def sources(self) -> Mapping[str, Source | WordSource]:
        """What is told, by the field it becomes."""
        named = {"connected": self.connected, "power_w": self.power, "soc_pct": self.soc}
        return {name: source for name, source in named.items() if source is not None}


class PilotWireSettings(Settings):
    """The pilot wire of a radiator, made of relays that are described elsewhere in this section."""

    positive: DeviceId | None = Field(default=None, examples=["lounge_plus"])
    """The relay whose diode lets the positive half wave through: off."""
    negative: DeviceId | None = Field(default=None, examples=["lounge_minus"])
    """The relay whose diode lets the negative half wave through: frost-free. Both together are eco, none is comfort."""
    inverted: bool = Field(default=False, examples=[True])
    """The diodes are mounted the other way round."""
    phase: Literal[1, 2, 3] | None = Field(default=None, examples=[1])
    """The phase the radiator hangs on."""

    def halves(self) -> Mapping[str, str]:
        """Its relays, by the half wave that they really let through."""
        named = {"positive": self.positive, "negative": self.negative}
        if self.inverted:
            named = {"positive": self.negative, "negative": self.positive}
        return {half: relay for half, relay in named.items() if relay is not None}

    @model_validator(mode="after")
    def _has_a_relay(self) -> Self:
        if self.positive is None and self.negative is None:
            raise ValueError("a pilot wire needs a relay: positive: lounge_plus, negative: lounge_minus, or both")
        return self


class Config(ServiceSettings):
    """Section `relay` of `ballast.yaml`. Each device has a name of your choice."""

    PARTS: ClassVar[tuple[str, ...]] = ("tasmota", "shelly_gen1", "shelly_gen2", "zigbee2mqtt", "esphome", "plain")
    tasmota: dict[DeviceId, TasmotaSettings] = Field(
        default_factory=dict, examples=[{"water_heater": {"topic": "tasmota_1A2B3C"}}]
    )
    shelly_gen1: dict[DeviceId, ShellyGen1Settings] = Field(
        default_factory=dict, examples=[{"pool_pump": {"device": "shelly1pm-a4cf12f4"}}]
    )
    shelly_gen2: dict[DeviceId, ShellyGen2Settings] = Field(
        default_factory=dict, examples=[{"towel_rail": {"prefix": "shellyplus1pm-a8032ab1"}}]
    )
    zigbee2mqtt: dict[DeviceId, ZigbeeSettings] = Field(
        default_factory=dict, examples=[{"freezer": {"name": "kitchen/plug"}}]
    )
    esphome: dict[DeviceId, EspHomeSettings] = Field(
        default_factory=dict, examples=[{"fountain": {"prefix": "pump-node", "switch": "pump"}}]
    )
    plain: dict[DeviceId, PlainSettings] = Field(
        default_factory=dict, examples=[{"fan": {"command_topic": "plug/fan/set", "state_topic": "plug/fan/state"}}]
    )
    pilot_wires: dict[DeviceId, PilotWireSettings] = Field(
        default_factory=dict, examples=[{"lounge": {"positive": "lounge_plus", "negative": "lounge_minus"}}]
    )
    requests: dict[DeviceId, RequestSettings] = Field(
        default_factory=dict, examples=[{"living": {"heat": {"topic": "thermostat/living/heat"}}}]
    )
    cars: dict[DeviceId, CarSettings] = Field(
        default_factory=dict, examples=[{"car": {"connected": {"topic": "evcc/loadpoints/1/connected"}}}]
    )

    @model_validator(mode="after")
    def _pilot_wires_have_their_relays(self) -> Self:
        known = {name for name, _ in self.switches()}
        used = [relay for wire in self.pilot_wires.values() for relay in wire.halves().values()]
        if stray := sorted(set(used) - known):
            raise ValueError(f"{stray[0]} of a pilot wire is not described: write it under tasmota, plain, …")
        if twice := first_twice(used):
            raise ValueError(f"{twice} is on two pilot wires, or twice on one")
        return self

    def wires_of(self) -> Mapping[str, str]:
        """The pilot wire of each relay that is on one."""
        return {relay: wire for wire, each in self.pilot_wires.items() for relay in each.halves().values()}

    def switches(self) -> Iterator[tuple[str, SwitchSettings]]:
        """Every switch by its name, in the order of the file's parts."""
        for part in self.PARTS:
            switches: Mapping[str, SwitchSettings] = getattr(self, part)
            yield from switches.items()

    def inputs(self) -> Iterator[tuple[str, str]]:
        """The topics that wishes and cars come from, each with its device."""
        told: tuple[Mapping[str, RequestSettings | CarSettings], ...] = (self.requests, self.cars)
        for name, settings in chain.from_iterable(part.items() for part in told):
            for source in settings.sources().values():
                yield name, source.topic

    def spoken(self) -> tuple[Spoken, ...]:
        """What its devices say and are told, and where wishes and cars come from."""
        heard: dict[Spoken, None] = {}
        for _, settings in self.switches():
            language = dialect(settings)
            heard |= dict.fromkeys(Spoken("readwrite", topic) for topic in language.tells)
            heard |= dict.fromkeys(Spoken("read", topic) for topic in (*language.hears, *settings.sources()))
        return (*heard, *dict.fromkeys(Spoken("read", topic) for _, topic in self.inputs()))

    def owned(self) -> tuple[Owned, ...]:
        """All of them; switches take orders."""
        return (
            *(Owned("switch", name, takes_orders=True) for name, _ in self.switches()),
            *(Owned("switch", name, takes_orders=True) for name in self.pilot_wires),
            *(Owned("request", name) for name in self.requests),
            *(Owned("ev", name) for name in self.cars),
        )
