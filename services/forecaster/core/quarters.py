"""Quarter hours, named by their first second."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final, NamedTuple

from common.means import QUARTER_S, quarter

PER_DAY: Final = 96
AHEAD: Final = 2 * PER_DAY
"""Quarters of a forecast: 48 h."""


class Quarter(NamedTuple):
    """What is known about one quarter hour that is over. None: not known."""

    start_s: int
    pv_w: float | None = None
    """What the roof gave, all sites together."""
    load_w: float | None = None
    """What the house drew, without the devices that the balancer commands."""
    raw_w: float | None = None
    """What the weather promised for it last, before any correction of ours."""


class Expected(NamedTuple):
    """What is expected of one quarter hour to come."""

    start_s: int
    p10_w: float
    p50_w: float
    p90_w: float


def ahead(now_s: float) -> range:
    """The quarters of a forecast made now: the running one is the first."""
    first = quarter(now_s)
    return range(first, first + AHEAD * QUARTER_S, QUARTER_S)


def of_day(start_s: int) -> int:
    """Which of the 96 quarters of a day in UTC."""
    return start_s % 86_400 // QUARTER_S


def local(start_s: int, zone: tzinfo) -> tuple[int, int]:
    """Day of the week (Monday is 0) and quarter of the day on the clock on the wall."""
    when = datetime.fromtimestamp(start_s, UTC).astimezone(zone)
    return when.weekday(), (when.hour * 60 + when.minute) // 15


def weighted_quantile(pairs: Sequence[tuple[float, float]], share: float) -> float:
    """The value below which this share of the weight lies. `pairs`: (value, weight > 0), ascending, not empty."""
    due, passed = share * sum(weight for _, weight in pairs), 0.0
    for value, weight in pairs:
        passed += weight
        if passed >= due:
            return value
    return pairs[-1][0]
