"""What an owner may set about switches, wishes and cars on MQTT: units in the names, an example for each."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from common.config import Owned, ServiceSettings, Settings
from common.config.settings import DeviceId


def _word(value: object) -> object:
    """YAML takes `off` and `on` for false and true."""
    return {False: "off", True: "on"}[value] if isinstance(value, bool) else value


def _quoted(value: object) -> object:
    """What was ON or on nobody can tell once YAML has made it true."""
    if isinstance(value, bool):
        raise ValueError('a payload must stand in quotes, such as "ON", because YAML reads ON as true')
    return str(value) if isinstance(value, int | float) else value


TopicName = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^+#$/\x00][^+#\x00]*[^+#/\x00]$|^[^+#$/\x00]$")
]
"""A topic of another program, without wildcards."""
LevelName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^+#/$\x00]+$")]
"""One level of such a topic."""
Text = Annotated[str, BeforeValidator(_quoted), Field(max_length=64)]


class Source(Settings):
    """Where a number comes from: a topic, and the member of its JSON if it is JSON."""

    topic: TopicName = Field(examples=["boiler/power"])
    field: str = Field(default="", max_length=100, examples=["ENERGY.Power"])
    """Path of the member, with dots; empty: the payload itself is the number."""
    scale: float = Field(default=1.0, examples=[1000])
    """What the number is multiplied with to be in our unit: 1000 if it is in kW or kWh."""


class WordSource(Settings):
    """Where a yes or no comes from."""

    topic: TopicName = Field(examples=["thermostat/living/heat"])
    field: str = Field(default="", max_length=100, examples=["running_state"])
    """Path of the member, with dots; empty: the payload itself is the word."""
    payload_yes: Text = Field(default="ON", examples=["heat"])
    payload_no: Text = Field(default="OFF", examples=["idle"])


class SwitchSettings(Settings):
    """What every switch has."""

    safe_state: Annotated[Literal["off", "on", "keep"], BeforeValidator(_word)] = Field(default="off", examples=["off"])
    """Where it goes when an order ends and none follows; `keep`: it stays as it is."""
    inverted: bool = Field(default=False, examples=[True])
    """Its load runs while the relay is open, as behind a normally closed contactor."""
    dead_man_s: float | None = Field(default=None, ge=20, le=3600, examples=[120])
    """Off-timer of the device itself: it opens so long after our last word. `null`: none. See docs/devices.md."""
    max_on_s: float | None = Field(default=None, ge=60, le=604_800, examples=[14_400])
    """Longest time our orders may keep it on without a break, whatever the balancer wants."""
    rest_s: float = Field(default=900, ge=0, le=86_400, examples=[900])
    """How long it then stays off at least."""
    poll_s: float = Field(default=20.0, ge=2, le=300, examples=[20.0])
    """How often it is asked how it stands; for what cannot be asked, how often we repeat what it said."""
    max_power_w: float = Field(default=4000, gt=0, le=1_000_000, examples=[4000])
    """Readings beyond it are not believed."""
    phase: Literal[1, 2, 3] | None = Field(default=None, examples=[1])
    """The phase it hangs on."""
    power: Source | None = None
    """In W, if something else measures it than the device itself."""
    energy: Source | None = None
    """In Wh, if something else counts it than the device itself."""

    @property
    def opens_when_safe(self) -> bool:
        """Its contact opens for its safe state: what an off-timer does."""
        return self.safe_state == ("on" if self.inverted else "off")

    @property
    def hold_s(self) -> float | None:
        """The dead man's time, where an off-timer leads to the safe state."""
        return self.dead_man_s if self.opens_when_safe else None

    @property
    def safe_position(self) -> bool | None:
        """Its safe state as a position; None: wherever it is."""
        return {"off": False, "on": True, "keep": None}[self.safe_state]


class TasmotaSettings(SwitchSettings):
    """One relay of a Tasmota device."""

    topic: LevelName = Field(examples=["tasmota_1A2B3C"])
    """Its topic, as shown under Information."""
    channel: int = Field(default=1, ge=1, le=32, examples=[1])
    """Which of its relays, from 1."""
    full_topic: str = Field(
        default="%prefix%/%topic%/",
        pattern=r"^[^+#]*%prefix%[^+#]*%topic%[^+#]*$|^[^+#]*%topic%[^+#]*%prefix%[^+#]*$",
        examples=["%prefix%/%topic%/"],
    )
    """Its Full Topic, if you have changed it there."""
    on_text: Text = Field(default="ON", examples=["ON"])
    """StateText2, if you have changed it."""
    off_text: Text = Field(default="OFF", examples=["OFF"])
    """StateText1, if you have changed it."""
    dead_man_s: float | None = Field(default=120, ge=20, le=3600, examples=[120])
    """PulseTime, set while our orders hold and taken back afterwards. `null`: none."""


