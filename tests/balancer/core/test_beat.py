"""When readings were taken: arrival jitter is smoothed away, gaps are survived, a wrong period is found out."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.beat import Beat


def beaten(beat: Beat, arrivals_s: list[float]) -> Beat:
    """The beat after these arrivals."""
    for arrived_s in arrivals_s:
        beat = beat.next(arrived_s)
    return beat


def test_arrival_jitter_is_smoothed_away() -> None:
    chance = random.Random(3)
    beat = beaten(Beat(0.2, 1.0), [index + chance.uniform(0.1, 0.3) for index in range(1, 200)])
    assert beat.at_s == pytest.approx(199.2, abs=0.05)
    assert beat.period_s == pytest.approx(1.0, abs=0.01)


def test_a_meter_whose_second_is_a_little_longer_is_followed() -> None:
    beat = beaten(Beat(0.0, 1.0), [index * 1.02 for index in range(1, 400)])
    assert beat.period_s == pytest.approx(1.02, abs=0.002)


def test_lost_messages_do_not_stretch_the_beat() -> None:
    beat = beaten(Beat(0.0, 1.0), [index for index in range(1, 100) if index % 4])
    assert beat.period_s == pytest.approx(1.0)
    assert beat.at_s == pytest.approx(99.0)


def test_an_arrival_off_the_beat_begins_a_new_one() -> None:
    beat = Beat(10.0, 1.0).next(11.5)
    assert (beat.at_s, beat.period_s) == (11.5, 1.0)


def test_after_a_long_silence_the_beat_begins_anew() -> None:
    assert Beat(10.0, 1.0).next(99.0).at_s == 99.0


def test_a_meter_that_comes_more_often_than_it_says_is_found_out() -> None:
    assert beaten(Beat(0.0, 10.0), [float(index) for index in range(1, 12)]).period_s == pytest.approx(1.0, abs=0.01)


def test_a_meter_that_comes_less_often_than_it_says_still_tells_of_its_own_period() -> None:
    """A second's mean, sent once a minute, is a mean over a second."""
    beat = beaten(Beat(0.0, 1.0), [60.0 * index for index in range(1, 10)])
    assert beat.period_s == pytest.approx(1.0)
    assert beat.usual_gap_s == pytest.approx(60.0)


def test_one_outage_does_not_change_what_is_usual() -> None:
    arrivals_s = [float(index) for index in range(1, 20)]
    assert beaten(Beat(0.0, 1.0), [*arrivals_s, 319.0]).usual_gap_s == pytest.approx(1.0)


def test_a_burst_after_a_stall_makes_no_second_shorter_than_half_of_one() -> None:
    beat = beaten(Beat(0.0, 1.0), [30 + 0.01 * index for index in range(6)])
    assert beat.period_s == 0.5


@given(st.floats(0.5, 60), st.lists(st.floats(0.001, 200), max_size=60))
def test_no_course_of_arrivals_breaks_it(period_s: float, gaps_s: list[float]) -> None:
    beat, now_s = Beat(0.0, period_s), 0.0
    for gap_s in gaps_s:
        now_s += gap_s
        beat = beat.next(now_s)
        assert 0.4 < beat.period_s <= 61
        assert abs(beat.at_s - now_s) <= 0.35 * beat.period_s + 1e-9
        assert beat.usual_gap_s > 0
