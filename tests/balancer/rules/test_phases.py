"""No order of ours takes a phase beyond its fuse, whether we know the phase of a device or not."""

from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.merit import Bounds
from services.balancer.rules.connection import OnPhase, keep_each_phase

FUSE_W = 5750.0
WIDE = Bounds(-2500.0, 2500.0)


def kept(devices: list[OnPhase], phases_w: dict[int, float]) -> dict[str, Bounds]:
    """The bounds that a fuse of 25 A leaves, of devices that could do ±2500 W."""
    return keep_each_phase(devices, {device.id: WIDE for device in devices}, phases_w, FUSE_W)


def test_a_phase_with_room_bounds_nobody() -> None:
    bounds = kept([OnPhase("a", 1, 0.0)], {1: 500.0, 2: 5700.0, 3: 0.0})
    assert bounds["a"] == WIDE


def test_charging_stops_where_the_fuse_does() -> None:
    bounds = kept([OnPhase("a", 1, 0.0)], {1: 5000.0, 2: 0.0, 3: 0.0})
    assert bounds["a"] == Bounds(-2500, 750)


def test_what_the_device_draws_itself_is_its_own_room() -> None:
    """The phase shows 5.7 kW, 2.5 kW of which are the battery's charging: it may go on."""
    bounds = kept([OnPhase("a", 1, 2500.0)], {1: 5700.0, 2: 0.0, 3: 0.0})
    assert bounds["a"].high_w == 2500


def test_above_the_fuse_charging_is_taken_back_and_never_forbidden_to_help() -> None:
    bounds = kept([OnPhase("a", 1, 2000.0)], {1: 6750.0, 2: 0.0, 3: 0.0})
    assert bounds["a"] == Bounds(-2500, 1000)
    bounds = kept([OnPhase("a", 1, 0.0)], {1: 8000.0, 2: 0.0, 3: 0.0})
    assert bounds["a"] == Bounds(-2500, 0)


def test_feeding_in_has_the_same_fuse() -> None:
    bounds = kept([OnPhase("a", 2, 0.0)], {1: 0.0, 2: -5000.0, 3: 0.0})
    assert bounds["a"] == Bounds(-750, 2500)


def test_a_device_of_unknown_phase_is_judged_by_the_fullest() -> None:
    bounds = kept([OnPhase("a", None, 0.0)], {1: 0.0, 2: 5000.0, 3: -5500.0})
    assert bounds["a"] == Bounds(-250, 750)


def test_devices_on_one_phase_share_its_room_in_order() -> None:
    bounds = kept([OnPhase("a", 1, 0.0), OnPhase("b", 1, 0.0), OnPhase("c", 2, 0.0)], {1: 2000.0, 2: 0.0})
    assert [bounds[name].high_w for name in "abc"] == [2500, 1250, 2500]


def test_a_device_needs_no_more_room_than_it_has_shown_to_use() -> None:
    capped = OnPhase("a", 1, 0.0, Bounds(-2500.0, 800.0))
    bounds = kept([capped, OnPhase("b", 1, 0.0)], {1: 3000.0})
    assert bounds["b"].high_w == 1950
    assert bounds["a"].high_w == 2500, "it may be tried with more"


def test_a_meter_without_phases_bounds_nobody() -> None:
    assert kept([OnPhase("a", None, 0.0)], {})["a"] == WIDE


DEVICES = st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.booleans(), st.floats(-2500, 2500)), max_size=4)


@given(DEVICES, st.lists(st.floats(-9000, 9000), min_size=3, max_size=3), st.booleans())
def test_everybody_at_the_bound_at_once_keeps_every_fuse(
    truth: list[tuple[int, bool, float]], others_w: list[float], up: bool
) -> None:
    """Whichever phase those of unknown phase hang on. A house that is beyond its fuse alone is made no worse."""
    devices = [OnPhase(f"d{i}", phase if known else None, power_w) for i, (phase, known, power_w) in enumerate(truth)]
    doing_w = {phase: sum(power_w for on, _, power_w in truth if on == phase) for phase in (1, 2, 3)}
    bounds = kept(devices, {phase: others_w[phase - 1] + doing_w[phase] for phase in (1, 2, 3)})
    for phase in (1, 2, 3):
        mine = [bounds[f"d{i}"] for i, (on, _, _) in enumerate(truth) if on == phase]
        idle_w = others_w[phase - 1]
        after_w = idle_w + sum(bound.high_w if up else bound.low_w for bound in mine)
        assert after_w <= max(FUSE_W, idle_w) + 1e-6 if up else after_w >= min(-FUSE_W, idle_w) - 1e-6
