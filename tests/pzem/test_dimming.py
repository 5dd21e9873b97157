"""From W to percent, as a dimmer's owner wants it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pzem.config import DimmerSettings
from services.pzem.curve import Curve
from services.pzem.dimming import level, shortfall
from tests.pzem.test_curve import PUBLISHED

SETTINGS = DimmerSettings(topic="regul/vload/ECS", min_power_w=101, min_percent=4)
CURVE = Curve.of_points(PUBLISHED)


@pytest.mark.promise("3.10-07")
@pytest.mark.parametrize(
    ("power_w", "percent"), [(0, 0), (-50, 0), (100.9, 0), (101, 20), (1150, 50), (2299, 100), (9000, 100)]
)
def test_less_than_the_least_is_off_and_off_is_0(power_w: float, percent: int) -> None:
    assert level(power_w, CURVE, SETTINGS) == pytest.approx(percent, abs=1 if percent == 20 else 0)


def test_less_than_the_least_percentage_is_off_as_well() -> None:
    wide = DimmerSettings(topic="regul/vload/ECS", min_power_w=0, min_percent=30)
    assert (level(300, CURVE, wide), level(360, CURVE, wide)) == (0, 30)


@pytest.mark.promise("3.10-08")
def test_two_dimmers_have_two_curves() -> None:
    assert level(500, CURVE, SETTINGS) == 34
    assert level(500, Curve.of_theory(1000), SETTINGS) == 50


@given(st.floats(0, 5000), st.floats(0, 2000), st.integers(1, 50))
def test_a_level_is_0_or_within_what_the_owner_allows(power_w: float, least_w: float, least_percent: int) -> None:
    settings = DimmerSettings(topic="regul/vload/ECS", min_power_w=least_w, min_percent=least_percent)
    percent = level(power_w, CURVE, settings)
    assert percent == 0 or (least_percent <= percent <= 100 and power_w >= least_w)


def test_what_it_cannot_give_is_said() -> None:
    assert shortfall(50, 0, CURVE) == "50 W is less than it can be dimmed to; it is off"
    assert shortfall(9000, 100, CURVE) == "it gives 2299 W at 100 %"
    assert shortfall(1160, 50, CURVE) == ""
    assert shortfall(0, 0, CURVE) == ""
