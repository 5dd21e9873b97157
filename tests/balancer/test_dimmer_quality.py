"""A dimmer follows the sun: slices of the bench's run, with made clouds, and with an hour of the recorded ones."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.simulator.physics import Steps, Sun
from tests.bench.dimmer import (
    ANSWERS_S,
    OTHERS_S,
    Course,
    Recorded,
    balanced,
    older,
    perfect_w,
    recorded_sun,
    shares,
)

MINUTES = 60
CLOUDS = Sun(peak_w=4000, starts_at=datetime(2026, 4, 18, 11, tzinfo=UTC), clouds=1.0, seed=3)
CLOUDY_HOUR = 5


def course(seconds: int, answers_s: tuple[float, float] = ANSWERS_S) -> Course:
    return Course.of(balanced(CLOUDS, seconds, answers_s=answers_s))


def perfect(found: Course, late_s: int = 2) -> dict[str, float]:
    return shares(perfect_w(found.surplus_w, late_s), found.surplus_w)


@pytest.mark.parametrize("answers_s", [ANSWERS_S, *OTHERS_S])
def test_it_follows_clouds_as_well_as_a_perfect_law_two_seconds_late(answers_s: tuple[float, float]) -> None:
    """Also where it answers sooner or later than it told."""
    found = course(15 * MINUTES, answers_s)
    reached, limit = shares(found.grid_w, found.surplus_w), perfect(found)
    assert all(reached[band] >= 0.95 * limit[band] for band in limit), (reached, limit)
    assert found.orders <= 15 * MINUTES / 2


def test_an_hour_of_the_recorded_sun_is_followed_better_than_by_the_older_loop(shared: Path) -> None:
    sun = recorded_sun(shared / "data" / "pv_plant_us_1s_12h.csv.gz")
    hour = Recorded(sun.powers_w[CLOUDY_HOUR * 3600 :][: 20 * MINUTES])
    ours = Course.of(balanced(hour, 20 * MINUTES))
    theirs = Course.of(older(hour, 20 * MINUTES, every_s=2, band_w=0.0))
    reached, before = shares(ours.grid_w, ours.surplus_w), shares(theirs.grid_w, theirs.surplus_w)
    limit = perfect(ours)
    assert all(reached[band] >= max(before[band], 0.95 * limit[band]) for band in limit), (reached, before, limit)


def test_a_kettle_is_answered_and_not_carried_on() -> None:
    """2 kW on and off in a sunny house: what jumps is no cloud."""
    sun = Steps(2600, [(120.5, 600), (240.5, 2600)])
    found = Course.of(balanced(sun, 5 * MINUTES))
    assert most_w(found.grid_w[126:240]) <= 30
    assert most_w(found.grid_w[246:]) <= 30
    assert max(found.grid_w[240:246]) <= 60


def most_w(grid_w: Sequence[float]) -> float:
    return max(abs(power_w) for power_w in grid_w)
