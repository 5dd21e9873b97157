"""What an owner may set about a switch, family by family."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from common.switching import SwitchedSettings
from services.relay.sources import LevelName, Source, Text, TopicName


class SwitchSettings(SwitchedSettings):
    """What every switch has."""

    inverted: bool = Field(default=False, examples=[True])
    """Its load runs while the relay is open, as behind a normally closed contactor."""
    dead_man_s: float | None = Field(default=None, ge=20, le=3600, examples=[120])
    """Off-timer of the device itself: it opens so long after our last word. `null`: none. See docs/devices.md."""
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

    def sources(self) -> tuple[str, ...]:
        """Topics of what else measures it."""
        return tuple(source.topic for source in (self.power, self.energy) if source is not None)

    @property
    def opens_when_safe(self) -> bool:
        """Its contact opens for its safe state: what an off-timer does."""
        return self.safe_state == ("on" if self.inverted else "off")

    @property
    def hold_s(self) -> float | None:
        """The dead man's time, where an off-timer leads to the safe state."""
        return self.dead_man_s if self.opens_when_safe else None


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
