"""How good the forecasts of the last days were, beside the simplest one there is: as it was."""

from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Final, Literal, NamedTuple

from common.means import QUARTER_S
from services.forecaster.core.quarters import Expected

Kind = Literal["pv", "load"]
Lead = Literal["hour", "day"]
KINDS: Final[tuple[Kind, ...]] = ("pv", "load")
LEADS: Final[Mapping[Lead, int]] = {"hour": 3600, "day": 86_400}
"""Seconds from the forecast to the quarter that is judged."""
WINDOW_S: Final = 7 * 86_400
ENOUGH: Final = 3 * 40
"""Quarters from which on a score means something: three short winter days, or more than a day of the house."""


class Told(NamedTuple):
    """What was forecast, so long before."""

    kind: Kind
    lead: Lead
    expected: Expected


class Score(NamedTuple):
    """Mean errors in W over the quarters that were judged."""

    quarters: int
    mae_w: float
    bias_w: float
    """> 0: more was forecast than came."""
    pinball_w: float
    """Of p10, p50 and p90 together; smaller is better."""
    skill: float
    """1: without error; 0: no better than as it was; below: worse."""


class _Judged(NamedTuple):
    expected: Expected
    came_w: float
    before_w: float
    """What the simplest forecast says."""


def score(told: Iterable[Expected], measured: Mapping[int, float], lead_s: int) -> Score | None:
    """Judge forecasts made `lead_s` before, by what was measured; quarters in which nothing was and should be are out.

    The simplest forecast says for each quarter what was measured last at the time, or a day before.
    """
    judged = [one for expected in told if (one := _judged(expected, measured, lead_s)) is not None]
    if not judged:
        return None
    missed_w = [one.expected.p50_w - one.came_w for one in judged]
    mae_w = fmean(map(abs, missed_w))
    as_it_was_w = fmean(abs(one.before_w - one.came_w) for one in judged)
    return Score(
        quarters=len(judged),
        mae_w=mae_w,
        bias_w=fmean(missed_w),
        pinball_w=fmean(_pinball(one.expected, one.came_w) for one in judged),
        skill=1 - mae_w / as_it_was_w if as_it_was_w > 0 else 0.0,
    )


def _judged(expected: Expected, measured: Mapping[int, float], lead_s: int) -> _Judged | None:
    came_w, before_w = measured.get(expected.start_s), measured.get(expected.start_s - _back(lead_s))
    if came_w is None or before_w is None or not (came_w or expected.p50_w):
        return None
    return _Judged(expected, came_w, before_w)


def _back(lead_s: int) -> int:
    """How far before a quarter the newest one lies that was over when it was forecast; a whole day stays one."""
    return lead_s if lead_s % 86_400 == 0 else lead_s + QUARTER_S


def _pinball(expected: Expected, came_w: float) -> float:
    return sum(
        max(share * (came_w - told_w), (share - 1) * (came_w - told_w))
        for share, told_w in ((0.1, expected.p10_w), (0.5, expected.p50_w), (0.9, expected.p90_w))
    ) / 3  # fmt: skip
