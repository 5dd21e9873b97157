"""What an owner may set about groups: batteries that share a place in the order, radiators that take turns."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from common.config import Settings
from common.config.settings import DeviceId


def _word(value: object) -> object:
    """YAML takes `off` for false."""
    return "off" if value is False else value


Rest = Annotated[Literal["off", "frost_free", "eco"], BeforeValidator(_word)]
Phase = Literal[1, 2, 3]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
VOLTAGE_V = 230.0
MOST_NAMES = 320
"""So that the state of a group stays below a kilobyte."""


class ShareGroup(Settings):
    """Batteries that stand at one place of the order and share what comes there."""

    kind: Literal["share"] = "share"
    members: tuple[DeviceId, ...] = Field(min_length=1, examples=[["garage_battery", "cellar_battery"]])


class Member(Settings):
    """One entry of a rotation. An output listed twice gets twice the turns, and is on if any of its entries is."""

    output: DeviceId = Field(examples=["lounge_window"])
    """The switch or pilot wire of the radiator."""
    request: DeviceId | None = Field(default=None, examples=["lounge_thermostat"])
    """The thermostat that asks for heat (`ems/request/<id>/state`); several radiators may have the same one. Absent:
    it asks while `set/heat/<output>` is on."""
    power_w: float = Field(gt=0, le=100_000, examples=[1500])
    """Rated power. Where the switch measures more, that counts."""
    weight: float = Field(default=1.0, gt=0, le=100, examples=[2])
    """Its share of the time beside the others'."""
    min_on_s: Seconds = Field(default=0.0, examples=[60])
    """Once on, it stays on for so long, unless the limit falls."""
    min_off_s: Seconds = Field(default=0.0, examples=[60])
    phase: Phase | None = Field(default=None, examples=[1])
    """The phase it hangs on; absent: the group's, or what its bridge says."""
    protected: bool = Field(default=False, examples=[True])
    """Gets its turn before the others, and is shed last."""
    rest: Rest = Field(default="off", examples=["frost_free"])
    """On a pilot wire: the order it gets while it is not its turn."""
    away: Rest = Field(default="off", examples=["frost_free"])
    """On a pilot wire: the order it gets while you are away."""


class OtherLoad(Settings):
    """A measurement of what does not heat."""

    meter: DeviceId | None = Field(default=None, examples=["kitchen_meter"])
    """A meter or load of ours, in W."""
    request: DeviceId | None = Field(default=None, examples=["house_current"])
    """Any number on MQTT, taken in by the relay bridge as a request."""
    unit: Literal["W", "kW", "VA", "kVA", "A"] = Field(default="W", examples=["A"])
    """Of that number. A is taken at 230 V."""

    @property
    def watts_per_unit(self) -> float:
        """What one of its unit is in W."""
        return {"W": 1.0, "VA": 1.0, "kW": 1000.0, "kVA": 1000.0, "A": VOLTAGE_V}[self.unit]

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.meter is None) == (self.request is None):
            raise ValueError("a source is either a meter (meter: kitchen_meter) or a number (request: house_current)")
        if self.meter is not None and self.unit != "W":
            raise ValueError("a meter tells W; unit goes with request")
        return self


class Budget(Settings):
    """What the connection leaves for the group, from measurement."""

    limit_w: float | None = Field(default=None, gt=0, le=500_000, examples=[6900])
    """The most the house may draw; absent: the site's connection."""
    limit_kva: float | None = Field(default=None, gt=0, le=500, examples=[6])
    """The contract's subscribed power."""
    limit_a: float | None = Field(default=None, gt=0, le=400, examples=[30])
    """Per phase."""
    margin_w: float = Field(default=200.0, ge=0, le=100_000, examples=[300])
    """Kept free of it."""
    others: tuple[OtherLoad, ...] = Field(default=(), max_length=16, examples=[[{"meter": "kitchen_meter"}]])
    """Meters of everything that does not heat. Absent: the grid meter, less what the group draws."""
    unmeasured_w: float = Field(default=0.0, ge=0, le=500_000, examples=[1500])
    """What the group may draw while the meters are silent."""


PRESETS = {"thresholds_20_a": (3800.0, 4000.0, 4400.0, 4600.0)}


