"""What holds for every house, every device and every reading. The examples are made up by hypothesis."""

from dataclasses import replace
from itertools import pairwise
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.balancer.core.decide import Core, decide
from services.balancer.core.dosed import SMALL_W
from services.balancer.core.wish import House
from tests.balancer.core.stories import GRIDS, Story, stories

READINGS = st.lists(st.tuples(GRIDS, st.booleans()), min_size=1, max_size=12)


@pytest.mark.promise("4.8-06")
@given(stories(), READINGS)
def test_no_wish_and_no_set_point_ever_passes_a_limit(story: Story, readings: list[tuple[float, bool]]) -> None:
    for grid_w, confirm in readings:
        reaches = {device.id: story.bounds[device.id].within(device.reach) for device in story.core.devices}
        outcome = story.read(grid_w, confirm=confirm)
        for name, wish_w in outcome.wishes.items():
            assert reaches[name].low_w <= wish_w <= reaches[name].high_w
        for order in outcome.due:
            assert story.bounds[order.device].low_w <= order.setpoint_w <= story.bounds[order.device].high_w


@pytest.mark.promise("4.8-06")
@given(stories(), READINGS)
def test_at_the_reserve_nothing_is_discharged_and_at_the_ceiling_nothing_charged(
    story: Story, readings: list[tuple[float, bool]]
) -> None:
    story.bounds = {name: bounds._replace(low_w=0.0) for name, bounds in story.bounds.items()}
    for grid_w, confirm in readings:
        outcome = story.read(grid_w, confirm=confirm)
        assert all(wish_w >= 0 for wish_w in outcome.wishes.values())
        assert all(order.setpoint_w >= 0 for order in outcome.due)
    story.bounds = {name: bounds._replace(low_w=-1000.0, high_w=0.0) for name, bounds in story.bounds.items()}
    for grid_w, confirm in readings:
        outcome = story.read(grid_w, confirm=confirm)
        assert all(wish_w <= 0 for wish_w in outcome.wishes.values())
        assert all(order.setpoint_w <= 0 for order in outcome.due)


@given(stories(alike=True), GRIDS, GRIDS)
def test_more_import_never_means_more_charging(story: Story, calm_w: float, grid_w: float) -> None:
    """Of a house at rest: while orders are in flight, what they explain is not answered either way.

    And of devices that are alike: slow ones beside quick ones wait until the house holds still.
    """
    story.rest(30, calm_w)
    reading = story.reading(grid_w)
    less, more = (
        decide(story.core, replace(reading, grid_w=reading.grid_w + extra_w), story.aim)[1] for extra_w in (0.0, 300.0)
    )
    coarse_w = sum(device.steps.step_w for device in story.core.devices)
    assert sum(more.wishes.values()) <= sum(less.wishes.values()) + coarse_w


@pytest.mark.promise("4.8-04")
@given(stories(alike=True), READINGS)
def test_set_points_sum_to_the_room_or_somebody_is_at_a_limit(story: Story, readings: list[tuple[float, bool]]) -> None:
    for grid_w, confirm in readings:
        reaches = {device.id: story.bounds[device.id].within(device.reach) for device in story.core.devices}
        outcome = story.read(grid_w, confirm=confirm)
        left_w = outcome.room.room_w - sum(outcome.wishes.values())
        steps_w = {device.id: device.steps.step_w for device in story.core.devices}
        if abs(left_w) > max(steps_w.values()) + 1e-6:
            for name, wish_w in outcome.wishes.items():
                edge_w = reaches[name].high_w if left_w > 0 else reaches[name].low_w
                assert abs(wish_w - edge_w) < steps_w[name] + 1e-6


@given(stories(alike=True), READINGS)
def test_alike_batteries_never_run_against_each_other(story: Story, readings: list[tuple[float, bool]]) -> None:
    for grid_w, confirm in readings:
        outcome = story.read(grid_w, confirm=confirm)
        assert all(wish_w * outcome.room.room_w >= 0 for wish_w in outcome.wishes.values())


@pytest.mark.promise("4.8-04")
@given(stories(), GRIDS)
def test_in_the_steady_state_no_battery_charges_from_another(story: Story, load_w: float) -> None:
    """Also with quick and slow ones: a minute of the same load, everybody doing as told."""
    outcome = [story.live(load_w) for _ in range(60)][-1]
    towards = 1 if outcome.room.room_w > 0 else -1
    assert all(wish_w * towards >= -2 * SMALL_W for wish_w in outcome.wishes.values())


@pytest.mark.promise("4.8-14")
@given(stories(), READINGS)
def test_the_same_core_and_reading_give_the_same_decision(story: Story, readings: list[tuple[float, bool]]) -> None:
    for grid_w, confirm in readings:
        again = decide(story.core, story.reading(grid_w), story.aim)
        assert decide(story.core, story.reading(grid_w), story.aim) == again
        story.read(grid_w, confirm=confirm)


@given(stories(), READINGS)
def test_finite_in_finite_out(story: Story, readings: list[tuple[float, bool]]) -> None:
    for grid_w, confirm in readings:
        outcome = story.read(grid_w, confirm=confirm)
        assert isfinite(outcome.rest_w)
        assert isfinite(outcome.room.room_w)
        assert all(isfinite(wish_w) for wish_w in outcome.wishes.values())
        assert all(isfinite(order.setpoint_w) and isfinite(order.power_w) for order in outcome.due)


@given(stories(), READINGS)
def test_no_device_gets_an_order_before_it_takes_one_again(story: Story, readings: list[tuple[float, bool]]) -> None:
    for grid_w, confirm in readings:
        story.read(grid_w, confirm=confirm)
    for device in story.core.devices:
        times_s = [now_s for now_s, name, _ in story.sent if name == device.id]
        assert all(b - a >= device.refresh_s - 1e-6 for a, b in pairwise(times_s))


@given(stories(), READINGS, st.floats(0, 9000), st.floats(0, 9000))
def test_what_is_decided_stays_within_the_connection_whatever_the_mode(
    story: Story, readings: list[tuple[float, bool]], most_in_w: float, most_out_w: float
) -> None:
    """Devices may be too small to keep the house within it, but no order takes it further out."""
    for manual_w in (None, 9000.0, -9000.0):
        story.house = House(rest_w=0.0, manual_w=manual_w, max_import_w=most_in_w, max_export_w=most_out_w)
        for grid_w, confirm in readings:
            outcome = story.read(grid_w, confirm=confirm)
            room_w, rest_w = outcome.room.room_w, outcome.rest_w
            if not outcome.pulsing:
                assert rest_w + room_w <= most_in_w + 1e-6
                assert rest_w + room_w >= -most_out_w - 1e-6


@settings(max_examples=20)
@given(stories(alike=True), st.floats(-2000, 2000))
def test_a_house_that_stands_still_is_soon_left_alone(story: Story, load_w: float) -> None:
    """Everybody does as told, so the grid is the load plus what they do: orders end."""
    for _ in range(120):
        story.live(load_w)
    late = [order for order in story.sent if order[0] > story.now_s - 60]
    assert len(late) <= 2 * len(story.core.devices)


@given(st.floats(-9000, 9000))
def test_without_devices_the_house_is_still_understood(grid_w: float) -> None:
    outcome = Story(Core(), {}).read(grid_w)
    assert (outcome.rest_w, outcome.room.room_w, outcome.due) == (grid_w, -grid_w, ())
