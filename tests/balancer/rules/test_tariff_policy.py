"""What a dear day asks of the batteries, moment by moment; every case that an older program got wrong has a test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contract import TariffSlot
from services.balancer.rules.tariff_policy import Course, Reserve, course, is_filling, outlook
from services.balancer.tariff_settings import TariffPolicy
from tests.balancer.tariffs import BLUE, RED, WHITE, ms, slots

TABLE = TariffPolicy().table


def at(text: str, *severities: int | None, before: Reserve | None = None, first: str = "2026-01-05") -> Course:
    """What holds at a moment of Paris, of days in a row from `first` on."""
    return course(outlook(slots(first, severities), ms(text)), TABLE, before)


def held(found: Course) -> tuple[float, float, bool]:
    """(charge target, least charge, BatteryLife)"""
    reserve = found.reserve
    return reserve.charge_target_pct, reserve.min_soc_pct, reserve.battery_life


@pytest.mark.promise("5.8-02")
@pytest.mark.parametrize(("coming", "holds"), [(BLUE, (80, 30, True)), (WHITE, (90, 30, True)), (RED, (98, 25, False))])
def test_each_kind_of_day_has_its_target_its_least_charge_and_its_battery_life(
    coming: int, holds: tuple[float, float, bool]
) -> None:
    assert held(at("2026-01-05 23:00", BLUE, coming)) == holds


@pytest.mark.promise("5.8-03")
@pytest.mark.parametrize(
    ("today", "coming", "evening", "night"),
    [
        (BLUE, BLUE, (80, 30, True), (80, 30, True)),
        (BLUE, WHITE, (90, 30, True), (90, 30, True)),
        (BLUE, RED, (98, 30, True), (98, 25, False)),
        (WHITE, BLUE, (80, 30, True), (80, 30, True)),
        (WHITE, RED, (98, 30, True), (98, 25, False)),
        (RED, RED, (98, 25, False), (98, 25, False)),
        (RED, BLUE, (80, 25, False), (80, 30, True)),
        (RED, WHITE, (90, 25, False), (90, 30, True)),
    ],
)
def test_the_target_follows_the_coming_day_at_once_and_the_rest_when_off_peak_hours_begin(
    today: int, coming: int, evening: tuple[float, float, bool], night: tuple[float, float, bool]
) -> None:
    """The table of the older program, with two equal days asserted as well: a missed evening is made good."""
    for clock in ("11:00", "20:05", "21:59:59"):
        assert held(at(f"2026-01-05 {clock}", today, coming)) == evening
    for clock in ("05 22:00", "05 22:02", "06 02:00", "06 05:59:59"):
        assert held(at(f"2026-01-{clock}", today, coming)) == night
    assert held(at("2026-01-06 06:00", today, coming))[1:] == night[1:], "as long as the day it is for"


@pytest.mark.promise("5.8-04")
def test_two_minutes_past_ten_is_night() -> None:
    """The older program counted 22:00 to 22:59 as day, so least charge and BatteryLife were never set."""
    assert [at(f"2026-01-05 {clock}", BLUE, RED).fills for clock in ("21:59:59", "22:00", "22:02", "22:59")] == [
        False,
        True,
        True,
        True,
    ]


@pytest.mark.promise("5.8-04")
@pytest.mark.parametrize(("night", "lasts_h"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-10-25", 8)])
def test_off_peak_hours_are_as_long_as_the_night_in_which_the_clocks_change(night: str, lasts_h: int) -> None:
    day = slots(night, (BLUE, WHITE))
    hours = range(day[1].start_ms, day[1].end_ms, 1_800_000)
    assert len(hours) == 2 * lasts_h
    for now_ms in (*hours, day[1].end_ms - 1):
        found = course(outlook(day, now_ms), TABLE, None)
        assert found.fills
        assert held(found) == (90, 30, True)
    assert not course(outlook(day, day[1].end_ms), TABLE, None).fills


@pytest.mark.promise("5.8-05")
def test_a_day_that_is_not_told_yet_leaves_what_holds() -> None:
    """In the morning of a red day nobody knows the next one: the target is not lowered for that."""
    red = TABLE[RED]
    assert held(at("2026-01-05 09:00", RED, None, before=red)) == (98, 25, False)
    assert held(at("2026-01-05 09:00", WHITE, None, before=TABLE[WHITE])) == (90, 30, True)
    assert not at("2026-01-05 09:00", WHITE, None, before=red).is_guessed


@pytest.mark.promise("5.8-05")
def test_a_day_that_nobody_tells_of_in_time_is_the_dearest() -> None:
    found = at("2026-01-05 22:00", BLUE, None, before=TABLE[BLUE])
    assert held(found) == (98, 25, False)
    assert found.is_guessed


@pytest.mark.promise("5.8-05")
@pytest.mark.parametrize("text", ["2026-01-04 12:00", "2026-01-07 06:00"])
def test_where_the_timeline_does_not_reach_nothing_gets_cheaper(text: str) -> None:
    found = at(text, BLUE, BLUE, before=TABLE[BLUE])
    assert held(found) == (98, 30, True), "what held stays, and whoever charges by himself charges enough"
    assert found.is_guessed
    assert not found.fills, "nobody knows whether these are off-peak hours"
    assert found.is_dear(1) is None


def test_a_service_that_died_at_five_past_eight_has_told_enough() -> None:
    """Nobody runs at a fixed hour here: the timeline heard before is read on, through the night and the day."""
    told = slots("2026-01-05", (BLUE, RED, None))
    found = [course(outlook(told, ms(text)), TABLE, None) for text in ("2026-01-05 22:00", "2026-01-06 05:59")]
    assert [held(each) for each in found] == [(98, 25, False)] * 2
    assert course(outlook(told, ms("2026-01-06 21:00")), TABLE, None).is_dear(2)


@pytest.mark.promise("5.8-12")
def test_dear_hours_are_the_peak_hours_of_dear_days() -> None:
    days = (BLUE, WHITE, RED)
    for day, from_one, from_two in (("05", False, False), ("06", True, False), ("07", True, True)):
        found = at(f"2026-01-{day} 12:00", *days)
        assert (found.is_dear(1), found.is_dear(2)) == (from_one, from_two)
        assert not at(f"2026-01-{day} 22:00", *days).is_dear(1), "off-peak hours are cheap on any day"
    assert at("2026-01-05 12:00", None).is_dear(2), "hours nobody tells of may be dear"


def test_several_off_peak_windows_a_day_lead_to_the_peak_hours_that_follow() -> None:
    def slot(start: str, end: str, band: str, severity: int) -> TariffSlot:
        told = {"start_ms": ms(start), "end_ms": ms(end), "band": band, "severity": severity, "certainty": "final"}
        return TariffSlot.model_validate(told)

    day = (
        slot("2026-01-05 06:00", "2026-01-05 11:00", "peak", 0),
        slot("2026-01-05 11:00", "2026-01-05 17:00", "off_peak", 0),
        slot("2026-01-05 17:00", "2026-01-05 20:00", "peak", 2),
        slot("2026-01-05 20:00", "2026-01-05 22:00", "peak", 1),
    )
    assert held(course(outlook(day, ms("2026-01-05 12:00")), TABLE, None)) == (98, 25, False)
    assert outlook(day, ms("2026-01-05 21:00")).today == 1, "of what is left of the span"


def test_a_contract_without_off_peak_hours_never_charges_from_the_grid() -> None:
    told = {"start_ms": 0, "end_ms": 86_400_000, "band": "spot", "severity": 0, "certainty": "final"}
    assert not course(outlook((TariffSlot.model_validate(told),), 1000), TABLE, None).fills


@given(st.lists(st.sampled_from([BLUE, WHITE, RED]), min_size=3, max_size=3), st.integers(0, 2), st.integers(0, 95))
def test_to_know_less_never_means_to_charge_less(days: list[int], hides: int, quarter: int) -> None:
    now_ms = ms("2026-01-05 06:00") + quarter * 900_000
    known = course(outlook(slots("2026-01-05", days), now_ms), TABLE, None)
    told = [None if number == hides else severity for number, severity in enumerate(days)]
    hidden = course(outlook(slots("2026-01-05", told), now_ms), TABLE, None)
    assert hidden.reserve.charge_target_pct >= known.reserve.charge_target_pct
    assert hidden == course(hidden.seen, TABLE, hidden.reserve), "to look again changes nothing"


def test_a_battery_fills_to_its_target_once_and_again_when_it_has_lost_five_per_cent() -> None:
    assert is_filling(79.9, 80, None)
    assert not is_filling(80, 80, None)
    assert not is_filling(75.1, 80, 80), "reached before"
    assert is_filling(74.9, 80, 80)
    assert is_filling(80, 98, 80), "another target"
    assert not is_filling(None, 98, None), "nobody would know when to stop"


@pytest.mark.promise("5.8-11")
@pytest.mark.parametrize(
    ("season", "inside", "outside"),
    [
        (("09-01", "03-31"), ("09-01", "12-31", "02-29", "03-31"), ("04-01", "08-31")),
        (("10-01", "05-31"), ("10-01", "05-31"), ("06-01", "09-30")),
        (("01-01", "12-31"), ("01-01", "07-14", "12-31"), ()),
    ],
)
def test_the_season_has_both_its_ends(
    season: tuple[str, str], inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    policy = TariffPolicy(season_from=season[0], season_until=season[1])
    assert all(policy.is_season(day) for day in inside)
    assert not any(policy.is_season(day) for day in outside)
