"""What the simulated house is like. The defaults are the house of the demonstration."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from common.config import ServiceSettings, Settings, Spoken
from common.config.settings import DeviceId, Port
from common.contract.envelope import Whole


class SimulatedMeter(Settings):
    """The P1 dongle."""

    host: str = Field(default="127.0.0.1", examples=["127.0.0.1"])
    http_port: int = Field(default=0, ge=0, le=65535, examples=[8080])
    """v1; 0 is any free one."""
    https_port: int = Field(default=0, ge=0, le=65535, examples=[8443])
    """v2; 0 is any free one."""
    button_pressed: bool = Field(default=False, examples=[True])
    """Somebody keeps pressing its button, so that pairing succeeds."""


class SimulatedBattery(Settings):
    """One Marstek battery."""

    firmware: Literal["venus_e3_150", "venus_c_153", "venus_a_147", "venus_e_mini_301"] = "venus_e3_150"
    host: str = Field(default="127.0.0.1", examples=["127.0.0.1"])
    port: Port = Field(examples=[30000])
    soc_pct: float = Field(default=55, ge=0, le=100, examples=[55])
    capacity_wh: float = Field(default=5120, gt=0, le=100_000, examples=[5120])
    unlocked_w: float = Field(default=800, ge=0, le=2500, examples=[800])
    """What it gives at most, whatever it is told."""
    loss: float = Field(default=0.3, ge=0, lt=1, examples=[0.3])
    """Share of the exchanges that get lost, half of them on the way in."""


class SimulatedSocket(Settings):
    """One HomeWizard energy socket and what is plugged into it."""

    load: Literal["boiler", "ebike", "appliance"] = Field(default="appliance", examples=["boiler"])
    power_w: float = Field(default=1000, gt=0, le=4000, examples=[2000])
    """What the load draws at most."""
    is_on: bool = Field(default=False, examples=[True])
    """Its position when the house begins."""
    hardware: Literal["old", "11", "21"] = "21"
    host: str = Field(default="127.0.0.1", examples=["127.0.0.1"])
    http_port: int = Field(default=0, ge=0, le=65535, examples=[8081])


class SimulatedRelay(Settings):
    """One relay that speaks on the broker, and what hangs behind it."""

    kind: Literal["tasmota", "shelly", "shelly_gen1", "zigbee", "esphome"] = Field(examples=["tasmota"])
    topic: str = Field(min_length=1, max_length=100, pattern=r"^[^+#$]+$", examples=["tasmota_1A2B3C"])
    """Its topic, id, prefix, node, or base and name, as the relay bridge knows it. A node's switch is called `pump`."""
    power_w: float = Field(default=1000, gt=0, le=4000, examples=[800])
    is_on: bool = Field(default=False, examples=[True])
    """Its position when the house begins."""

    def spoken(self) -> tuple[Spoken, ...]:
        """What it hears and says."""
        if self.kind == "tasmota":
            said = (Spoken("write", f"stat/{self.topic}/+"), Spoken("write", f"tele/{self.topic}/+"))
            return (Spoken("read", f"cmnd/{self.topic}/+"), *said)
        if self.kind == "shelly_gen1":
            said = (Spoken("readwrite", f"shellies/{self.topic}/#"), Spoken("write", "shellies/announce"))
            return (Spoken("read", "shellies/command"), *said)
        if self.kind in ("shelly", "esphome"):
            return (Spoken("readwrite", f"{self.topic}/#"),)
        return Spoken("write", self.topic), Spoken("read", f"{self.topic}/set"), Spoken("read", f"{self.topic}/get")


class SimulatedRoofMeter(Settings):
    """A HomeWizard kWh meter in front of the roof's inverter."""

    phases: Annotated[Literal[1, 3], Whole] = 1
    host: str = Field(default="127.0.0.1", examples=["127.0.0.1"])
    http_port: int = Field(default=0, ge=0, le=65535, examples=[8082])
    https_port: int = Field(default=0, ge=0, le=65535, examples=[8444])


class SimulatedWeather(Settings):
    """A weather service that knows the clouds to come."""

    host: str = Field(default="127.0.0.1", examples=["127.0.0.1"])
    http_port: int = Field(default=0, ge=0, le=65535, examples=[8090])


Foreign = Annotated[str, Field(min_length=1, max_length=200)]


class SimulatedDimmer(Settings):
    """A dimmer on MQTT and the heater behind it."""

    topic: Foreign = Field(examples=["regul/vload/ECS"])
    power_w: float = Field(default=2300, gt=0, le=5000, examples=[2300])


class SimulatedLoad(Settings):
    """A switched load on MQTT."""

    topic: Foreign = Field(examples=["regul/cload/pump"])
    load: Literal["boiler", "appliance"] = Field(default="appliance", examples=["boiler"])
    power_w: float = Field(default=600, gt=0, le=5000, examples=[600])


