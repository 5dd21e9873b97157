"""Errors of forecasts, beside "as it was"."""

import pytest

from common.means import QUARTER_S
from services.forecaster.core.quarters import Expected
from services.forecaster.core.score import LEADS, score
from tests.forecaster.days import DAY_S, NOON_S

HOUR_S = LEADS["hour"]


def told(*p50_w: float, spread_w: float = 0.0) -> list[Expected]:
    return [Expected(NOON_S + k * QUARTER_S, w - spread_w, w, w + spread_w) for k, w in enumerate(p50_w)]


def came(*watts: float, before: float = 0.0, lead_s: int = DAY_S) -> dict[int, float]:
    """From noon on; and `before` in the quarters that "as it was" goes by."""
    measured = {NOON_S + k * QUARTER_S - lead_s: before for k in range(len(watts))}
    return measured | {NOON_S + k * QUARTER_S: w for k, w in enumerate(watts)}


def test_error_bias_and_skill_beside_yesterday() -> None:
    found = score(told(100, 300), came(200, 200, before=400), DAY_S)
    assert found is not None
    assert (found.quarters, found.mae_w, found.bias_w) == (2, 100, 0)
    assert found.skill == pytest.approx(0.5), "as yesterday would have been off by 200"


def test_worse_than_as_it_was_is_below_zero() -> None:
    found = score(told(900, 900), came(500, 500, before=400), DAY_S)
    assert found is not None
    assert found.bias_w == 400
    assert found.skill == -3


def test_an_hour_ahead_as_it_was_is_what_was_over_when_it_was_forecast() -> None:
    """At 12:00 the quarter from 11:45 is the last one that is known; the forecast is about 13:00."""
    measured = {NOON_S: 500.0, NOON_S - HOUR_S - QUARTER_S: 100.0, NOON_S - HOUR_S: 499.0}
    found = score(told(400), measured, HOUR_S)
    assert found is not None
    assert found.skill == pytest.approx(1 - 100 / 400)


def test_pinball_asks_for_honest_quantiles() -> None:
    sharp, wide = (score(told(200, 200, spread_w=w), came(0, 400, before=1), DAY_S) for w in (0.0, 150.0))
    assert sharp is not None
    assert wide is not None
    assert sharp.mae_w == wide.mae_w
    assert wide.pinball_w < sharp.pinball_w
    exact = score(told(0, 400), came(0, 400, before=1), DAY_S)
    assert exact is not None
    assert exact.pinball_w == 0


def test_nights_and_what_is_not_known_are_not_judged() -> None:
    """No sun expected and none come says nothing about a forecast of the sun."""
    assert score(told(0, 0), came(0, 0, before=5), DAY_S) is None
    assert score(told(100), {NOON_S: 100}, DAY_S) is None, "nothing is known of the day before"
    assert score([], {}, DAY_S) is None
