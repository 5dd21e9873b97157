"""Means of quarters out of spans of any length, and of measurements that come when they like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.means import QUARTER_S, Means
from services.forecaster.core.quarters import weighted_quantile
from services.forecaster.core.spans import Span, between, by_quarter
from services.forecaster.means import House
from tests.forecaster.days import DAY_S, NOON_S


def test_an_hour_is_four_quarters_and_five_minutes_are_a_third() -> None:
    assert by_quarter([Span(NOON_S, NOON_S + 3600, 400)]) == dict.fromkeys(range(NOON_S, NOON_S + 3600, 900), 400.0)
    fives = [Span(NOON_S + 300 * k, NOON_S + 300 * (k + 1), 100.0 * k) for k in range(3)]
    assert by_quarter(fives) == {NOON_S: 100}


def test_a_quarter_that_is_half_known_is_not_known() -> None:
    half = [Span(NOON_S, NOON_S + 450, 100)]
    assert by_quarter(half) == {}
    assert by_quarter(half, least_share=0.5) == {NOON_S: 100}


def test_straight_lines_through_points_keep_their_means() -> None:
    """From 0 W at 12:00 to 900 W at 12:30: 225 W in the first quarter, 675 W in the second."""
    assert by_quarter(between([(NOON_S, 0), (NOON_S + 1800, 900)])) == {NOON_S: 225, NOON_S + 900: 675}


@given(st.lists(st.tuples(st.floats(1, 5000), st.floats(0, 1e5)), min_size=1, max_size=30), st.floats(0, 900))
def test_energy_is_kept(steps: list[tuple[float, float]], offset_s: float) -> None:
    spans, at_s = [], NOON_S + offset_s
    for lasts_s, power_w in steps:
        spans.append(Span(at_s, at_s + lasts_s, power_w))
        at_s += lasts_s
    found = by_quarter(spans, least_share=0.0)
    covered = {at: sum(max(0.0, min(s.end_s, at + 900) - max(s.start_s, at)) for s in spans) for at in found}
    energy = sum(mean_w * covered[at] for at, mean_w in found.items())
    assert energy == pytest.approx(sum(s.power_w * (s.end_s - s.start_s) for s in spans), rel=1e-6, abs=1e-3)


def test_weighted_quantiles() -> None:
    pairs = [(1.0, 1.0), (2.0, 1.0), (3.0, 8.0)]
    assert [weighted_quantile(pairs, share) for share in (0.05, 0.15, 0.5, 1.0)] == [1, 2, 3, 3]


def fed(*told: tuple[float, float | None]) -> Means:
    means = Means()
    for at_s, power_w in told:
        means.add(NOON_S + at_s, power_w)
    return means


def test_a_value_holds_until_the_next_one() -> None:
    every_minute = [(60.0 * k, 100.0 if k < 5 else 400.0) for k in range(16)]
    assert fed(*every_minute).mean_w(NOON_S) == pytest.approx(300)


def test_the_last_value_of_a_quarter_holds_to_its_end() -> None:
    assert fed(*((60.0 * k, 100.0) for k in range(15))).mean_w(NOON_S) == 100


@pytest.mark.parametrize("gap_s", [300.0, 900.0])
def test_silence_is_not_the_last_value_and_not_zero(gap_s: float) -> None:
    told = [(30.0 * k, 500.0) for k in range(31) if not 200 < 30 * k < 200 + gap_s]
    assert fed(*told).mean_w(NOON_S) is None
    short = [(30.0 * k, 500.0) for k in range(31) if not 200 < 30 * k < 380]
    assert fed(*short).mean_w(NOON_S) == 500


def test_a_device_that_says_it_does_not_know_is_not_known() -> None:
    told: list[tuple[float, float | None]] = [(30.0 * k, 500.0) for k in range(31)]
    told[10:20] = [(at_s, None) for at_s, _ in told[10:20]]
    assert fed(*told).mean_w(NOON_S) is None


def test_what_comes_late_changes_nothing_and_a_clock_set_back_begins_anew() -> None:
    told: list[tuple[float, float | None]] = [(30.0 * k, 500.0) for k in range(31)]
    means = fed(*told, (60.0, 9000.0))
    assert means.mean_w(NOON_S) == 500
    means.add(NOON_S - DAY_S, 100.0)
    assert means.mean_w(NOON_S) is None


def test_memory_is_bounded() -> None:
    means = Means()
    for day in range(400):
        means.add(NOON_S + day * QUARTER_S, 100.0)
    assert len(means._parts) <= 5


def house(**told: float | None) -> House:
    made = House(("roof", "shed"), "p1", ("battery", "boiler"))
    for at_s in range(0, 901, 30):
        for name, power_w in told.items():
            made.add(name, NOON_S + at_s, power_w)
    return made


KNOWN: dict[str, float | None] = {"p1": -500.0, "roof": 2000.0, "shed": 500.0, "battery": 800.0, "boiler": 900.0}


def test_the_house_s_own_load_is_what_remains() -> None:
    """It gives 500 W to the grid of 2,500 W; battery and boiler take 1,700: 300 W are its own."""
    made = house(**KNOWN)
    production_w = made.production_w(NOON_S, is_night=False)
    assert production_w == 2500
    assert made.load_w(NOON_S, production_w) == 300
    assert made.silent(NOON_S) == ()


@pytest.mark.parametrize("name", KNOWN)
def test_unless_everything_is_known_it_is_not_known(name: str) -> None:
    made = house(**{each: power_w for each, power_w in KNOWN.items() if each != name})
    assert made.load_w(NOON_S, made.production_w(NOON_S, is_night=False)) is None
    assert made.silent(NOON_S) == (name,)


def test_an_inverter_that_sleeps_at_night_gives_nothing_and_by_day_it_is_not_known() -> None:
    made = house(**{name: power_w for name, power_w in KNOWN.items() if name not in ("roof", "shed")} | {"p1": 1900.0})
    assert made.production_w(NOON_S, is_night=True) == 0
    assert made.load_w(NOON_S, 0.0) == 200
    assert made.production_w(NOON_S, is_night=False) is None
