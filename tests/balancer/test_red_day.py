"""The oracle of a red day: the battery it has, no better and no worse."""

import pytest

from tests.bench.red_day import MODEL, foreseen_wh

USABLE_WH = MODEL.capacity_wh * (0.98 - 0.25) * MODEL.discharge_efficiency
HOUR = 3600


def test_it_lives_on_the_battery_down_to_its_floor_and_then_on_the_grid() -> None:
    imported_wh = foreseen_wh([1000.0] * (10 * HOUR), 98, step_s=1.0)
    standby_wh = 10 * MODEL.standby_w
    assert 10_000 - USABLE_WH <= imported_wh <= 10_000 - USABLE_WH + standby_wh


def test_what_the_battery_cannot_give_at_once_is_imported() -> None:
    assert foreseen_wh([MODEL.max_discharge_w + 700] * HOUR, 98, step_s=1.0) == pytest.approx(700, abs=1)


def test_sun_fills_it_again_with_its_losses() -> None:
    sun, evening = [-2000.0] * HOUR, [2000.0] * HOUR
    comes_back_wh = 2000 * MODEL.charge_efficiency * MODEL.discharge_efficiency
    imported_wh = foreseen_wh(sun + evening, 25, step_s=1.0)
    assert imported_wh == pytest.approx(2000 - comes_back_wh, abs=2 * MODEL.standby_w)
