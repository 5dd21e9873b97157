"""The timetable that a Marstek battery keeps by itself."""

from datetime import UTC, datetime

import pytest

from common.clock import Clock, JumpClock
from services.simulator.marstek.slots import Slot, SlotRefused, power_at
from tests.simulator.marstek_client import talking

NIGHT = {"time_num": 1, "start_time": "01:00", "end_time": "05:30", "week_set": 127, "power": -900, "enable": 1}


async def test_in_manual_it_keeps_to_its_timetable(clock: Clock) -> None:
    """Section 3: inside a slot its power, outside 0; its own clock decides."""
    assert isinstance(clock, JumpClock)
    async with talking(clock) as (fake, client):
        clock.step_wall((datetime(2026, 4, 18, 0, 58, tzinfo=UTC) - clock.now()).total_seconds())
        await client.result("ES.SetMode", {"id": 0, "config": {"mode": "Manual", "manual_cfg": NIGHT}})
        await clock.sleep(30)
        assert fake.power_w == 0
        await clock.sleep(240)
        assert fake.power_w == pytest.approx(900)
        fake.program.choose("Passive")
        await clock.sleep(120)
        assert fake.power_w == 0


@pytest.mark.parametrize(
    ("week", "hour", "power_w"),
    [(127, 2, 900), (127, 6, 0), (32, 2, 900), (31, 2, 0), (64, 2, 0)],
)
def test_a_slot_holds_on_its_days_and_hours(week: int, hour: int, power_w: float) -> None:
    """Monday is 1, Saturday 32."""
    _, slot = Slot.read({**NIGHT, "week_set": week})
    assert power_at([slot], datetime(2026, 4, 18, hour, tzinfo=UTC)) == power_w


def test_a_slot_over_midnight_never_holds_and_a_disabled_one_neither() -> None:
    _, over = Slot.read({**NIGHT, "start_time": "22:00", "end_time": "05:00"})
    _, off = Slot.read({**NIGHT, "enable": 0})
    assert power_at([over, off], datetime(2026, 4, 18, 2, tzinfo=UTC)) == 0


@pytest.mark.parametrize("row", [None, {}, {**NIGHT, "power": "much"}, {**NIGHT, "week_set": None}])
def test_a_row_that_is_none_is_refused(row: object) -> None:
    with pytest.raises(SlotRefused):
        Slot.read(row)
