"""Which numbers are believed."""

import pytest

from services.udp_battery import plausibility
from services.udp_battery.wire import Reading


@pytest.mark.promise("4.8-13")
@pytest.mark.parametrize(("said_w", "believed_w"), [(2600, 2600), (-3700, -3700), (32767, None), (-65535, None)])
def test_a_power_no_battery_can_have_is_dropped(said_w: float, believed_w: float | None) -> None:
    """F15."""
    assert plausibility.power_w(said_w, rated_w=2500) == believed_w


def test_what_is_absent_stays_absent() -> None:
    assert plausibility.power_w(None, rated_w=2500) is None
    assert plausibility.temperature_c(None) is None


@pytest.mark.parametrize(("said_c", "believed_c"), [(23.5, 23.5), (-20, -20), (250, None), (-127, None)])
def test_a_temperature_in_the_wrong_unit_is_dropped(said_c: float, believed_c: float | None) -> None:
    assert plausibility.temperature_c(said_c) == believed_c


@pytest.mark.parametrize(
    ("soc_pct", "before_pct", "is_doubtful"),
    [
        (0, None, True),
        (0, 40, True),
        (0, 2, False),
        (39, 40, False),
        (40, None, False),
        (15, 40, True),
        (None, 40, False),
    ],
)
def test_a_sudden_zero_or_jump_waits_for_a_second_word(
    soc_pct: float | None, before_pct: float | None, is_doubtful: bool
) -> None:
    """Checklist 12 and F53: zero placeholders while the cells do not talk."""
    assert plausibility.is_doubtful(soc_pct, before_pct) is is_doubtful


@pytest.mark.parametrize(
    ("soc", "capacity_wh", "believed"),
    [(0, 0, None), (55, 0, None), (0, None, None), (0, 5120, 0), (55, 5120, 55), (55, None, 55), (101, 5120, None)],
)
def test_beside_a_capacity_of_zero_the_state_of_charge_is_unknown(
    soc: float, capacity_wh: float | None, believed: float | None
) -> None:
    assert plausibility.soc_pct(Reading(soc_pct=soc, capacity_wh=capacity_wh)) == believed
