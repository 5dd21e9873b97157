"""An hour around noon of each of the three days of `make bench-control`, and ten minutes beside a loop."""

import pytest

from tests.bench.beside_a_loop import run
from tests.bench.days import DAYS, MIN_S, Day, older, ours

NOON_S = 5 * 3600.0
HOUR_S = 3600.0


@pytest.mark.promise("2.10-06")
@pytest.mark.promise("2.10-14")
@pytest.mark.parametrize(
    ("day", "most_pct"), list(zip(DAYS, (1.0, 5.0, 1.0), strict=True)), ids=[day.name for day in DAYS]
)
def test_optional_loads_live_on_the_sun_and_minimum_times_hold(day: Day, most_pct: float) -> None:
    figures = ours(day, 1, HOUR_S, NOON_S)
    share_pct, shortest_s = figures["optional_import_pct"], figures["shortest_between_s"]
    assert share_pct is None or (isinstance(share_pct, float) and share_pct <= most_pct)
    assert shortest_s is None or (isinstance(shortest_s, float) and shortest_s >= MIN_S - 1)


@pytest.mark.promise("2.10-18")
def test_the_older_scheduler_lives_in_the_same_house() -> None:
    figures = older(DAYS[0], 1, HOUR_S, NOON_S)
    assert figures["boiler_wh"] == pytest.approx(2000, rel=0.1)
    assert figures["import_wh"] == 0


@pytest.mark.parametrize(("slow", "p50_s", "worst_s", "circulated_wh"), [(False, 14, 23, 0.1), (True, 20, 40, 12)])
def test_a_dosed_battery_beside_one_that_balances_by_itself(
    slow: bool, p50_s: float, worst_s: float, circulated_wh: float
) -> None:
    quality = run(2, 1 / 6, slow=slow)
    assert quality.settle_p50_s is not None
    assert quality.settle_p50_s <= p50_s
    assert quality.settle_worst_s is not None
    assert quality.settle_worst_s <= worst_s
    assert quality.circulated_wh_per_h <= circulated_wh