class SimulatedPzem(Settings):
    """What lives at the broker itself."""

    clamps: dict[Foreign, str] = Field(default_factory=dict, examples=[{"smeter/pzem/PRODUCTION": "production"}])
    """PZEM meters, by topic: around `consumption`, `production`, or one of the dimmers or loads."""
    dimmers: dict[DeviceId, SimulatedDimmer] = Field(default_factory=dict)
    loads: dict[DeviceId, SimulatedLoad] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _a_clamp_hangs_around_something(self) -> Self:
        known = {"consumption", "production", *self.dimmers, *self.loads}
        if strange := [what for what in self.clamps.values() if what not in known]:
            raise ValueError(f"a clamp hangs around {strange[0]}, which is not there")
        return self


class SimulatedTempo(Settings):
    """A Tempo contract: an EcoDevice, the servers of the web, and teleinformation on the broker."""

    host: str = Field(default="127.0.0.1", examples=["127.0.0.1"])
    box_port: int = Field(default=0, ge=0, le=65535, examples=[8085])
    web_port: int = Field(default=0, ge=0, le=65535, examples=[8086])
    topic: Foreign | None = Field(default=None, examples=["zigbee2mqtt/linky"])
    """Where teleinformation is said; absent: nowhere."""
    preset: Literal["zigbee2mqtt", "teleinfo2mqtt", "tasmota", "tasmota_contract"] = "zigbee2mqtt"
    colours: dict[date, Literal["BLUE", "WHITE", "RED"]] = Field(default_factory=dict, examples=[{"2026-01-06": "RED"}])
    """Days of a certain colour; the others are drawn by the seed, 22 and 43 a season."""


class SimulatedAnnex(Settings):
    """A small house beside the house, on a meter of its own, with a Victron GX and an ESS."""

    host: str = Field(default="127.0.0.1", examples=["127.0.0.1"])
    port: int = Field(default=0, ge=0, le=65535, examples=[8883])
    """Of the GX's broker; 0 is any free one."""
    secured: bool = Field(default=False, examples=[True])
    """Speak TLS, with a certificate that the GX has made itself."""
    password: str | None = Field(default=None, min_length=1, examples=["secret"])
    soc_pct: float = Field(default=55, ge=0, le=100, examples=[55])
    capacity_wh: float = Field(default=10_000, gt=0, le=100_000, examples=[10_000])
    base_w: float = Field(default=300, ge=0, le=10_000, examples=[300])
    production_w: float = Field(default=600, ge=0, le=100_000, examples=[600])
    """Its roof gives this at all times."""


class Config(ServiceSettings):
    """Section `simulator`."""

    starts_at: datetime = Field(default=datetime.fromisoformat("2026-04-18T11:00"), examples=["2026-04-18T11:00:00"])
    """Local solar time of the house when it starts."""
    longitude: float | None = Field(default=None, ge=-180, le=180, examples=[2.35])
    """Instead of `starts_at`: the sun stands as it does now at this longitude, by the clock on the wall."""
    seed: int = Field(default=1, ge=0, examples=[1])
    """The same seed gives the same day."""
    household: Literal["ordinary", "busy"] = "busy"
    base_w: float = Field(default=220, ge=0, le=10_000, examples=[220])
    noise_w: float = Field(default=10, ge=0, le=1000, examples=[10])
    pv_peak_w: float = Field(default=4000, ge=0, le=100_000, examples=[4000])
    production_w: float | None = Field(default=None, ge=0, le=100_000, examples=[1500])
    """The roof gives this at all times; absent: what sun and clouds give."""
    clouds: float = Field(default=0.6, ge=0, le=1, examples=[0.6])
    """0: a clear sky; 1: heavy clouds now and again."""
    meter: SimulatedMeter = SimulatedMeter()
    batteries: dict[DeviceId, SimulatedBattery] = Field(default_factory=dict)
    sockets: dict[DeviceId, SimulatedSocket] = Field(default_factory=dict)
    relays: dict[DeviceId, SimulatedRelay] = Field(default_factory=dict)
    roof_meter: SimulatedRoofMeter | None = None
    weather: SimulatedWeather | None = None
    pzem: SimulatedPzem = SimulatedPzem()
    tempo: SimulatedTempo | None = None
    annex: SimulatedAnnex | None = None
    journal: Path | None = Field(default=None, examples=["data/journal.jsonl"])
    """Write down, as JSON lines, what was done to the devices and what the house did."""

    def spoken(self) -> tuple[Spoken, ...]:
        """The topics of everything that lives at the broker, and of their boot messages."""
        relays = [each for relay in self.relays.values() for each in relay.spoken()]
        dimmers = (dimmer.topic for dimmer in self.pzem.dimmers.values())
        topics = [*self.pzem.clamps, *dimmers, *(load.topic for load in self.pzem.loads.values())]
        bases = dict.fromkeys(topic.rpartition("/")[0] for topic in topics)
        tic = self.tempo.topic if self.tempo else None
        return (
            *relays,
            *((Spoken("write", tic),) if tic else ()),
            *(Spoken("write", topic) for topic in (*topics, *bases)),
            *(Spoken("read", f"{topic}/cmd") for topic in topics),
        )
