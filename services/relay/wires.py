"""What an owner may set about pilot wires."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from common.config import Settings
from common.config.settings import DeviceId


class PilotWireSettings(Settings):
    """The pilot wire of a radiator, made of relays that are described elsewhere in this section."""

    positive: DeviceId | None = Field(default=None, examples=["lounge_plus"])
    """The relay whose diode lets the positive half wave through: off."""
    negative: DeviceId | None = Field(default=None, examples=["lounge_minus"])
    """The relay whose diode lets the negative half wave through: frost-free. Both together are eco, none is comfort."""
    inverted: bool = Field(default=False, examples=[True])
    """The diodes are mounted the other way round."""
    phase: Literal[1, 2, 3] | None = Field(default=None, examples=[1])
    """The phase the radiator hangs on."""

    def halves(self) -> Mapping[str, str]:
        """Its relays, by the half wave that they really let through."""
        named = {"positive": self.positive, "negative": self.negative}
        if self.inverted:
            named = {"positive": self.negative, "negative": self.positive}
        return {half: relay for half, relay in named.items() if relay is not None}

    @model_validator(mode="after")
    def _has_a_relay(self) -> Self:
        if self.positive is None and self.negative is None:
            raise ValueError("a pilot wire needs a relay: positive: lounge_plus, negative: lounge_minus, or both")
        return self
