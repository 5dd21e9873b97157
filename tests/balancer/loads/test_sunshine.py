"""How little the sun will bring to one load."""

import pytest

from services.balancer.loads.horizon import Forecast
from services.balancer.loads.sunshine import Thirst, gloom_pct

HOUR_S = 3600.0
DAY = (0.0, 24 * HOUR_S)
DIMMED, SWITCHED = Thirst(1.0, 2000.0, 6000.0), Thirst(2000.0, 2000.0, 6000.0)


def hours(*powers_w: float) -> Forecast:
    """One value an hour."""
    return [(hour * HOUR_S, (hour + 1) * HOUR_S, power_w) for hour, power_w in enumerate(powers_w)]


@pytest.mark.promise("3.10-13")
@pytest.mark.parametrize(
    ("pv", "house", "wanted_pct"),
    [
        ((0, 2300, 2300, 2300), (300, 300, 300, 300), 0),
        ((0, 5300, 5300, 0), (300, 300, 300, 300), 100 / 3),  # no more than the load can take
        ((0, 1800, 1800, 0), (300, 300, 300, 300), 50),
        ((200, 200, 200, 200), (300, 300, 300, 300), 100),
    ],
)
def test_what_is_left_of_the_sun_counts(pv: tuple[float, ...], house: tuple[float, ...], wanted_pct: float) -> None:
    assert gloom_pct(hours(*pv), hours(*house), DAY, DIMMED) == pytest.approx(wanted_pct)


def test_a_switched_load_can_do_nothing_with_less_than_all_of_its_power() -> None:
    assert gloom_pct(hours(0, 1800, 1800), hours(300, 300, 300), DAY, SWITCHED) == 100


def test_what_nobody_knows_is_no_sun() -> None:
    assert gloom_pct(None, hours(300), DAY, DIMMED) == 100
    assert gloom_pct(hours(2300), None, DAY, DIMMED) == 100
    assert gloom_pct(hours(5000, 5000, 5000), hours(0), DAY, DIMMED) == pytest.approx(100 * 2 / 3)


def test_only_the_time_asked_for_counts() -> None:
    sun = hours(2000, 2000, 2000, 2000)
    assert gloom_pct(sun, hours(0, 0, 0, 0), (2 * HOUR_S, 3 * HOUR_S), DIMMED) == pytest.approx(100 * 2 / 3)
    assert gloom_pct(sun, hours(0, 0, 0, 0), (3 * HOUR_S, 2 * HOUR_S), DIMMED) == 100
