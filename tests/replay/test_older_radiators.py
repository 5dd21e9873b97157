"""The yardstick decides what the older program decided, its defects included."""

from services.replay.older_radiators import Estimate, Metered, OlderRadiators

NAMES = ("a", "b", "c", "d")
EVERYBODY = dict.fromkeys(NAMES, True)


def program(estimate: Estimate = "global") -> OlderRadiators:
    return OlderRadiators(NAMES, (3, 2, 1, 0), 30.0, estimate)


def drawing(grid_a: float, others_a: float = 0.0) -> Metered:
    return Metered(grid_a=grid_a, others_a=others_a, grid_w=grid_a * 230)


def test_the_turn_begins_with_the_first_that_was_refused() -> None:
    older, seen = program(), []
    for step in range(4):
        live = older.second(drawing(0), EVERYBODY, step * 120.0)
        seen.append("".join(name for name in NAMES if live[name]))
    assert seen == ["abc", "abd", "acd", "bcd"]


def test_global_steps_up_although_there_is_room_and_down_again() -> None:
    """With 6 A of head room it sheds, because it compares with 6.5; with 8 A it relaxes each 90 s."""
    older = program()
    for second in range(3):
        older.second(drawing(24.0), EVERYBODY, float(second))
    assert older.mode == 3
    for second in range(3, 200):
        older.second(drawing(22.0), EVERYBODY, float(second))
    assert older.mode == 0


def test_individual_knows_nothing_of_how_many_radiators_are_on() -> None:
    older = program("individual")
    for second in range(100):
        older.second(drawing(40.0, others_a=19.0), EVERYBODY, float(second))
    assert older.mode == 0, "19 + 3 A leave 8 for one radiator, so three may heat: 34 A of 30"


def test_power_that_hovers_about_one_threshold_climbs_to_the_end() -> None:
    older = program("thresholds")
    for second in range(10):
        older.second(drawing((3790 if second % 2 else 3810) / 230), EVERYBODY, float(second))
    assert older.mode == 3
