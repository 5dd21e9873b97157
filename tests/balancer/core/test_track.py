"""Tracks are exact: what is asked of them agrees with plain integration, and nobody changes the past."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.balancer.core.track import Track

TIMES = st.integers(-50, 50).map(lambda tenths: tenths / 2)
POWERS = st.integers(-3000, 3000).map(float)
RAMPS = st.sampled_from([100.0, 500.0, 1000.0, 1e6])


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    """Any track that orders and measurements can make."""
    track = Track.constant(draw(POWERS), draw(TIMES))
    for _ in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            track = track.then(draw(TIMES), draw(POWERS), draw(RAMPS))
        else:
            track = track.standing(draw(TIMES), draw(POWERS))
    return track


def integrated(track: Track, start_s: float, end_s: float) -> float:
    """The mean by adding up slices that never straddle a knot."""
    edges = sorted({start_s, end_s, *(time_s for time_s, _ in track.knots if start_s < time_s < end_s)})
    energy_ws = 0.0
    for left_s, right_s in pairwise(edges):
        slices = 50
        width_s = (right_s - left_s) / slices
        energy_ws += sum(track.at(left_s + (index + 0.5) * width_s) for index in range(slices)) * width_s
    return energy_ws / (end_s - start_s)


@settings(max_examples=300)
@given(tracks(), TIMES, st.integers(1, 20))
def test_the_mean_is_the_integral(track: Track, start_s: float, seconds: int) -> None:
    expected = integrated(track, start_s, start_s + seconds)
    assert track.mean(start_s, start_s + seconds) == pytest.approx(expected, abs=1e-6)


@given(tracks(), TIMES)
def test_the_mean_over_no_time_is_the_power_then(track: Track, time_s: float) -> None:
    assert track.mean(time_s, time_s) == track.at(time_s)


@settings(max_examples=300)
@given(tracks(), TIMES, POWERS, RAMPS, st.tuples(TIMES, TIMES))
def test_a_new_order_never_changes_the_past(
    track: Track, starts_s: float, goal_w: float, ramp: float, window: tuple[float, float]
) -> None:
    other_s, time_s = window
    after = track.then(starts_s, goal_w, ramp)
    if time_s < starts_s:
        assert after.at(time_s) == pytest.approx(track.at(time_s))
    if other_s < time_s <= starts_s:
        assert after.mean(other_s, time_s) == pytest.approx(track.mean(other_s, time_s), abs=1e-6)


@settings(max_examples=300)
@given(tracks(), TIMES, POWERS, st.tuples(TIMES, TIMES))
def test_a_measurement_never_changes_the_past(
    track: Track, since_s: float, power_w: float, window: tuple[float, float]
) -> None:
    other_s, time_s = window
    after = track.standing(since_s, power_w)
    if time_s < since_s:
        assert after.at(time_s) == pytest.approx(track.at(time_s))
    else:
        assert after.at(time_s) == power_w
    if other_s < time_s <= since_s:
        assert after.mean(other_s, time_s) == pytest.approx(track.mean(other_s, time_s), abs=1e-6)


@given(tracks(), TIMES, TIMES, TIMES)
def test_forgetting_what_was_before_changes_nothing_after(
    track: Track, time_s: float, later_s: float, more_s: float
) -> None:
    shorter = track.since(time_s)
    assert len(shorter.knots) <= len(track.knots)
    if time_s <= later_s:
        assert shorter.at(later_s) == track.at(later_s)
    if time_s <= later_s < more_s:
        assert shorter.mean(later_s, more_s) == pytest.approx(track.mean(later_s, more_s))


@given(tracks())
def test_knots_are_in_order_and_never_twice_the_same(track: Track) -> None:
    assert list(track.knots) == sorted(track.knots, key=lambda knot: knot[0])
    assert all(before != after for before, after in pairwise(track.knots))


@given(tracks(), TIMES, POWERS, RAMPS)
def test_it_arrives_and_stays(track: Track, starts_s: float, goal_w: float, ramp: float) -> None:
    after = track.then(starts_s, goal_w, ramp)
    way_s = abs(goal_w - track.at(starts_s)) / ramp
    assert after.goal_w == goal_w
    assert after.at(starts_s + way_s + 1e-6) == pytest.approx(goal_w, abs=1.5)
    assert after.is_settled(starts_s + way_s + 1e-6)
    assert way_s == 0 or not after.is_settled(starts_s)


def test_a_ramp_is_a_straight_line() -> None:
    track = Track.constant(0.0).then(10.0, -2000.0, 1000.0)
    assert [track.at(time_s) for time_s in (5, 10, 10.5, 11, 12, 99)] == [0, 0, -500, -1000, -2000, -2000]
    assert track.mean(9.0, 11.0) == -250.0


def test_an_order_on_the_way_is_left_for_a_newer_one_from_where_it_is() -> None:
    track = Track.constant(0.0).then(0.0, 1000.0, 100.0).then(5.0, 0.0, 100.0)
    assert [track.at(time_s) for time_s in (5, 7.5, 10, 20)] == [500, 250, 0, 0]
