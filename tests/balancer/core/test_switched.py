"""A switched load in the law: an order in flight, with a thermostat that has its own will."""

from services.balancer.core.decide import Aim, Core, Reading, decide
from services.balancer.core.dosed import Dosed, confirmed, failed, ordered
from services.balancer.core.switched import expected_w, measured_switch, watched
from services.balancer.core.wish import House
from services.balancer.rules import HOUSE

AGE_S = 1.2


def switched_on(at_s: float = 100.0, *, confirm: bool = True) -> Dosed:
    load = ordered(watched("boiler", 0.0, 90.0), "c1", 2000.0, 1.0, at_s)
    return confirmed(load, "c1", at_s + 0.2) if confirm else load


def test_what_it_will_draw_follows_the_decision_until_it_is_measured() -> None:
    off = watched("boiler", 0.0, 90.0)
    assert expected_w(off, True, 2000) == 2000
    assert expected_w(off, False, 2000) == 0
    on = switched_on()
    assert expected_w(on, True, 1000) == 2000
    assert expected_w(measured_switch(on, 1950.0, True, 102.0, AGE_S), True, 1000) == 1950
    assert expected_w(measured_switch(on, 0.0, True, 102.0, AGE_S), True, 1000) == 0, "its thermostat is open"
    assert expected_w(on, False, 2000) == 0


def test_one_that_does_not_obey_is_counted_as_it_is() -> None:
    deaf = measured_switch(switched_on(), 0.0, False, 104.0, AGE_S)
    assert expected_w(deaf, True, 2000) == 0
    assert deaf.proven


def test_a_sample_from_before_the_order_says_nothing() -> None:
    on = switched_on()
    assert measured_switch(on, 0.0, True, 99.9, AGE_S) is on


def test_before_it_is_confirmed_a_contradiction_says_nothing() -> None:
    waiting = switched_on(confirm=False)
    assert measured_switch(waiting, 0.0, False, 100.5, AGE_S) is waiting


def test_small_changes_of_what_it_draws_are_the_house_s() -> None:
    settled = measured_switch(switched_on(), 2000.0, True, 102.0, AGE_S)
    assert measured_switch(settled, 2030.0, True, 103.0, AGE_S) is settled
    assert measured_switch(settled, 1200.0, True, 103.0, AGE_S).nominal.goal_w == 1200


def test_an_order_that_failed_leaves_it_as_it_was() -> None:
    refused = failed(switched_on(confirm=False), "c1")
    assert expected_w(refused, False, 2000) == 0
    assert expected_w(refused, True, 2000) == 2000, "asked again"


def reading(grid_w: float, at_s: float) -> Reading:
    return Reading(grid_w, at_s - 1.2, at_s - 0.2, at_s)


def test_a_jump_that_was_ordered_is_no_change_of_the_house() -> None:
    core = Core(loads=(watched("boiler", 0.0, 90.0),))
    aim = Aim(rules=HOUSE, house=House(rest_w=0.0), bounds={})
    core, before = decide(core, reading(500.0, 100.0), aim)
    core = core.with_tracked(confirmed(ordered(core.loads[0], "c", 2000.0, 1.0, 100.0), "c", 100.1))
    for second, grid_w in ((101.0, 1500.0), (102.0, 2500.0), (103.0, 2500.0)):
        core, after = decide(core, reading(grid_w, second), aim)
        assert abs(after.rest_w - before.rest_w) < 60
    core, room = decide(
        core, reading(2500.0, 104.0), Aim(rules=HOUSE, house=House(rest_w=0.0), bounds={}, loads_w=2000)
    )
    assert room.room.room_w == -core.rest.rest_w - 2000 if core.rest else False


def test_a_jump_of_the_house_is_one_although_a_load_is_watched() -> None:
    core = Core(loads=(watched("boiler", 0.0, 90.0),))
    aim = Aim(rules=HOUSE, house=House(rest_w=0.0), bounds={})
    core, _ = decide(core, reading(500.0, 100.0), aim)
    _, after = decide(core, reading(2500.0, 101.0), aim)
    assert after.rest_w == 2500
