"""Advice and orders for the car: steady, by whole amperes, and never about the car's own consumption."""

import pytest

from common.contract import DeviceInfo, EvState
from services.balancer.carport import LEAST_CHANGE_W, LEAST_GAP_S, Carport
from services.balancer.dispatch import Target
from services.balancer.world import Device

pytestmark = pytest.mark.promise("4.8-09")


def car(power_w: float | None = 0.0, *, connected: bool = True, orders: bool = False, at_s: float = 0.0) -> Device:
    """A car as last heard of."""
    info = DeviceInfo(
        vendor="v",
        model="m",
        poll_s=5,
        stale_after_s=30,
        capabilities=("power",) if orders else (),
        min_w=1400.0 if orders else None,
        max_w=7400.0 if orders else None,
    )
    return Device("car", "ev", info, EvState(connected=connected, power_w=power_w), at_s)


def advised(port: Carport, device: Device | None, rest_w: float, now_s: float, *, low: bool = False) -> float | None:
    """What the port says the car may draw; one battery at half charge."""
    choice = port.think(device, rest_w, [50.0], low, now_s)
    return choice.power_w if choice else None


def test_nobody_advises_a_car_that_nobody_knows() -> None:
    assert advised(Carport(), None, -3000, 0.0) is None
    assert advised(Carport(), car(at_s=-100.0), -3000, 0.0) is None, "or that was last heard long ago"


def test_its_own_consumption_is_no_consumption_of_the_house() -> None:
    """3 kW of sun: the car follows the advice, the house's balance shows it, and the advice stays."""
    port, drawn_w, advice = Carport(), 0.0, []
    for minute in range(20):
        now_s = 60.0 * minute
        said = advised(port, car(drawn_w, at_s=now_s), -3000 + drawn_w, now_s)
        assert said is not None
        advice.append(said)
        drawn_w = said
    assert advice == [2550] * 20


def test_a_car_whose_power_nobody_measures_is_given_less_not_more() -> None:
    assert advised(Carport(), car(None), -1000, 0.0) is None, "without a measurement it is not advised at all"


def test_small_changes_and_quick_ones_wait() -> None:
    port = Carport()
    assert advised(port, car(), -2000, 0.0) == 1700
    assert advised(port, car(at_s=60.0), -2000 - LEAST_CHANGE_W, 60.0) == 1700, "less than an ampere"
    assert advised(port, car(at_s=60.0), -4000, 60.0) == 3400
    assert advised(port, car(at_s=61.0), -1000, 60.0 + LEAST_GAP_S - 1) == 3400, "too soon"
    assert advised(port, car(at_s=71.0), -1000, 60.0 + LEAST_GAP_S) == 850


def test_a_cloudy_hour_changes_the_advice_by_amperes_not_by_watts() -> None:
    port, said = Carport(), set()
    for second in range(3600):
        said.add(advised(port, car(at_s=float(second)), -2000 - 100 * (second % 2), float(second)))
    assert said == {1700}


def test_a_charger_that_takes_orders_gets_one_within_its_range() -> None:
    port, device = Carport(), car(orders=True)
    advised(port, device, -3000, 0.0)
    assert port.target(device) == Target(action="set_power", power_w=2550.0)
    advised(port, car(orders=True, at_s=60.0), -20_000, 60.0)
    assert port.target(device) == Target(action="set_power", power_w=7400.0)


def test_less_than_a_charger_can_is_nothing() -> None:
    port, device = Carport(), car(orders=True)
    advised(port, device, -1000, 0.0)
    assert port.target(device) == Target(action="set_power", power_w=0.0)


def test_a_charger_without_orders_only_gets_advice() -> None:
    port = Carport()
    advised(port, car(), -3000, 0.0)
    assert port.target(car()) is None
    assert port.target(None) is None
