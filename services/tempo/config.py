"""What an owner may set about prices: the contract, who tells of it, what feeding in earns."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from common.config import ServiceSettings, Settings, Spoken
from common.config.settings import Port
from services.tempo.contracts import ContractSettings, DynamicContract, FlatPrice
from services.tempo.exchange import PathText, TopicName, Url
from services.tempo.wire.ecodevice import Format

Preset = Literal["zigbee2mqtt", "teleinfo2mqtt", "tasmota", "tasmota_contract"]
TicLabel = Literal["PTEC", "DEMAIN", "LTARF", "NTARF", "STGE", "DPM1", "DPM2", "TODAY", "PERIOD", "TOMORROW"]
PRESETS: Final[Mapping[Preset, Mapping[TicLabel, str]]] = {
    "zigbee2mqtt": {
        "PTEC": "active_register_tier_delivered",
        "DEMAIN": "tomorrow_color",
        "LTARF": "current_price",
        "NTARF": "current_index_tarif",
        "STGE": "status_register",
        "TOMORROW": "status_register_breakout.tempo_demain",
    },
    "teleinfo2mqtt": {
        **{name: f"{name}.raw" for name in ("PTEC", "DEMAIN", "LTARF", "NTARF", "STGE")},
        **{name: f"{name}.timestamp.date" for name in ("DPM1", "DPM2")},
    },
    "tasmota": {name: f"TIC.{name}" for name in ("PTEC", "DEMAIN", "LTARF", "NTARF", "STGE", "DPM1", "DPM2")},
    "tasmota_contract": {"TODAY": "CONTRACT.color", "PERIOD": "CONTRACT.hour", "TOMORROW": "CONTRACT.tmrw"},
}


class EcoDeviceSettings(Settings):
    """An EcoDevice v1 at the meter's teleinformation."""

    host: str = Field(min_length=1, max_length=253, examples=["192.168.1.40"])
    port: Port = Field(default=80, examples=[80])
    input: Annotated[int, Field(ge=1, le=2)] = Field(default=1, examples=[1])
    """Which of its two inputs the meter is on."""
    format: Format = "json"
    """`json`; `xml` for older firmware."""
    user: str | None = Field(default=None, examples=["admin"])
    password: str | None = Field(default=None, examples=["${ECODEVICE_PASSWORD}"])
    poll_s: float = Field(default=30.0, ge=10, le=600, examples=[30])
    """It is slow: ten seconds are the least."""


class TicSettings(Settings):
    """The meter's teleinformation, as another program says it on the broker."""

    topic: TopicName = Field(examples=["zigbee2mqtt/linky"])
    preset: Preset | None = Field(default=None, examples=["zigbee2mqtt"])
    """Which program says it. `tasmota_contract` is the build of NicolasBernaerts."""
    fields: dict[TicLabel, PathText] = Field(default_factory=dict, examples=[{"PTEC": "tic.PTEC"}])
    """Where the meter's labels are, as dotted paths; beside the preset's, or without one."""

    @property
    def paths(self) -> Mapping[TicLabel, str]:
        """Where each label is."""
        return {**(PRESETS[self.preset] if self.preset else {}), **self.fields}

    @model_validator(mode="after")
    def _knows_where(self) -> Self:
        if not self.paths:
            raise ValueError(f"tic needs a `preset` ({', '.join(PRESETS)}) or `fields`")
        return self


class RteSettings(Settings):
    """The feeds of RTE's public page: no account."""

    url: Url = Field(default="https://www.services-rte.com/cms/open_data/v1", examples=["http://192.168.1.5/v1"])


class OfficialSettings(Settings):
    """RTE's official API, with a free account on data.rte-france.com."""

    client_id: str = Field(min_length=1, examples=["${RTE_CLIENT_ID}"])
    client_secret: str = Field(min_length=1, examples=["${RTE_CLIENT_SECRET}"])
    url: Url = Field(default="https://digital.iservices.rte-france.com", examples=["http://192.168.1.5"])


class CouleurSettings(Settings):
    """api-couleur-tempo.fr: no account."""

    url: Url = Field(default="https://www.api-couleur-tempo.fr/api", examples=["http://192.168.1.5/api"])


class Sources(Settings):
    """Who tells of a Tempo day. The meter's word comes first, and the others are compared with it."""

    ecodevice: EcoDeviceSettings | None = None
    tic: TicSettings | None = None
    rte_official: OfficialSettings | None = None
    rte: RteSettings | None = None
    api_couleur_tempo: CouleurSettings | None = None

    def names(self) -> tuple[str, ...]:
        """Those that are set, the first to be believed in front."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is not None)


class ExportSettings(Settings):
    """What feeding in earns."""

    as_import: bool = Field(default=False, examples=[True])
    """As much as the same kWh costs (net metering)."""
    prices: tuple[FlatPrice, ...] = Field(default=(), examples=[[{"eur_per_kwh": 0.04}]])

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.as_import is bool(self.prices):
            raise ValueError("export needs either `prices` or `as_import: true`")
        return self


class CapacitySettings(Settings):
    """A part of the contract that is paid by the month's highest mean power."""

    eur_per_kw_year: float = Field(gt=0, le=10_000, examples=[45.0])
    floor_w: float = Field(default=2500.0, ge=0, le=100_000, examples=[2500])
    """A month counts as at least this."""
    window_s: Annotated[int, Field(ge=60, le=3600)] = Field(default=900, examples=[900])


class Config(ServiceSettings):
    """Section `tempo` of `ballast.yaml`."""

    contract: ContractSettings = Field(examples=[{"kind": "tempo"}])
    sources: Sources = Sources()
    export: ExportSettings | None = None
    """Absent: not known."""
    capacity: CapacitySettings | None = None

    @model_validator(mode="after")
    def _somebody_tells_of_the_days(self) -> Self:
        is_tempo = self.contract.kind == "tempo"
        if is_tempo is not bool(self.sources.names()):
            raise ValueError(
                "a Tempo contract needs at least one of the `sources`, for example `sources: {rte: {}}`"
                if is_tempo
                else "only a Tempo contract has `sources`"
            )
        return self

    def spoken(self) -> tuple[Spoken, ...]:
        """Topics on which other programs tell."""
        day_ahead = self.contract.day_ahead if isinstance(self.contract, DynamicContract) else None
        tic = self.sources.tic
        topics = (tic.topic if tic else None, day_ahead.topic if day_ahead else None)
        return tuple(Spoken("read", topic) for topic in topics if topic is not None)