class GroupLimit(Settings):
    """How much of a rotation may heat at the same time: so many, so many W, or both."""

    active_by_mode: tuple[Annotated[int, Field(ge=0, le=64)], ...] = Field(
        default=(), max_length=10, examples=[[5, 3, 1, 0]]
    )
    """How many may heat, by saving mode (`set/saving_mode`), from 0 on. The last is 0: all off."""
    rising_w: tuple[Annotated[float, Field(gt=0, le=500_000)], ...] = Field(
        default=(), max_length=9, examples=[[3800, 4000, 4400, 4600]]
    )
    """The saving mode by what the house draws: above each of these it is one more."""
    preset: Literal["thresholds_20_a"] | None = Field(default=None, examples=["thresholds_20_a"])
    """In place of `rising_w`: 3800, 4000, 4400, 4600 W, for a connection or contract of 20 A."""
    release_s: float = Field(default=180.0, ge=0, le=3600, examples=[180])
    """So long the house must have been below one, with room for the radiators that come back, before it is one less."""
    budget: Budget | None = Field(default=None, examples=[{"margin_w": 300}])
    relax_s: float = Field(default=90.0, ge=0, le=3600, examples=[90])
    """A limit falls at once, and rises again so long after it rose last."""

    @property
    def thresholds_w(self) -> tuple[float, ...]:
        """The house's power above which the saving mode is 1, 2, …; none: it is chosen by hand."""
        return PRESETS[self.preset] if self.preset else self.rising_w

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        table = self.active_by_mode
        if not table and self.budget is None:
            raise ValueError("a limit is a table (active_by_mode: [5, 3, 1, 0]) or a budget (budget: {margin_w: 300})")
        if table and table[-1] != 0:
            raise ValueError(f"active_by_mode ends with 0, all off: {[*table, 0]}")
        if list(table) != sorted(table, reverse=True):
            raise ValueError(f"active_by_mode allows less with each mode: {sorted(table, reverse=True)}")
        if self.thresholds_w and not table:
            raise ValueError("thresholds choose from active_by_mode, so that is needed as well: [5, 4, 2, 1, 0]")
        if self.rising_w and self.preset:
            raise ValueError("preset and rising_w say the same thing twice: keep one of them")
        if list(self.rising_w) != sorted(self.rising_w):
            raise ValueError(f"rising_w goes up: {sorted(self.rising_w)}")
        return self


class RotationGroup(Settings):
    """Radiators, or other loads, of which some may be on at a time: they take turns."""

    kind: Literal["rotation"]
    members: tuple[Member, ...] = Field(
        min_length=1, max_length=24, examples=[[{"output": "office", "request": "office_thermostat", "power_w": 1500}]]
    )
    limit: GroupLimit = Field(examples=[{"active_by_mode": [5, 3, 1, 0]}])
    step_s: float = Field(default=120.0, ge=10, le=3600, examples=[120])
    """Length of a turn."""
    boost_minutes: float | None = Field(default=None, gt=0, le=1440, examples=[60])
    """When a boost that was switched on without a time ends; absent: not by itself."""
    phase: Phase | None = Field(default=None, examples=[1])
    """The phase all its members hang on."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Each output once, in order."""
        return tuple(dict.fromkeys(member.output for member in self.members))

    def entries(self, output: str) -> tuple[Member, ...]:
        """What is written about one output."""
        return tuple(member for member in self.members if member.output == output)

    def sources(self) -> tuple[OtherLoad, ...]:
        """Whoever measures what does not heat."""
        return self.limit.budget.others if self.limit.budget else ()

    def heard(self) -> frozenset[str]:
        """Everybody whose messages it needs."""
        told = {name for source in self.sources() for name in (source.meter, source.request) if name}
        return frozenset({*self.outputs, *(member.request for member in self.members if member.request), *told})

    @model_validator(mode="after")
    def _table_fits(self) -> Self:
        most = max(self.limit.active_by_mode, default=0)
        if most > len(self.outputs):
            raise ValueError(f"active_by_mode lets {most} heat, but there are {len(self.outputs)} outputs")
        if len(",".join(self.outputs)) > MOST_NAMES:
            raise ValueError(
                f"the names of its outputs are longer than {MOST_NAMES} letters: shorten them, or make two groups"
            )
        return self


def _kind(value: object) -> str:
    return str(value.get("kind", "share") if isinstance(value, dict) else getattr(value, "kind", "share"))


Group = Annotated[Annotated[ShareGroup, Tag("share")] | Annotated[RotationGroup, Tag("rotation")], Discriminator(_kind)]
