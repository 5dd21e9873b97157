"""When a value is told: after a change that matters, not too often, and every half hour in any case. Pure."""

import math
from dataclasses import dataclass
from typing import Final

from services.domoticz.wire import Value

KEEP_ALIVE_S: Final = 1800.0


@dataclass(frozen=True, slots=True)
class Told:
    """What was told last."""

    value: Value | None = None
    at_s: float = -math.inf


def is_due(told: Told, value: Value, threshold: float, each_s: float, now_s: float) -> bool:
    """Whether to tell `value` now."""
    if told.value is None or now_s - told.at_s >= KEEP_ALIVE_S:
        return True
    return now_s - told.at_s >= each_s and _has_changed(told.value, value, threshold)


def _has_changed(one: Value, other: Value, threshold: float) -> bool:
    steps = (abs(first - second) for first, second in zip(one.measure, other.measure, strict=True))
    return any(step >= threshold and step > 0 for step in steps)
