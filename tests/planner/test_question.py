"""From what was heard to a problem."""

from math import inf, sqrt
from typing import Any

import pytest

from common.config import SiteSettings
from common.contract import BatteryState, MeterState
from services.planner.heard import Dated, Heard
from services.planner.question import Question, question
from tests.planner.home import BATTERY, HOUR_MS, PARIS, boiler, config, forecast, tariff

NOW_MS = 1_795_158_000_000
"""A whole quarter hour."""


def heard(soc_pct: float | None = 50.0, **more: Any) -> Heard:  # fields of what was heard
    known = Heard(
        forecasts={"load": forecast(NOW_MS, 500), "pv": forecast(NOW_MS, 200)},
        terms={"garage": Dated(BATTERY, NOW_MS), "boiler": Dated(boiler(NOW_MS), NOW_MS)},
        batteries={"garage": Dated(BatteryState(soc_pct=soc_pct), NOW_MS)},
        **more,
    )
    known.price(tariff(NOW_MS, lambda hour: False, peak_eur_per_kw_year=48.0, peak_floor_w=2500.0, peak_window_s=900))
    return known


def asked(known: Heard | None = None, site: SiteSettings = PARIS, **section: Any) -> Question:
    return question(known or heard(), config(**section), site, NOW_MS)


def test_a_battery_is_what_its_terms_say() -> None:
    (store,) = asked(wear_eur_per_kwh=0.02).problem.stores
    assert (store.capacity_wh, store.stored_wh, store.reserve_wh, store.ceiling_wh) == (5000, 2500, 500, 5000)
    assert (store.max_charge_w, store.max_discharge_w, store.wear_eur_per_kwh) == (2500, 2500, 0.02)
    assert store.charge_efficiency == store.discharge_efficiency == sqrt(0.9)


@pytest.mark.parametrize("state", [BatteryState(), BatteryState(soc_pct=50.0, quality="stale")])
def test_a_charge_that_is_not_known_is_not_guessed(state: BatteryState) -> None:
    known = heard()
    known.batteries["garage"] = Dated(state, NOW_MS)
    assert asked(known).left_out == ["garage"]
    known.batteries["garage"] = Dated(BatteryState(soc_pct=50.0), NOW_MS - 200_000)
    assert asked(known).left_out == ["garage"]


def test_a_load_has_its_need_until_its_hour_and_the_next_day_s_after_it() -> None:
    today, tomorrow = asked(horizon_h=30.0).problem.jobs
    assert (today.needed_wh, today.from_slot, today.before_slot, today.is_needed) == (2000, 0, 16, True)
    assert (tomorrow.needed_wh, tomorrow.from_slot, tomorrow.before_slot) == (2000, 16, 112)
    assert [job.before_slot for job in asked(horizon_h=27.0).problem.jobs] == [16], "its next day does not fit"


def test_a_load_without_an_end_to_its_need_is_not_planned() -> None:
    known = heard()
    known.terms["boiler"] = Dated(boiler(NOW_MS, need_wh=None, daily_wh=None), NOW_MS)
    assert asked(known).problem.jobs == []


def test_who_has_not_been_told_of_for_minutes_takes_no_part() -> None:
    known = heard()
    known.terms["boiler"] = Dated(boiler(NOW_MS), NOW_MS - 181_000)
    assert asked(known).occasions == []


def test_the_connection_s_limits_are_kept() -> None:
    limits = asked(site=SiteSettings(connection_a=25.0, phases=3, max_import_w=9000.0)).problem.limits
    assert (limits.max_import_w, limits.max_export_w) == (9000, 25 * 230 * 3)
    assert asked().problem.limits.max_import_w == inf


def test_a_month_s_peak_is_priced_where_it_is_known() -> None:
    assert asked().problem.limits.peak_eur_per_kw == 0, "nobody tells how high it is already"
    metered = heard(meter=Dated(MeterState(power_w=1.0, month_peak_w=3100.0), NOW_MS))
    limits = asked(metered).problem.limits
    assert (limits.peak_eur_per_kw, limits.peak_so_far_w) == (4.0, 3100)
    low = heard(meter=Dated(MeterState(power_w=1.0, month_peak_w=1800.0), NOW_MS))
    assert asked(low).problem.limits.peak_so_far_w == 2500, "the contract's floor"


def test_an_earlier_plan_s_runs_are_found_again_at_their_hours() -> None:
    first = asked()
    course = first.course([frozenset({2, 3})])
    assert first.runs(course) == [frozenset({2, 3})]
    later = question(heard(), config(), PARIS, NOW_MS + 60_000)
    assert later.runs(course) == [frozenset({2, 3})]
    again = heard()
    again.terms |= {name: told._replace(at_ms=NOW_MS + HOUR_MS // 4) for name, told in again.terms.items()}
    later = question(again, config(), PARIS, NOW_MS + HOUR_MS // 4 + 60_000)
    assert later.runs(course) == [frozenset({1, 2})]
    assert later.runs({}) is None, "that was about other loads"
