"""A dimmer follows the sun: slices of the bench's run, with made clouds, and with an hour of the recorded ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.pzem.curve import Curve
from services.simulator.physics import Steps, Sun
from tests.bench.dimmer import (
    ANSWERS_S,
    OTHERS_S,
    POWER_W,
    Course,
    DimmerBridge,
    Recorded,
    SunnyHouse,
    balanced,
    older,
    perfect_w,
    recorded_sun,
    regulate,
    shares,
)

MINUTES = 60
CLOUDS = Sun(peak_w=4000, starts_at=datetime(2026, 4, 18, 11, tzinfo=UTC), clouds=1.0, seed=3)
CLOUDY_HOUR = 5
CURVE = Curve.of_theory(POWER_W)


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


@dataclass
class Thermostat:
    """A heater whose thermostat is open for some minutes."""

    opens_s: float
    closes_s: float
    rated_w: float = POWER_W
    now_s: float = 0.0

    def wanted_w(self) -> float:
        return 0.0 if self.opens_s <= self.now_s < self.closes_s else self.rated_w

    def advance(self, now_s: float, step_s: float, drawn_w: float) -> None:
        self.now_s = now_s


@pytest.mark.promise("3.10-22")
def test_behind_an_open_thermostat_nothing_winds_up() -> None:
    """The older loop asks for more and more, and 2.4 kW come when it closes."""
    house = SunnyHouse(replace(CLOUDS, peak_w=2800), 1, Thermostat(240.0, 280.0))
    regulate(house, DimmerBridge(curve=CURVE, seed=1), 9 * MINUTES)
    found = Course.of(house)
    assert max(found.grid_w[245:280]) < -1000  # nobody draws, all is exported
    assert max(found.grid_w[280:]) <= 300
    assert most_w(found.grid_w[8 * MINUTES :]) <= 100


def test_a_heater_without_a_meter_of_its_own_is_steered_as_well() -> None:
    house = SunnyHouse(CLOUDS, 1)
    regulate(house, DimmerBridge(curve=CURVE, is_metered=False, seed=1), 10 * MINUTES)
    found = Course.of(house)
    reached, limit = shares(found.grid_w, found.surplus_w), perfect(found)
    assert all(reached[band] >= 0.95 * limit[band] for band in limit), (reached, limit)


def most_w(grid_w: Sequence[float]) -> float:
    return max(abs(power_w) for power_w in grid_w)
