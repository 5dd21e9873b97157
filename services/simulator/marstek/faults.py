"""What may go wrong with a fake battery. Everything here may be changed while it runs."""

import math
from dataclasses import dataclass
from typing import Final

USUAL_LOSS: Final = 1 - math.sqrt(0.7)
"""Each way; together 30 % of the exchanges are lost, half of them on the way in."""


@dataclass
class Faults:
    """Probabilities from 0 to 1, and switches."""

    loss_in: float = USUAL_LOSS
    """Requests that never arrive."""
    loss_out: float = USUAL_LOSS
    """Answers that never arrive; what was asked has been done."""
    doubles: float = 0.0
    """Answers that arrive twice, on firmware that sends them once."""
    busy: float = 0.0
    """Requests answered with "parse error" and id 0, undone."""
    refuses: float = 0.0
    """Orders answered with `set_result: false`."""
    ignores: float = 0.0
    """Orders acknowledged and not carried out."""
    is_silent: bool = False
    """Open API is off, or the device hangs: nothing is heard, its own program goes on."""
    has_mute_cells: bool = False
    """The cells do not talk: state of charge and capacity are said to be 0."""
    lacks: frozenset[str] = frozenset()
    """Methods answered with "method not found"."""


def perfect() -> Faults:
    """Nothing goes wrong, for tests of something else."""
    return Faults(loss_in=0.0, loss_out=0.0)
