"""What an owner may set about Domoticz: which of our values goes to which idx, and which idx asks for what."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from common.config import ServiceSettings, Settings, Spoken

Idx = Annotated[int, Field(ge=1, le=10_000_000)]
Kind = Literal["usage", "kwh", "p1", "percent", "custom", "temperature", "text", "switch"]
TopicName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^+#$\x00]+$")]
MIN_CHANGE = {"usage": 10.0, "kwh": 10.0, "p1": 10.0, "percent": 1.0, "temperature": 0.1}
"""Least change that is told, in the unit of the value."""


def _word(value: object) -> object:
    """YAML takes `off` and `on` for false and true; numbers are written as people write them."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, int | float) else value


Wish = Annotated[str, BeforeValidator(_word), Field(max_length=100)]
"""What the balancer is asked for; empty: back to the value of the file."""


class Push(Settings):
    """One of our values, on its way to Domoticz."""

    idx: Idx = Field(examples=[12])
    """As shown under Setup > Devices."""
    device: str = Field(
        pattern=r"^(meter|battery|pv|switch|load|ev|request)/[a-z0-9_-]{1,32}$|^balancer/main$", examples=["meter/p1"]
    )
    """Whose value: its class and name, as in the topic."""
    kind: Kind = Field(examples=["usage"])
    """Type of the virtual device there: Usage, kWh, P1, Percentage, Custom, Temperature, Text or Switch."""
    field: str = Field(default="power_w", pattern="^[a-z0-9_]{1,40}$", examples=["soc_pct"])
    """Which of its values; not for `p1`."""
    energy_field: str = Field(default="energy_import_wh", pattern="^[a-z0-9_]{1,40}$", examples=["energy_export_wh"])
    """`kwh`: its counter."""
    part: Literal["all", "import", "export"] = "all"
    """`import`: only what is above zero; `export`: only what is below, without its sign."""
    min_change: float | None = Field(default=None, ge=0, examples=[20])
    """Smaller changes are not told."""
    each_s: float = Field(default=10.0, ge=1, le=3600, examples=[10.0])
    """Least time between two messages."""

    @property
    def threshold(self) -> float:
        """The least change that is told."""
        return MIN_CHANGE.get(self.kind, 0.0) if self.min_change is None else self.min_change


class Take(Settings):
    """One device of Domoticz that asks the balancer for a setting."""

    idx: Idx = Field(examples=[20])
    setting: str = Field(pattern=r"^[a-z0-9_]{1,32}(/[a-z0-9_-]{1,32})?$", examples=["mode"])
    """What it asks for: `mode`, `target_grid_w`, `force_minutes/<device>`, …"""
    kind: Literal["switch", "selector", "setpoint"] = Field(examples=["selector"])
    """A switch, a selector switch, or a set-point (thermostat, percentage)."""
    when_on: Wish = Field(default="on", examples=["60"])
    """`switch`: what on asks for."""
    when_off: Wish = Field(default="off", examples=["0"])
    levels: dict[int, Wish] = Field(default_factory=dict, examples=[{0: "off", 10: "auto", 20: "manual"}])
    """`selector`: what each level asks for."""

    @model_validator(mode="after")
    def _a_selector_has_levels(self) -> Self:
        if (self.kind == "selector") is not bool(self.levels):
            raise ValueError("a selector needs `levels`, and nothing else has any")
        return self


class Config(ServiceSettings):
    """Section `domoticz` of `ballast.yaml`."""

    in_topic: TopicName = Field(default="domoticz/in", examples=["domoticz/in"])
    out_topic: TopicName = Field(default="domoticz/out", examples=["domoticz/out"])
    stale_after_s: float = Field(default=120, ge=10, le=3600, examples=[120])
    """A value that was measured longer ago is not passed on."""
    push: tuple[Push, ...] = Field(
        default=(), max_length=500, examples=[[{"idx": 12, "device": "meter/p1", "kind": "p1"}]]
    )
    take: tuple[Take, ...] = Field(
        default=(), max_length=100, examples=[[{"idx": 20, "setting": "target_grid_w", "kind": "setpoint"}]]
    )

    @model_validator(mode="after")
    def _each_idx_once(self) -> Self:
        known = [push.idx for push in self.push] + [take.idx for take in self.take]
        twice = sorted({idx for idx in known if known.count(idx) > 1})
        if twice:
            raise ValueError(f"idx {', '.join(map(str, twice))} stands more than once")
        return self

    def spoken(self) -> tuple[Spoken, ...]:
        """Domoticz's two topics, and those below the second."""
        out = (Spoken("read", self.out_topic), Spoken("read", f"{self.out_topic}/#"))
        return (Spoken("readwrite", self.in_topic), *out)
