"""Where values come from: topics of other programs and the members of their JSON."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from common.config import Settings


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
Text = Annotated[str, BeforeValidator(_quoted), Field(max_length=200)]


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
