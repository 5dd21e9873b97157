"""Settings are plain words and numbers, written by people and programs each in their way. Pure."""

import math


def is_same(one: str, other: str) -> bool:
    """Whether two values of a setting mean the same: 0 and 0.0 do, On and on do."""
    first, second = number(one), number(other)
    if first is not None and second is not None:
        return math.isclose(first, second, abs_tol=1e-9)
    return one.strip().casefold() == other.strip().casefold()


def number(text: str | None) -> float | None:
    """A finite number, or None."""
    try:
        found = float(text or "nan")
    except ValueError:
        return None
    return found if math.isfinite(found) else None
