"""The yardstick does what the older program did, its defects included."""

import pytest

from services.replay.older_regulator import OlderDimmer, OlderRegulator, OlderSwitch


def test_it_leaves_a_margin_and_corrects_by_all_that_is_too_much() -> None:
    heater = OlderDimmer(2400)
    loop = OlderRegulator((heater,))
    loop.evaluate(consumption_w=300, production_w=1320)
    assert heater.power_w == 1000
    loop.evaluate(consumption_w=1300, production_w=1320)
    assert heater.power_w == 1000
    loop.evaluate(consumption_w=1500, production_w=1320)
    assert heater.power_w == 800


def test_what_is_within_the_band_is_left_alone() -> None:
    heater = OlderDimmer(2400, power_w=500)
    OlderRegulator((heater,)).evaluate(consumption_w=800, production_w=839)
    assert heater.power_w == 500


@pytest.mark.parametrize(("spare_w", "power_w"), [(100, 0), (101, 101), (9999, 2400)])
def test_a_dimmer_does_nothing_rather_than_less_than_its_least(spare_w: float, power_w: float) -> None:
    heater = OlderDimmer(2400)
    OlderRegulator((heater,), margin_w=0).evaluate(0, spare_w)
    assert heater.power_w == power_w


def test_less_than_its_least_frees_everything() -> None:
    heater = OlderDimmer(2400, power_w=300)
    assert heater.decrease_by(250) == 300
    assert heater.power_w == 0


def test_surplus_goes_down_the_list_and_shedding_up() -> None:
    first, second = OlderDimmer(1000), OlderDimmer(1000)
    loop = OlderRegulator((first, second), margin_w=0)
    loop.evaluate(0, 1500)
    assert (first.power_w, second.power_w) == (1000, 500)
    loop.evaluate(1500, 800)
    assert (first.power_w, second.power_w) == (800, 0)


def test_a_large_first_load_never_gets_the_place_of_lower_ones() -> None:
    """The defect: nothing is ever taken from those below."""
    first, second, rest = OlderSwitch(1500), OlderSwitch(600), OlderDimmer(2400)
    loop = OlderRegulator((first, second, rest), margin_w=0)
    loop.evaluate(0, 800)
    loop.evaluate(800, 1800)
    assert (first.power_w, second.power_w, rest.power_w) == (0, 600, 1200)


def test_a_switched_load_flutters_around_its_limit() -> None:
    """The defect: no least times."""
    pump = OlderSwitch(120)
    loop, found = OlderRegulator((pump,), margin_w=0), []
    for _ in range(6):
        loop.evaluate(40 + pump.power_w, 160 - (40 if pump.power_w else 0))
        found.append(pump.power_w)
    assert found == [120, 0] * 3


def test_behind_an_open_thermostat_it_winds_up() -> None:
    """The defect: 500 W that nobody draws are asked for again and again."""
    heater = OlderDimmer(2400)
    loop = OlderRegulator((heater,), margin_w=0)
    for _ in range(5):
        loop.evaluate(consumption_w=300, production_w=800)
    assert heater.power_w == 2400
