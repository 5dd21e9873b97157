"""The pure rooms: whatever happens, an order rules while it holds, and what we did is taken back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import switching
from common.switching import Memory
from services.relay import feeding
from services.relay.dialects.dialect import Heard
from services.relay.metering import Metering, Odometer
from services.relay.switches import PlainSettings

STEPS = st.lists(
    st.tuples(st.sampled_from(["on", "off", "free", "sees_on", "sees_off", "lost", "wait"]), st.integers(1, 900))
)


@given(STEPS, st.sampled_from(["off", "on", "keep"]), st.sampled_from([None, 600.0]))
def test_the_rules_hold_whatever_happens(steps: list[tuple[str, int]], safe: str, max_on_s: float | None) -> None:
    settings = PlainSettings.model_validate({"command_topic": "a", "safe_state": safe, "max_on_s": max_on_s})
    memory, ordered, now_s = Memory(), None, 0.0
    for step, wait_s in steps:
        now_s += wait_s
        ordered = {"on": True, "off": False, "free": None}.get(step, ordered)
        memory = switching.noticed(memory, ordered, settings, now_s)
        if step == "lost":
            memory = feeding.lost(memory)
        if step.startswith("sees"):
            memory = switching.saw(memory, step == "sees_on", ordered, settings, now_s)
        wanted = switching.wish(memory, ordered, settings, now_s)
        if memory.by_hand_s is not None:
            assert wanted is None
        elif ordered is not None:
            assert wanted is ordered or wanted is False
        elif not memory.is_ours:
            assert wanted is None or wanted is False
        else:
            assert wanted is settings.safe_position or wanted is False
        if feeding.is_due(memory, wanted, None, now_s):
            assert wanted is not memory.seen
            memory = switching.told(memory, bool(wanted), now_s)
            assert not feeding.is_due(memory, wanted, None, now_s + feeding.APART_S / 2)


def test_counters_never_go_back_when_a_device_begins_anew() -> None:
    """Shelly's first generation counts from its last start."""
    odometer = Odometer(4000, {}, {})
    assert odometer.count("import_wh", 500.0, 0.0)
    for number in range(8):
        odometer.count("import_wh", 3.0 + number, 60.0 + number * 20)
        assert odometer.totals["import_wh"] >= 500
    assert odometer.totals["import_wh"] == pytest.approx(500, abs=10)


def test_a_counter_that_began_anew_while_nobody_listened_goes_on() -> None:
    odometer = Odometer(4000, {"import_wh": 100.0}, {"import_wh": 600.0})
    odometer.count("import_wh", 2.0, 0.0)
    assert odometer.totals == {"import_wh": 600.0}
    odometer.count("import_wh", 5.0, 60.0)
    assert odometer.totals == {"import_wh": 603.0}


def test_a_zero_for_a_failure_is_not_believed() -> None:
    odometer = Odometer(4000, {}, {})
    odometer.count("import_wh", 5000.0, 0.0)
    assert not odometer.count("import_wh", 0.0, 10.0)
    assert odometer.count("import_wh", 5001.0, 20.0)
    assert odometer.totals == {"import_wh": 5001.0}


def test_a_power_from_before_it_moved_or_from_long_ago_is_unknown_not_nought() -> None:
    metering = Metering(4000, 180, Odometer(4000, {}, {}))
    metering.switched(True)
    metering.heard(Heard(power_w=1990.0), 0.0)
    assert metering.reading(100.0).power_w == 1990
    assert metering.reading(181.0).power_w is None
    metering.heard(Heard(power_w=1990.0), 200.0)
    metering.switched(False)
    assert metering.reading(200.0).power_w is None


def test_a_feed_comes_within_the_timers_own_time() -> None:
    memory = Memory(seen=True, told_s=0.0)
    assert not feeding.is_due(memory, True, 40.0, 39.0)
    assert feeding.is_due(memory, True, 40.0, 40.0)
    assert not feeding.is_due(memory, True, None, math.inf)


def test_a_new_order_does_not_wait_for_the_one_before_to_show() -> None:
    """Somebody who sheds load at once after switching on has it off at once."""
    settings = PlainSettings.model_validate({"command_topic": "a"})
    memory = switching.noticed(Memory(seen=False), True, settings, 0.0)
    memory = switching.told(memory, True, 0.0)
    memory = switching.saw(memory, True, True, settings, 0.1)
    assert feeding.is_due(memory, False, None, 0.2)
    memory = switching.told(memory, False, 0.2)
    assert not feeding.is_due(memory, False, None, 1.0), "the same again is given its time"
