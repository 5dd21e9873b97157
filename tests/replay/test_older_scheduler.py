"""The yardstick decides what the older program decided, its defects included."""

import pytest

from services.replay.older_scheduler import Measured, OlderBattery, OlderScheduler, OlderSocket


def socket(power_w: float = 1000, capacity_wh: float = 250, *, need: bool = True) -> OlderSocket:
    return OlderSocket(name="a", max_power_w=power_w, capacity_wh=capacity_wh, priority=1, daily_need=need)


def measured(
    available_w: float, *, on: bool = False, power_w: float = 0.0, battery_wh: float | None = None
) -> Measured:
    battery = None if battery_wh is None else OlderBattery(1000, 3000, battery_wh)
    return Measured(grid_w=power_w - available_w, sockets_w={"a": power_w}, on={"a": on}, battery=battery)


def begun(*sockets: OlderSocket, pause_cycles: int = 0) -> OlderScheduler:
    program = OlderScheduler(sockets, pause_cycles=pause_cycles)
    program.new_day()
    return program


def test_it_switches_on_with_the_sun_and_off_without() -> None:
    assert begun(socket(need=False)).cycle(measured(1200), [1200.0] * 4) == {"a": True}
    assert begun(socket(need=False)).cycle(measured(800), [800.0] * 4) == {"a": False}


def test_what_is_available_counts_sockets_and_batteries() -> None:
    """Exporting 1,500 W, a socket draws 1,000 W, the battery charges with 400 W: 2,900 W."""
    now = Measured(grid_w=-1500, sockets_w={"a": 1000.0}, on={"a": True}, battery_w=400)
    assert begun(socket(2900, need=False)).cycle(now, [0.0] * 4) == {"a": True}
    assert begun(socket(2901, need=False)).cycle(now, [0.0] * 4) == {"a": False}


def test_the_batteries_help_is_always_planned_for_later() -> None:
    """A full battery and 900 W of sun now: it waits for rows with 100 W, because step 2 never uses the first."""
    assert begun(socket()).cycle(measured(900, battery_wh=3000), [900.0, 100, 100, 100]) == {"a": False}


def test_without_a_battery_the_best_row_is_taken_from_the_grid() -> None:
    assert begun(socket()).cycle(measured(900), [900.0, 100, 100, 100]) == {"a": True}
    assert begun(socket()).cycle(measured(100), [100.0, 100, 900, 100]) == {"a": False}


def test_a_thermostat_open_for_a_moment_makes_it_full_for_the_day() -> None:
    program = begun(socket())
    program.cycle(measured(1200), [1200.0] * 4)
    assert program.cycle(measured(1200, on=True, power_w=0.0), [1200.0] * 4) == {"a": False}


def test_switching_it_on_by_hand_empties_it() -> None:
    program = begun(socket())
    program.stored_wh["a"] = 200.0
    program.cycle(measured(0, on=True, power_w=1000.0), [0.0] * 4)
    assert program.stored_wh["a"] == 0


def test_without_a_forecast_nothing_runs() -> None:
    assert begun(socket()).cycle(measured(5000), []) == {"a": False}


@pytest.mark.parametrize(("pause_cycles", "switches"), [(0, 20), (10, 2)])
def test_the_later_version_paused_between_two_switches(pause_cycles: int, switches: int) -> None:
    program, on, found = begun(socket(capacity_wh=99_999, need=False), pause_cycles=pause_cycles), False, 0
    for cycle in range(20):
        available_w = 1200.0 if cycle % 2 == 0 else 100.0
        now = program.cycle(measured(available_w, on=on, power_w=1000.0 * on), [1000.0] * 4)["a"]
        found, on = found + (now != on), now
    assert found == switches
