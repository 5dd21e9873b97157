"""The fields that every JSON message starts with, and the rules that every payload shares."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


def _cut(most: int) -> BeforeValidator:
    """Words for people are cut to their limit, not refused: an alert must not die of its own length."""
    return BeforeValidator(lambda text: text[:most] if isinstance(text, str) else text)


def _whole(value: object) -> object:
    if type(value) is not int:
        raise PydanticCustomError("whole", "Input should be a whole number")
    return value


PowerW = Annotated[float, Field(ge=-1_000_000, le=1_000_000)]
"""Active power in W; a house that draws a megawatt has a broken meter."""
EnergyWh = Annotated[int, Field(ge=0, le=10**13)]
"""A lifetime counter in whole Wh, per direction."""
Percent = Annotated[float, Field(ge=0, le=100)]
TimestampMs = Annotated[int, Field(ge=0, le=10**14)]
"""UTC milliseconds since 1970."""
Id = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]
Word = Annotated[str, Field(max_length=64)]
"""An identifier, or one of an open set."""
Label = Annotated[str, _cut(64), Field(max_length=64)]
"""A name that a device gives itself; the rest of a longer one is lost."""
Sentence = Annotated[str, _cut(300), Field(max_length=300)]
"""For people; the rest of a longer one is lost."""
Place = Annotated[str, _cut(120), Field(max_length=120)]
"""A topic of another program's; the rest of a longer one is lost."""
Whole = BeforeValidator(_whole)
"""For a choice of numbers: JSON's true and 1.0 are equal to 1 in Python, and are none of ours."""
Quality = Literal["good", "estimated", "stale", "bad"]


class Payload(BaseModel):
    """A body on the wire: frozen, strict, finite; readers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False, extra="ignore", defer_build=True)


class Envelope(Payload):
    """Who said it, when it was measured, and which message of its topic it is."""

    v: Annotated[Literal[1], Whole]
    """Major version of the contract."""
    ts_ms: TimestampMs
    """When the quantity was measured, not when it was sent."""
    seq: Annotated[int, Field(ge=0)]
    """Counts up per topic and boot, from 0."""
    boot: Annotated[str, Field(min_length=1, max_length=32)]
    """Random per start of the sender; with `seq` it finds gaps, repeats and restarts."""
    src: Annotated[str, Field(min_length=1, max_length=128)]
    """The sender's account on the broker."""
