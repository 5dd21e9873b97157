"""The edge of a cloud goes on; what turns or jumps does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.trend import JUMP_W, Trend


def seen(*rests_w: float) -> float:
    trend = Trend()
    for rest_w in rests_w:
        trend = trend.watch(rest_w)
    return trend.per_reading_w


@pytest.mark.parametrize(
    ("rests_w", "per_reading_w"),
    [
        ((0, 80, 140), 60),
        ((0, -80, -140), -60),
        ((0, 80, 60), 0),
        ((0, 80, 80), 0),
        ((300, 300, 2300), 0),
        ((300, 1300, 2300), 0),
        ((0, 80), 0),
        ((), 0),
    ],
)
def test_what_the_last_readings_agree_on_is_carried_on(rests_w: tuple[float, ...], per_reading_w: float) -> None:
    assert seen(*rests_w) == per_reading_w


@given(st.lists(st.floats(-5000, 5000), max_size=6))
def test_it_is_never_more_than_the_last_change_nor_a_jump(rests_w: list[float]) -> None:
    trend_w = seen(*rests_w)
    assert abs(trend_w) <= JUMP_W
    assert not trend_w or abs(trend_w) <= abs(rests_w[-1] - rests_w[-2])
