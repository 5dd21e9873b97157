"""The car: its share of the surplus, a little at low-tariff hours, and nothing it would take from the batteries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.rules.car import LOW_TARIFF_W, CarChoice, car_power

pytestmark = pytest.mark.promise("4.8-09")


def car(
    surplus_w: float = 0.0, socs: tuple[float, ...] = (50.0,), *, low: bool = False, here: bool = True
) -> CarChoice:
    """What the car may draw."""
    return car_power(connected=here, surplus_w=surplus_w, battery_socs_pct=socs, low_tariff=low)


def test_a_car_that_is_not_there_gets_nothing() -> None:
    assert car(5000, low=True, here=False) == CarChoice(power_w=0, from_grid_w=0, rule="no_car")


def test_it_gets_85_per_cent_of_the_surplus_and_all_of_it_when_every_battery_is_nearly_full() -> None:
    assert car(2000).power_w == 1700
    assert car(2000, (90.0, 95.0)).power_w == 2000
    assert car(2000, (89.9, 95.0)).power_w == 1700


def test_without_batteries_the_surplus_is_all_the_cars() -> None:
    assert car(2000, ()).power_w == 2000


def test_at_low_tariff_hours_it_charges_slowly_from_the_grid() -> None:
    assert car(0, low=True) == CarChoice(power_w=1400, from_grid_w=1400, rule="car_low_tariff")
    assert car(0, low=False) == CarChoice(power_w=0, from_grid_w=0, rule="car_waits")


def test_with_every_battery_nearly_empty_the_grid_is_left_to_the_house() -> None:
    assert car(0, (20.0, 12.0), low=True).rule == "car_waits"
    assert car(0, (20.1, 12.0), low=True).rule == "car_low_tariff"


def test_a_ray_of_sun_does_not_take_its_cheap_hour_away() -> None:
    """On a Sunday morning the surplus crosses zero a hundred times; the charger must not."""
    assert car(5, low=True) == CarChoice(power_w=1400, from_grid_w=1395, rule="car_low_tariff")
    assert car(1600, low=True).power_w == 1400
    assert car(1700, low=True) == CarChoice(power_w=1445, from_grid_w=0, rule="car_surplus")


@given(st.floats(0, 20_000), st.lists(st.floats(0, 100), max_size=4), st.booleans())
def test_it_never_takes_from_the_batteries_what_the_grid_did_not_grant(
    surplus_w: float, socs: list[float], low: bool
) -> None:
    choice = car(surplus_w, tuple(socs), low=low)
    assert 0 <= choice.from_grid_w <= LOW_TARIFF_W
    assert choice.power_w <= surplus_w + choice.from_grid_w + 1e-6
    assert low or choice.from_grid_w == 0


@given(st.floats(0, 10_000), st.floats(0, 1000), st.booleans())
def test_more_sun_never_means_less(surplus_w: float, more_w: float, low: bool) -> None:
    assert car(surplus_w + more_w, low=low).power_w >= car(surplus_w, low=low).power_w
