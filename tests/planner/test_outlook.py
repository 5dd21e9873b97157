"""The time ahead: its slots, prices that nobody knows yet, and what the house may draw."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from common.contract import Forecast, ForecastSlot, TariffSlot, TariffState
from services.planner.expected import Expected
from services.planner.heard import Heard
from services.planner.outlook import Outlook, Wanting, look_ahead
from services.planner.timeline import Timeline
from tests.planner.home import HOUR_MS, forecast

NOW_MS = int(datetime(2026, 4, 18, 9, 7, tzinfo=UTC).timestamp() * 1000)
DAY_BEGAN_MS = NOW_MS // (24 * HOUR_MS) * 24 * HOUR_MS
DAY_H = 36.0


def slot(start_h: float, end_h: float, price: float | None, **more: Any) -> TariffSlot:  # what a tariff may tell
    """Hours counted from midnight (UTC) of the running day."""
    usual = {"export_eur_per_kwh": 0.04, "band": "spot", "severity": 0, "certainty": "final"}
    times = {"start_ms": DAY_BEGAN_MS + round(start_h * HOUR_MS), "end_ms": DAY_BEGAN_MS + round(end_h * HOUR_MS)}
    return TariffSlot.model_validate({**usual, **times, "price_eur_per_kwh": price, **more})


def tariff(*slots: TariffSlot, **more: Any) -> TariffState:
    usual = {
        "contract": "tempo", "revision": 1, "band": "spot", "certainty": "final", "slots": slots,
        "until_ms": slots[0].end_ms, "tomorrow_starts_ms": slots[-1].start_ms, "tomorrow_certainty": "unknown",
        "valid_until_ms": slots[-1].end_ms,
    }  # fmt: skip
    return TariffState.model_validate({**usual, **more})


def ahead(told: TariffState, past: Sequence[TariffSlot] = (), hours: float = DAY_H) -> Outlook:
    return look_ahead(NOW_MS, round(hours * HOUR_MS), Timeline(told, past, None), Expected(forecast(NOW_MS, 500), None))


def test_slots_are_quarter_hours_and_begin_where_a_price_changes() -> None:
    told = tariff(slot(0, 9.4, 0.2), slot(9.4, 72, 0.3))
    seen = ahead(told, hours=2.2)
    assert [round((at - NOW_MS) / 60_000) for at in seen.starts_ms] == [0, 8, 17, 23, *range(38, 129, 15)]
    assert seen.scenarios[0].import_eur_per_kwh == (0.2, 0.2, *[0.3] * 8)
    assert seen.scenarios[0].base_w == [500.0] * 10
    assert sum(seen.hours) == pytest.approx(128 / 60)


def test_a_change_in_the_middle_of_a_moment_makes_no_slot_of_its_own() -> None:
    told = tariff(slot(0, 9.2501, 0.2), slot(9.2501, 72, 0.3))
    assert [round((at - NOW_MS) / 60_000) for at in ahead(told, hours=0.5 + 2).starts_ms][:3] == [0, 8, 23]


def test_it_ends_where_the_forecast_or_the_price_does() -> None:
    known = tariff(slot(0, 72, 0.2))
    short = Expected(forecast(NOW_MS, 500, hours=5), None)
    seen = look_ahead(NOW_MS, 36 * HOUR_MS, Timeline(known, (), None), short)
    assert seen.starts_ms[-1] - NOW_MS == pytest.approx(4.88 * HOUR_MS, abs=HOUR_MS / 60)
    priced = ahead(tariff(slot(0, 14, 0.2)))
    assert priced.starts_ms[-1] == DAY_BEGAN_MS + 14 * HOUR_MS


def test_less_than_two_hours_are_no_time_to_plan_for() -> None:
    with pytest.raises(Wanting, match="two hours ahead"):
        ahead(tariff(slot(0, 10, 0.2)))


def test_an_unknown_price_now_is_no_price() -> None:
    with pytest.raises(Wanting, match="price of energy is not known"):
        ahead(tariff(slot(0, 10, None), slot(10, 72, 0.2)))


def test_a_price_that_is_not_published_yet_is_that_of_the_day_before() -> None:
    """Prices of tomorrow come at one o'clock; those of this morning are remembered."""
    heard = Heard()
    heard.price(tariff(slot(0, 6, 0.11), slot(6, 12, 0.22), slot(12, 24, 0.33)))
    heard.price(tariff(slot(6, 12, 0.22), slot(12, 24, 0.33), revision=2))
    assert heard.tariff is not None
    seen = ahead(heard.tariff, heard.past)
    prices = seen.scenarios[0].import_eur_per_kwh
    starts_h = [(at - DAY_BEGAN_MS) / HOUR_MS for at in seen.starts_ms]
    assert starts_h[-1] == pytest.approx(45, abs=0.26)
    assert {price for at, price in zip(starts_h, prices, strict=False) if 24 <= at < 30} == {0.11}
    assert {price for at, price in zip(starts_h, prices, strict=False) if 30 <= at < 36} == {0.22}


def assumed(**left: int | None) -> Outlook:
    """A blue day; nobody says yet what tomorrow, from six in the morning on, will be, so it is told as red."""
    red = {"certainty": "assumed", "severity": 2}
    return ahead(tariff(slot(-18, 6, 0.15), slot(6, 30, 0.16), slot(30, 78, 0.70, **red), **left))


def test_a_day_that_is_only_assumed_may_be_an_ordinary_one() -> None:
    seen = assumed(days_left_0=60, days_left_1=20, days_left_2=20)
    worst, ordinary = seen.scenarios
    assert (worst.probability, ordinary.probability) == (0.2, 0.8)
    assert worst.import_eur_per_kwh[-1] == 0.70
    assert ordinary.import_eur_per_kwh[-1] == 0.16
    assert seen.starts_ms[seen.common_slots] == DAY_BEGAN_MS + 30 * HOUR_MS, "they agree until then"


def test_where_nobody_counts_days_the_worst_is_reckoned_with() -> None:
    assert [each.import_eur_per_kwh[-1] for each in assumed().scenarios] == [0.70]


def test_of_days_that_are_used_up_none_comes() -> None:
    seen = assumed(days_left_0=60, days_left_1=20, days_left_2=0)
    assert [each.import_eur_per_kwh[-1] for each in seen.scenarios] == [0.16]


def test_how_else_it_may_turn_out_follows_from_the_quantiles_of_house_and_sun() -> None:
    def course(low_w: float, mid_w: float, high_w: float) -> Forecast:
        span = {"start_ms": NOW_MS, "end_ms": NOW_MS + HOUR_MS}
        return Forecast(issued_ms=NOW_MS, slots=(ForecastSlot(**span, p10_w=low_w, p50_w=mid_w, p90_w=high_w),))

    drawn = Expected(course(400, 500, 900), course(700, 1000, 1100)).over(NOW_MS, NOW_MS + 900_000)
    assert drawn is not None
    assert drawn.base_w == -500
    assert drawn.ways_w == pytest.approx((-0.956 * 2**0.5 * 100, 0, 0.956 * 500))
    assert Expected(course(500, 500, 500), None).over(NOW_MS, NOW_MS + 900_000) == (500, (0.0,))
