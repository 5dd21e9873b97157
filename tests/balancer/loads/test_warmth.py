"""A water heater's memory: its last days, and what it still gets."""

from services.balancer.loads.stored import Stored
from services.balancer.loads.warmth import KEPT_DAYS, Past, Warmth


def test_days_that_are_over_are_remembered_for_a_while() -> None:
    warmth = Warmth()
    for day in range(1, 7):
        warmth = warmth.closed(Stored(day=day, energy_wh=100.0 * day, was_full=day == 5))
    assert [past.day for past in warmth.days] == [4, 5, 6]
    assert len(warmth.days) == KEPT_DAYS
    assert warmth.past(5, Stored(day=7)) == Past(5, 500.0, True)


def test_the_day_that_is_not_over_is_known_as_well() -> None:
    assert Warmth().past(7, Stored(day=7, energy_wh=900.0)) == Past(7, 900.0, False)


def test_a_day_nobody_counted_is_taken_for_cold() -> None:
    assert Warmth().past(3, Stored(day=7, energy_wh=900.0)) == Past(3, 0.0, False)
    assert Warmth().closed(Stored()).days == ()


def test_what_is_owed_shrinks_with_what_it_takes_and_ends_when_it_is_full() -> None:
    warmth = Warmth().looked_at(8, 3000.0, 500.0)
    assert warmth.gained(1200.0, is_full=False).owed_wh == 1800
    assert warmth.gained(9000.0, is_full=False).owed_wh == 0
    assert warmth.gained(10.0, is_full=True).owed_wh == 0


def test_a_new_look_forgets_what_was_owed() -> None:
    warmth = Warmth().looked_at(8, 3000.0, 500.0).looked_at(9, 0.0, 900.0)
    assert (warmth.owed_wh, warmth.due_s, warmth.looked) == (0.0, None, 9)
