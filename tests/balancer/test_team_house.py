"""Batteries that follow their own meter, in a house: what the fourth seed wanted, without what it did wrong."""

from collections.abc import Sequence

import pytest

from common.clock import Clock
from common.memory_bus import MemoryBroker
from services.balancer.config import Config, DevicePolicy
from services.simulator.physics import Battery, BatteryModel, House
from tests.balancer.houses import Changes, house, noisy, run
from tests.bench.judging import judge
from tests.bench.rig import Extra, IdealBridge, Rig, Trace

MODEL = BatteryModel(dead_time_s=1.0, ramp_w_per_s=1000)
HOUR_S = 3600.0


def team(changes: Changes, socs_pct: Sequence[float], *, start_w: float = 200.0, dosed: str = "") -> Rig:
    """Three batteries of 5 kWh and 2500 W with a floor of 20 %; those in `dosed` get set-points at each reading."""
    batteries = {
        name: Battery(MODEL, soc, index) for index, (name, soc) in enumerate(zip("abc", socs_pct, strict=True))
    }
    policies = {
        name: DevicePolicy(strategy="setpoint" if name in dosed else "leader", reserve_soc_pct=20) for name in batteries
    }
    bridges = tuple(
        IdealBridge(name=name, told=(1.0, 1000.0), follows=True, seed=index) for index, name in enumerate(batteries)
    )
    return Rig(house(noisy(changes, start_w), batteries), Config(order=("a", "b", "c"), devices=policies), bridges)


def opposed_s(trace: Trace) -> float:
    """The longest time for which one battery gave and another took more than 100 W."""
    longest = now = 0
    for powers in trace.batteries_w:
        now = now + 1 if min(powers) < -100 and max(powers) > 100 else 0
        longest = max(longest, now)
    return longest / 10


def _ask(name: str, payload: bytes, after_s: float) -> Extra:
    async def person(_: House, broker: MemoryBroker, clock: Clock) -> None:
        await clock.sleep(after_s)
        broker.publish(f"balancer/main/set/{name}", payload, retain=False)

    return person


@pytest.mark.promise("4.8-02")
@pytest.mark.promise("4.8-04")
@pytest.mark.promise("4.8-07")
@pytest.mark.promise("4.8-08")
def test_three_batteries_carry_4200_w_for_an_hour_and_nothing_is_pumped_between_them() -> None:
    """The seed imported 6700 Wh, more than without batteries, and moved 2500 Wh from one battery into another."""
    rig = team([(30.0, 4200.0)], (80, 75, 70))
    trace = run(rig, HOUR_S)
    assert rig.house.import_wh <= 15
    assert rig.house.export_wh <= 5
    assert judge(trace, [], 50.0).circulated_wh_per_h <= 1
    assert max(battery.charged_wh for battery in rig.house.batteries.values()) <= 1
    assert trace.orders <= 90, "no hand-over most minutes"


@pytest.mark.promise("4.8-07")
def test_once_helpers_cover_the_load_they_are_not_parked_again() -> None:
    """Judged by the meter alone the load seemed gone as soon as it was covered: a period of two minutes."""
    trace = run(team([(30.0, 4200.0)], (80, 75, 70)), 600.0)
    helping_w = [sum(sorted(powers)[1:]) for powers in trace.batteries_w[1200:]]
    assert max(helping_w) <= -1000


@pytest.mark.promise("4.8-06")
def test_no_battery_is_drained_below_its_floor_while_a_fuller_one_idles() -> None:
    rig = team([(30.0, 900.0)], (60, 22, 21))
    trace = run(rig, HOUR_S)
    socs = {name: battery.soc_pct for name, battery in rig.house.batteries.items()}
    assert socs["b"] > 20
    assert socs["c"] > 20
    assert socs["a"] < 45
    assert rig.house.import_wh <= 10
    assert trace.orders <= 20


@pytest.mark.promise("4.8-06")
def test_when_all_are_at_the_floor_the_grid_takes_over_and_nobody_gives() -> None:
    rig = team([], (20.5, 20.4, 20.3), start_w=2500.0)
    run(rig, HOUR_S)
    assert all(battery.soc_pct > 19.5 for battery in rig.house.batteries.values()), "but for their standby"


def test_a_load_that_comes_and_goes_never_sets_batteries_against_each_other_for_long() -> None:
    changes = [(60.0 * minute, 200.0 + 4500 * (minute % 2)) for minute in range(1, 20)]
    trace = run(team(changes, (80, 75, 70)), 1200.0)
    assert opposed_s(trace) <= 30


def test_sun_after_an_empty_night_is_taken_within_half_a_minute() -> None:
    rig = team([(120.0, -3000.0)], (20, 20, 20), start_w=300.0)
    trace = run(rig, 240.0)
    assert sum(trace.batteries_w[1450]) >= 2400
    assert rig.house.export_wh <= 3000 * 40 / 3600


@pytest.mark.promise("4.8-04")
def test_a_dosed_battery_beside_a_team_takes_what_the_team_cannot() -> None:
    rig = team([(30.0, 7000.0)], (80, 75, 70), dosed="c")
    trace = run(rig, 300.0)
    assert abs(trace.grid_w[-1]) <= 100
    assert min(trace.batteries_w[-1]) < -1900
    assert judge(trace, [], 50.0).circulated_wh_per_h <= 20


def test_an_owner_who_takes_over_gets_the_sum_he_asked_for() -> None:
    """In manual mode nobody leads: the batteries hold what was asked for together."""
    rig = team([(30.0, 1000.0)], (80, 75, 70))
    rig.extras = (_ask("manual_power_w", b"-3000", 60.0),)
    trace = run(rig, 120.0)
    assert sum(trace.batteries_w[590]) == pytest.approx(-1000, abs=30)
    assert sum(trace.batteries_w[-1]) == pytest.approx(-3000, abs=30)