class ShellyGen1Settings(SwitchSettings):
    """One relay of a Shelly of the first generation."""

    device: LevelName = Field(examples=["shelly1pm-a4cf12f4"])
    """Its id, the part after `shellies/`."""
    channel: int = Field(default=0, ge=0, le=7, examples=[0])
    """Which of its relays, from 0."""


class ShellyGen2Settings(SwitchSettings):
    """One switch of a Shelly Plus, Pro, of generation 3 or 4."""

    prefix: TopicName = Field(examples=["shellyplus1pm-a8032ab1"])
    """Its MQTT prefix."""
    channel: int = Field(default=0, ge=0, le=15, examples=[0])
    """Which of its switches, from 0."""
    dead_man_s: float | None = Field(default=120, ge=20, le=3600, examples=[120])
    """`toggle_after` of each order. `null`: none."""


class ZigbeeSettings(SwitchSettings):
    """One device of zigbee2mqtt."""

    name: TopicName = Field(examples=["kitchen/plug"])
    """Its friendly name."""
    base: TopicName = Field(default="zigbee2mqtt", examples=["zigbee2mqtt"])
    endpoint: Annotated[str, Field(pattern="^[A-Za-z0-9_]{0,20}$")] = Field(default="", examples=["l1"])
    """Of a device with several switches: which one."""
    poll_s: float = Field(default=60.0, ge=2, le=300, examples=[60.0])
    """How often it is asked how it stands; more often only loads the mesh."""


class EspHomeSettings(SwitchSettings):
    """One switch of an ESPHome node."""

    prefix: TopicName = Field(examples=["pump-node"])
    """The node's name, or its topic_prefix."""
    switch: LevelName = Field(examples=["pump"])
    """The object id of the switch: its name in lower case, with _ for blanks."""
    power_sensor: LevelName | None = Field(default=None, examples=["pump_power"])
    """The object id of the sensor that measures it, in W."""
    energy_sensor: LevelName | None = Field(default=None, examples=["pump_energy"])
    energy_unit: Literal["kWh", "Wh"] = "kWh"


class PlainSettings(SwitchSettings):
    """Anything else: a topic that takes orders."""

    command_topic: TopicName = Field(examples=["plug/pump/set"])
    payload_on: Text = Field(default="ON", examples=["on"])
    payload_off: Text = Field(default="OFF", examples=["off"])
    state_topic: TopicName | None = Field(default=None, examples=["plug/pump/state"])
    """Where it tells its position; without it nobody can say whether it obeys."""
    state_field: str = Field(default="", max_length=100, examples=["relay.on"])
    """Path of the member if that is JSON."""
    state_on: Text | None = Field(default=None, examples=["1"])
    """What it says for on, if it is not `payload_on`."""
    state_off: Text | None = Field(default=None, examples=["0"])
    availability_topic: TopicName | None = Field(default=None, examples=["plug/pump/status"])
    """Its last will."""
    payload_online: Text = Field(default="online", examples=["online"])
    payload_offline: Text = Field(default="offline", examples=["offline"])

    @model_validator(mode="after")
    def _we_do_not_read_our_own_words(self) -> Self:
        if self.command_topic in (self.state_topic, self.availability_topic):
            raise ValueError("the command topic cannot tell how it stands: that would be our own word")
        if self.payload_on == self.payload_off:
            raise ValueError("payload_on and payload_off are the same")
        return self


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
    requests: dict[DeviceId, RequestSettings] = Field(
        default_factory=dict, examples=[{"living": {"heat": {"topic": "thermostat/living/heat"}}}]
    )
    cars: dict[DeviceId, CarSettings] = Field(
        default_factory=dict, examples=[{"car": {"connected": {"topic": "evcc/loadpoints/1/connected"}}}]
    )

    @model_validator(mode="after")
    def _every_name_is_one_devices(self) -> Self:
        names = list(chain((name for name, _ in self.switches()), self.requests, self.cars))
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two devices are called {twice}")
        return self

    def switches(self) -> Iterator[tuple[str, SwitchSettings]]:
        """Every switch by its name, in the order of the file's parts."""
        for part in self.PARTS:
            switches: Mapping[str, SwitchSettings] = getattr(self, part)
            yield from switches.items()

    def owned(self) -> tuple[Owned, ...]:
        """All of them; switches take orders."""
        return (
            *(Owned("switch", name, takes_orders=True) for name, _ in self.switches()),
            *(Owned("request", name) for name in self.requests),
            *(Owned("ev", name) for name in self.cars),
        )
