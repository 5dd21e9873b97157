"""What a failure is called, and how long the dongle is left alone."""

import pytest

from common.contract import Alert
from common.errors import DeviceError, DeviceLocked, DeviceRefused, DeviceUnintelligible, DeviceUnreachable
from common.homewizard import ApiOff, LeafChanged, NoTelegram, NotPaired, TokenRevoked, WrongDevice
from services.p1.troubles import FROZEN, explain

ERRORS = [
    (ApiOff("Switch it on."), "api_off"),
    (TokenRevoked("Pair."), "pair"),
    (LeafChanged("Pair again."), "pair"),
    (NotPaired("Pair first."), "pair"),
    (DeviceLocked("Mend it."), "pair"),
    (WrongDevice("a HWE-SKT, not a P1 meter"), "wrong_device"),
    (NoTelegram("nothing"), "frozen"),
    (DeviceUnreachable("no route"), "unreachable"),
    (DeviceRefused("HTTP 500"), "not_understood"),
    (DeviceUnintelligible("b'<html>'"), "not_understood"),
]


@pytest.mark.parametrize(("error", "name"), ERRORS)
def test_each_failure_has_its_alert_with_advice(error: DeviceError, name: str) -> None:
    trouble = explain(error, "192.168.1.20")
    assert trouble.name == name
    assert "192.168.1.20" in trouble.text
    assert trouble.advice


@pytest.mark.parametrize(("error", "name"), ERRORS)
def test_no_address_and_no_path_is_too_long_for_an_alert(error: DeviceError, name: str) -> None:
    trouble = explain(type(error)("x" * 500), "h" * 253)
    assert Alert(severity="error", since_ms=0, text=trouble.text, advice=trouble.advice).text.startswith(
        ("The P1", "What")
    )


@pytest.mark.parametrize("error", [ApiOff("Switch it on."), LeafChanged("Pair again.")])
def test_what_only_the_owner_can_do_is_the_advice(error: DeviceError) -> None:
    assert explain(error, "p1").advice == str(error)


def test_the_other_device_is_described_to_its_owner() -> None:
    assert "a HWE-SKT, not a P1 meter" in explain(WrongDevice("a HWE-SKT, not a P1 meter"), "p1").text


def test_nothing_a_device_said_gets_into_an_alert() -> None:
    """Bad answers may hold the name of a network or the number of a meter."""
    trouble = explain(DeviceUnintelligible('b\'{"wifi_ssid":"Attic"\''), "p1")
    assert "Attic" not in trouble.text + trouble.advice


@pytest.mark.parametrize("error", [ApiOff("…"), TokenRevoked("…"), LeafChanged("…")])
@pytest.mark.parametrize("failures", [1, 2, 50])
def test_what_waits_for_its_owner_is_tried_once_a_minute(error: DeviceError, failures: int) -> None:
    """homewizard.md 5.7 and 5.8."""
    assert explain(error, "p1").pause_s(failures) == 60


def test_everything_else_is_tried_less_and_less_often() -> None:
    """homewizard.md 5.5."""
    unreachable = explain(DeviceUnreachable("no route"), "p1")
    assert 5 <= unreachable.pause_s(1) <= 10
    assert 15 <= unreachable.pause_s(20) <= 30


def test_a_frozen_meter_is_a_matter_of_its_cable() -> None:
    assert "cable" in FROZEN.advice
