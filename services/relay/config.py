"""What an owner may set about switches, wishes, cars and meters on MQTT: units in the names, an example for each."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Self

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
from services.relay.wires import PilotWireSettings


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


class MeterSettings(Settings):
    """A meter of the house that another program reads: a Linky, or any smart meter whose values live on MQTT."""

    power: Source | None = None
    """Net power in W, + import. Else what is drawn and what is fed in, each above zero:"""
    drawn: Source | None = Field(default=None, examples=[{"topic": "tic/SINSTS"}])
    """What is drawn from the grid; a Linky tells it in VA, which is W for heaters."""
    fed_in: Source | None = Field(default=None, examples=[{"topic": "tic/SINSTI"}])
    energy_import: Source | None = Field(default=None, examples=[{"topic": "tic/EAST"}])
    """Its counter, in Wh."""
    energy_export: Source | None = Field(default=None, examples=[{"topic": "tic/EAIT"}])
    period_s: float = Field(default=2, gt=0, le=600, examples=[2])
    """How often it comes."""
    stale_after_s: float = Field(default=30, ge=5, le=600, examples=[30])
    """After so long without a reading it is lost."""
    max_power_w: float = Field(default=40_000, gt=0, le=1_000_000, examples=[17_250])
    """Readings beyond it are not believed."""

    @model_validator(mode="after")
    def _tells_both_ways(self) -> Self:
        pair = (self.drawn is not None, self.fed_in is not None)
        if pair != ((self.power is None),) * 2:
            raise ValueError("a meter has either power, or both drawn and fed_in")
        return self

    def powers(self) -> Mapping[str, int]:
        """What its net power is made of, and with which sign."""
        return {"power_w": 1} if self.power is not None else {"drawn_w": 1, "fed_in_w": -1}

    def counters(self) -> tuple[str, ...]:
        """What else it may tell."""
        return ("energy_import_wh", "energy_export_wh")

    def sources(self) -> Mapping[str, Source]:
        """Where each value comes from."""
        named = {"power_w": self.power, "drawn_w": self.drawn, "fed_in_w": self.fed_in}
        named |= {"energy_import_wh": self.energy_import, "energy_export_wh": self.energy_export}
        return {name: source for name, source in named.items() if source is not None}


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
    meters: dict[DeviceId, MeterSettings] = Field(
        default_factory=dict,
        examples=[{"linky": {"drawn": {"topic": "tic/SINSTS"}, "fed_in": {"topic": "tic/SINSTI"}}}],
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
        """The topics that wishes, cars and meters come from, each with its device."""
        told: tuple[Mapping[str, RequestSettings | CarSettings | MeterSettings], ...]
        told = (self.requests, self.cars, self.meters)
        for part in told:
            for name, settings in part.items():
                yield from ((name, source.topic) for source in settings.sources().values())

    def spoken(self) -> tuple[Spoken, ...]:
        """What its devices say and are told, and where wishes, cars and meters come from."""
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
            *(Owned("meter", name) for name in self.meters),
        )
