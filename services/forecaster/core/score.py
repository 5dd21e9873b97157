"""How good the forecasts of the last days were, beside the simplest one there is: as it was."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

from services.forecaster.core.quarters import QUARTER_S, Expected

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


def score(told: Iterable[Expected], measured: Mapping[int, float], lead_s: int) -> Score | None:
    """Judge forecasts made `lead_s` before, by what was measured; quarters in which nothing was and should be are out.

    The simplest forecast says for each quarter what was measured last at the time, or a day before.
    """
    judged: list[tuple[Expected, float, float]] = []
    for expected in told:
        came_w, before_w = measured.get(expected.start_s), measured.get(expected.start_s - _back(lead_s))
        if came_w is not None and before_w is not None and (came_w or expected.p50_w):
            judged.append((expected, came_w, before_w))
    if not judged:
        return None
    n = len(judged)
    mae_w = sum(abs(each.p50_w - came_w) for each, came_w, _ in judged) / n
    as_it_was_w = sum(abs(before_w - came_w) for _, came_w, before_w in judged) / n
    return Score(
        quarters=n,
        mae_w=mae_w,
        bias_w=sum(each.p50_w - came_w for each, came_w, _ in judged) / n,
        pinball_w=sum(_pinball(each, came_w) for each, came_w, _ in judged) / n,
        skill=1 - mae_w / as_it_was_w if as_it_was_w > 0 else 0.0,
    )


def _back(lead_s: int) -> int:
    """How far before a quarter the newest one lies that was over when it was forecast; a whole day stays one."""
    return lead_s if lead_s % 86_400 == 0 else lead_s + QUARTER_S


def _pinball(expected: Expected, came_w: float) -> float:
    return sum(
        max(share * (came_w - told_w), (share - 1) * (came_w - told_w))
        for share, told_w in ((0.1, expected.p10_w), (0.5, expected.p50_w), (0.9, expected.p90_w))
    ) / 3  # fmt: skip
