"""How a failure is told to the householder, and how long to leave the device alone after it. Pure.

Each bridge has a table of kinds in its own words; the first that fits an error counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from common.errors import DeviceError
from common.retry import backoff_s

FIRST_S: Final = 5.0
OWNERS_TURN_S: Final = 60.0
"""What only the owner can change is looked at once a minute, not more often."""
LONGEST: Final = 300
"""Characters of a sentence in an alert."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble with a device, as an alert."""

    name: str
    text: str
    advice: str
    is_sure: bool = True
    """Worth an alert the first time; the others may be over in a moment."""
    most_s: float | None = None
    """Longest pause before the device is looked for again; None: only its owner can end this trouble."""

    def pause_s(self, failures: int) -> float:
        """How long to leave the device alone after the n-th failure in a row."""
        return OWNERS_TURN_S if self.most_s is None else backoff_s(failures, FIRST_S, self.most_s)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one class of errors is told. Texts may name what `explain` is given."""

    error: type[DeviceError]
    name: str
    text: str
    advice: str | None = None
    """None: the error's own text is the advice."""
    is_sure: bool = True
    most_s: float | None = None


def explain(kinds: Iterable[Kind], error: DeviceError, **words: str) -> Trouble:
    """The trouble behind an error; in its texts `found` stands for the error, and each of `words` for itself."""
    kind = next(kind for kind in kinds if isinstance(error, kind.error))
    advice = str(error) if kind.advice is None else kind.advice.format(found=error, **words)
    text = kind.text.format(found=error, **words)
    return Trouble(kind.name, text[:LONGEST], advice[:LONGEST], kind.is_sure, kind.most_s)
