"""The fields that every JSON message starts with, and the rules that every payload shares."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

PowerW = Annotated[float, Field(ge=-1_000_000, le=1_000_000)]
"""Active power in W; a house that draws a megawatt has a broken meter."""
EnergyWh = Annotated[int, Field(ge=0, le=10**13)]
"""A lifetime counter in whole Wh, per direction."""
Percent = Annotated[float, Field(ge=0, le=100)]
TimestampMs = Annotated[int, Field(ge=0, le=10**14)]
"""UTC milliseconds since 1970."""
Id = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]
Quality = Literal["good", "estimated", "stale", "bad"]


class Payload(BaseModel):
    """A body on the wire: frozen, strict, finite; readers ignore fields they do not know."""

    model_config = ConfigDict(
        frozen=True, strict=True, allow_inf_nan=False, extra="ignore", use_attribute_docstrings=True
    )


class Envelope(Payload):
    """Who said it, when it was measured, and which message of its topic it is."""

    v: Literal[1]
    """Major version of the contract."""
    ts_ms: TimestampMs
    """When the quantity was measured, not when it was sent."""
    seq: Annotated[int, Field(ge=0)]
    """Counts up per topic and boot, from 0."""
    boot: Annotated[str, Field(min_length=1, max_length=32)]
    """Random per start of the sender; with `seq` it finds gaps, repeats and restarts."""
    src: Annotated[str, Field(min_length=1, max_length=128)]
    """The sender's account on the broker."""
