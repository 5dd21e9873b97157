"""What a load has taken up: counted from counters or real time, capped by what it needs, fresh each day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.loads.need import Need, rows_needed
from services.balancer.loads.stored import FULL_AFTER_S, LONGEST_GAP_S, WARY_AFTER_S, Sample, Stored

pytestmark = pytest.mark.promise("2.10-09")
RATED_W = 2000.0


def fed(samples: list[Sample], stored: Stored | None = None) -> Stored:
    """After these measurements."""
    stored = stored or Stored(day=1)
    for sample in samples:
        stored = stored.measured(sample, RATED_W)
    return stored


def steady(power_w: float | None, seconds: float, *, start_s: float = 0.0, step_s: float = 10.0) -> list[Sample]:
    """On, with this power."""
    return [Sample(start_s + k * step_s, True, power_w) for k in range(int(seconds / step_s) + 1)]


@pytest.mark.parametrize("step_s", [1.0, 7.0, 60.0])
def test_energy_follows_the_time_that_really_passed(step_s: float) -> None:
    stored = fed(steady(2000.0, 840, step_s=step_s))
    assert stored.energy_wh == pytest.approx(2000 * 840 / 3600)
    assert stored.ran_s == 840


def test_the_device_s_own_counter_is_believed_also_over_a_gap() -> None:
    stored = fed([Sample(0, True, 2000.0, 100.0), Sample(7200, True, 2000.0, 3100.0)])
    assert stored.energy_wh == 3000


def test_a_counter_that_began_anew_is_no_energy_given_back() -> None:
    stored = fed([Sample(0, True, 1000.0, 5000.0), Sample(36, True, 1000.0, 3.0)])
    assert stored.energy_wh == pytest.approx(10)


def test_what_happened_in_a_long_silence_is_not_invented() -> None:
    assert fed([Sample(0, True, 2000.0), Sample(LONGEST_GAP_S + 1, True, 2000.0)]).energy_wh == 0


def test_unknown_power_is_not_zero_and_fills_nothing() -> None:
    stored = fed(steady(None, 3600))
    assert stored.energy_wh == 0
    assert not stored.is_full


def test_on_and_drawing_hardly_anything_is_full() -> None:
    warm = steady(2000.0, 600)
    assert not fed([*warm, *steady(100.0, FULL_AFTER_S - 10, start_s=610)]).is_full
    assert fed([*warm, *steady(100.0, FULL_AFTER_S + 10, start_s=610)]).is_full


def test_a_thermostat_open_for_a_moment_after_switch_on_is_not_full() -> None:
    assert not fed(steady(0.0, WARY_AFTER_S - 10)).is_full
    assert fed(steady(0.0, WARY_AFTER_S + 10)).is_full


def test_off_is_not_full() -> None:
    assert not fed([Sample(float(s), False, 0.0) for s in range(0, 3600, 10)]).is_full


def test_a_full_load_that_draws_again_is_no_longer_full() -> None:
    full = fed(steady(0.0, WARY_AFTER_S + 10))
    assert not fed([Sample(2000, True, 1900.0)], full).is_full


@pytest.mark.promise("2.10-10")
def test_a_new_day_begins_with_nothing() -> None:
    before = fed(steady(2000.0, 840))
    assert before.on_day(1) is before
    after = before.on_day(2)
    assert (after.energy_wh, after.ran_s, after.is_full) == (0, 0, False)
    assert after.measured(Sample(850, True, 2000.0), RATED_W).energy_wh == pytest.approx(2000 * 10 / 3600)


@given(
    st.lists(st.tuples(st.floats(0.1, 500), st.booleans(), st.one_of(st.none(), st.floats(-100, 5000))), max_size=30)
)
def test_energy_and_time_only_grow(history: list[tuple[float, bool, float | None]]) -> None:
    stored, now_s = Stored(day=1), 0.0
    for step_s, on, power_w in history:
        now_s += step_s
        after = stored.measured(Sample(now_s, on, power_w), RATED_W)
        assert after.energy_wh >= stored.energy_wh
        assert after.ran_s >= stored.ran_s
        assert after.measured(Sample(now_s - 0.05, on, 9999.0), RATED_W) is after, "an older sample changes nothing"
        stored = after


def test_a_need_is_never_negative_and_a_full_load_has_none() -> None:
    assert Need(energy_wh=500).missing_wh(800, 0, 1000, is_full=False) == 0
    assert Need(energy_wh=500).missing_wh(100, 0, 1000, is_full=False) == 400
    assert Need(energy_wh=500).missing_wh(100, 0, 1000, is_full=True) == 0
    assert Need(hours=2).missing_wh(0, 3600, 1000, is_full=False) == 1000
    assert Need().missing_wh(9999, 0, 1000, is_full=False) is None


@pytest.mark.parametrize(("wh", "rows"), [(0, 0), (1, 1), (500, 1), (501, 2), (1000, 2)])
def test_rows_for_a_need(wh: float, rows: int) -> None:
    assert rows_needed(wh, 2000) == rows
