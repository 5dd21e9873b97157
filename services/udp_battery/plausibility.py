"""Which of a battery's numbers may be believed. Pure; what may not be is dropped, never replaced."""

from typing import Final

from services.udp_battery.wire import Reading

POWER_MARGIN: Final = 1.5
"""A power beyond so many times what the hardware bears is a fault of the telegram."""
JUMP_PCT: Final = 20.0
"""No battery moves so far between two polls."""
COOLEST_C: Final = -20.0
HOTTEST_C: Final = 70.0


def power_w(said_w: float | None, rated_w: float) -> float | None:
    """The power, unless no such battery could have it."""
    return said_w if said_w is not None and abs(said_w) <= POWER_MARGIN * rated_w else None


def temperature_c(said_c: float | None) -> float | None:
    """The temperature, unless a scale is wrong."""
    return said_c if said_c is not None and COOLEST_C <= said_c <= HOTTEST_C else None


def is_doubtful(soc_pct: float | None, before_pct: float | None) -> bool:
    """Whether a state of charge from `ES.GetMode` waits for `ES.GetStatus` to confirm it.

    A battery whose cells do not talk (after a start, in a fault) says 0.
    """
    if soc_pct is None:
        return False
    if before_pct is None:
        return soc_pct == 0
    return (soc_pct == 0 and before_pct > 3) or abs(soc_pct - before_pct) > JUMP_PCT


def soc_pct(said: Reading) -> float | None:
    """The state of charge out of `ES.GetStatus`: unknown beside a capacity of 0, whatever it says."""
    in_range = said.soc_pct is not None and 0 <= said.soc_pct <= 100
    is_placeholder = said.capacity_wh == 0 or (said.capacity_wh is None and said.soc_pct == 0)
    return said.soc_pct if in_range and not is_placeholder else None
