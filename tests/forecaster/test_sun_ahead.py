"""The sun's forecast: corrected by today's error, less so further ahead, never at night; and without weather."""

from itertools import pairwise
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.means import QUARTER_S
from services.forecaster.core.plant import Plane, Plant
from services.forecaster.core.quarters import AHEAD, Expected, Quarter
from services.forecaster.core.sun_ahead import recent_clearness, sun_ahead
from tests.forecaster.days import DAY_S, NOON_S, PLANT, history, promised, roof, share_of_clear

WATTS = st.one_of(st.none(), st.floats(min_value=0, max_value=100_000))


def ahead(raw: dict[int, float], rows: list[Quarter], now_s: float = NOON_S) -> dict[int, Expected]:
    return {slot.start_s: slot for slot in sun_ahead(now_s, PLANT, raw, rows).slots}


def wrong_by(share: float, now_s: int = NOON_S) -> list[Quarter]:
    """A month as promised, and now suddenly so much more."""
    rows = history(30, pv_w=share_of_clear(0.5), raw_w=share_of_clear(0.5), until_s=now_s)
    return [*rows[:-1], rows[-1]._replace(pv_w=share * PLANT.clear_w(rows[-1].start_s))]


def test_it_is_192_quarters_from_the_running_one_on() -> None:
    slots = sun_ahead(NOON_S + 100, PLANT, promised(0.5), []).slots
    assert [slot.start_s for slot in slots] == [NOON_S + k * QUARTER_S for k in range(192)]


@pytest.mark.promise("2.10-12")
def test_the_forecast_is_corrected_by_today_s_error_and_less_so_further_ahead() -> None:
    """Twice as much sun as promised: nearly all of that is believed in a quarter hour, little of it in the evening."""
    plain, raised = ahead(promised(0.5), wrong_by(0.5)), ahead(promised(0.5), wrong_by(1.0))
    hours = [NOON_S + hour * 3600 for hour in range(8)]
    gained = [(raised[at].p50_w - plain[at].p50_w) / PLANT.clear_w(at) for at in hours]
    assert gained[0] == pytest.approx(0.43, abs=0.03), "of a half"
    assert all(later < earlier for earlier, later in pairwise(gained))
    assert 0 < gained[-1] < 0.2
    tomorrow = NOON_S + DAY_S
    assert raised[tomorrow].p50_w == pytest.approx(plain[tomorrow].p50_w, rel=0.05)


@pytest.mark.promise("2.10-12")
def test_the_correction_goes_both_ways() -> None:
    plain, lowered = ahead(promised(0.5), wrong_by(0.5)), ahead(promised(0.5), wrong_by(0.1))
    assert lowered[NOON_S].p50_w < 0.5 * plain[NOON_S].p50_w


@pytest.mark.promise("2.10-12")
def test_an_error_at_noon_promises_nothing_for_the_night() -> None:
    for share in (0.0, 1.5):
        slots = ahead(promised(0.5), wrong_by(share)).values()
        nights = [slot for slot in slots if PLANT.clear_w(slot.start_s) == 0]
        assert len(nights) > 40
        assert all(slot[1:] == (0.0, 0.0, 0.0) for slot in nights)


@pytest.mark.promise("2.10-12")
def test_at_night_nothing_is_carried_into_the_morning() -> None:
    """A meter that shows 300 W at night, a street lamp perhaps, is no sun."""
    night_s = NOON_S + DAY_S // 2
    rows = history(30, pv_w=share_of_clear(0.5), raw_w=share_of_clear(0.5), until_s=night_s)
    lit = [*rows[:-1], rows[-1]._replace(pv_w=300.0)]
    dark, lamp = ahead(promised(0.5, night_s), rows, night_s), ahead(promised(0.5, night_s), lit, night_s)
    for at, slot in dark.items():
        assert lamp[at].p50_w == pytest.approx(slot.p50_w, rel=0.02, abs=2)


def test_the_first_quarter_is_nearly_as_the_last_one_was() -> None:
    """Persistence in the first hour: whatever the weather says, the roof itself knows better."""
    rows = wrong_by(0.9)
    first = ahead(promised(0.5), rows)[NOON_S]
    assert first.p50_w == pytest.approx(0.9 * PLANT.clear_w(NOON_S), rel=0.1)


