"""How each family and firmware is treated."""

import pytest

from services.udp_battery.firmware import UNKNOWN, firmware, generation


@pytest.mark.parametrize(("version", "age"), [(147, 147.0), (1476, 147.6), (1573, 157.3), (301, 301.0)])
def test_four_digits_are_a_generation_with_a_decimal(version: int, age: float) -> None:
    assert generation(version) == age


@pytest.mark.parametrize(
    ("device", "version", "family", "poll_s", "is_fragile"),
    [
        ("VenusE 3.0", 150, "vnse3", 10, False),
        ("VenusE 3.0", 1476, "vnse3", 30, True),
        ("VNSE3-0", 139, "vnse3", 60, True),
        ("VenusC", 153, "hmg50", 60, True),
        ("VenusE", 156, "hmg50", 60, False),
        ("Venus A", 147, "vnsa", 30, True),
        ("VenusE Pro", 1508, "vnsa", 10, False),
        ("Venus E mini", 301, "mini", 10, False),
        ("VNSD-0", 150, "vnsd", 10, False),
    ],
)
def test_each_firmware_is_polled_at_its_own_pace(
    device: str, version: int, family: str, poll_s: float, is_fragile: bool
) -> None:
    """Checklist 4."""
    found = firmware(device, version)
    assert (found.family, found.poll_s, found.is_fragile) == (family, poll_s, is_fragile)


@pytest.mark.parametrize("device", ["Venus E mini", "VNSEM-0", "VenusE Pro"])
def test_a_name_that_contains_another_is_not_that_other(device: str) -> None:
    assert firmware(device, 150).family not in ("hmg50", "vnse3")


@pytest.mark.parametrize(("device", "version"), [("Venus Z", 200), ("", None), ("VenusE 3.0", None)])
def test_the_unknown_is_treated_as_the_most_delicate(device: str, version: int | None) -> None:
    found = firmware(device, version)
    assert found.is_fragile
    assert found.poll_s == UNKNOWN.poll_s == 60


def test_scales_differ_on_both_sides_of_154() -> None:
    assert firmware("VenusC", 153).scale == {"bat_power": 0.1, "bat_temp": 0.1}
    assert firmware("VenusC", 1541).scale == {"bat_temp": 10.0}
    assert firmware("VenusE 3.0", 150).scale == {}


def test_only_the_mini_puts_what_is_left_into_its_capacity() -> None:
    assert not firmware("VNSEM-0", 301).tells_capacity
    assert firmware("VenusC", 153).tells_capacity