def test_who_knows_the_present_knows_the_next_hour_better() -> None:
    rows = history(30, lambda at: PLANT.clear_w(at) * (0.6 if at // DAY_S % 2 else 0.4), raw_w=share_of_clear(0.5))
    slots, without = ahead(promised(0.5), rows), ahead(promised(0.5), rows[:-4])
    wide = [each.p90_w - each.p10_w for each in (slots[NOON_S], slots[NOON_S + DAY_S], without[NOON_S])]
    assert wide[0] < 0.7 * wide[1]
    assert wide[2] == pytest.approx(wide[1], rel=0.1)


@pytest.mark.parametrize("is_kept", [True, False], ids=["promised at the time", "known from the newest weather"])
def test_a_measurement_of_half_an_hour_ago_is_not_the_present(is_kept: bool) -> None:
    rows = wrong_by(1.0)
    raw = promised(0.5)
    if not is_kept:
        rows = [*rows[:-1], rows[-1]._replace(raw_w=None)]
    assert ahead(raw, rows)[NOON_S].p50_w > 1.5 * raw[NOON_S]
    late_s = NOON_S + 3 * QUARTER_S
    assert ahead(promised(0.5, late_s), rows, late_s)[late_s].p50_w < 1.2 * 0.5 * PLANT.clear_w(late_s)


def test_without_weather_it_is_the_clear_sky_times_the_clearness_of_the_last_days() -> None:
    rows = history(5, pv_w=share_of_clear(0.3))
    made = sun_ahead(NOON_S, PLANT, {}, rows)
    tomorrow = made.slots[96]
    assert made.is_estimated
    assert tomorrow.p50_w == pytest.approx(0.3 * PLANT.clear_w(tomorrow.start_s), rel=0.15)
    assert tomorrow.p10_w < tomorrow.p50_w < tomorrow.p90_w


def test_without_weather_and_history_it_is_half_a_clear_sky() -> None:
    made = sun_ahead(NOON_S, PLANT, {}, [])
    assert made.slots[0].p50_w == pytest.approx(0.5 * PLANT.clear_w(NOON_S))


def test_weather_that_ends_early_is_followed_by_the_clear_sky() -> None:
    raw = {at: told_w for at, told_w in promised(0.1).items() if at < NOON_S + 26 * 3600}
    made = sun_ahead(NOON_S, PLANT, raw, history(5, pv_w=share_of_clear(0.9)))
    assert not made.is_estimated, "the next day is known"
    assert made.slots[96].p50_w < 0.3 * PLANT.clear_w(made.slots[96].start_s)
    late = made.slots[27 * 4]
    assert late.p50_w > 0.5 * PLANT.clear_w(late.start_s)


def test_recent_clearness_looks_at_the_last_days_first() -> None:
    dull = history(2, pv_w=share_of_clear(0.1), until_s=NOON_S - DAY_S)
    assert recent_clearness(NOON_S, PLANT, [*dull, *history(1, pv_w=share_of_clear(0.9))]) > 0.45
    assert recent_clearness(NOON_S, PLANT, history(3, pv_w=share_of_clear(9.0))) == 1.1


def test_quantiles_come_from_the_roof_s_own_errors() -> None:
    """A sky that is right on the mean, and a third off on every day: p10 and p90 lie about there."""
    rows = history(
        40,
        pv_w=lambda at: PLANT.clear_w(at) * (0.7 if at // DAY_S % 2 else 0.3),
        raw_w=share_of_clear(0.5),
        until_s=NOON_S - 4 * QUARTER_S,
    )
    slot = sun_ahead(NOON_S, PLANT, promised(0.5), rows).slots[96]
    clear_w = PLANT.clear_w(slot.start_s)
    assert slot.p10_w == pytest.approx(0.3 * clear_w, rel=0.15)
    assert slot.p90_w == pytest.approx(0.7 * clear_w, rel=0.15)


@given(
    st.lists(st.tuples(WATTS, WATTS), max_size=40),
    st.dictionaries(st.integers(-2, 250), st.floats(0, 1e6), max_size=60),
    st.integers(0, 95),
)
def test_whatever_comes_the_forecast_is_in_order_and_within_the_roof(
    past: list[tuple[float | None, float | None]], promises: dict[int, float], hour: int
) -> None:
    now_s = NOON_S + hour * QUARTER_S
    rows = [Quarter(now_s - (len(past) - k) * QUARTER_S, pv, None, raw) for k, (pv, raw) in enumerate(past)]
    raw = {now_s + k * QUARTER_S: power_w for k, power_w in promises.items()}
    slots = sun_ahead(now_s + 13, PLANT, raw, rows).slots
    assert len(slots) == AHEAD
    for slot in slots:
        assert all(map(isfinite, slot))
        assert 0 <= slot.p10_w <= slot.p50_w <= slot.p90_w <= PLANT.limit_w
        assert PLANT.clear_w(slot.start_s) > 0 or slot.p90_w == 0


def test_the_same_past_gives_the_same_forecast_for_two_halves_of_a_roof() -> None:
    half = Plant((roof(Plane(peak_w=2000, tilt_deg=35, azimuth_deg=180, loss=0.1)),) * 2)
    rows, raw = wrong_by(0.8), promised(0.5)
    assert sun_ahead(NOON_S, half, raw, rows).slots[10].p50_w == pytest.approx(
        sun_ahead(NOON_S, PLANT, raw, rows).slots[10].p50_w
    )
