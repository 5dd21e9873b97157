"""What the owner is told, and that it fits into the contract."""

import pytest

from common.contract import ALERT, Alert
from common.report import alert_name
from services.udp_battery import alarms as room
from services.udp_battery.alarms import Alarm, alarms
from services.udp_battery.contact import Contact
from services.udp_battery.limits import Caps
from services.udp_battery.memory import Memory

WELL = Memory(contact=Contact(since_s=0, has_answered=True))
ILL = Memory(contact=Contact(since_s=0, failures=4), is_disobedient=True)
LONGEST = "a" * 32


def everything() -> list[Alarm]:
    caps = Caps().learn(-800, 0).learn(1200, 0)
    stranger = "expected the battery …c0de at 192.168.100.100, found …ffff"
    return list(alarms(LONGEST, ILL, caps, 100, was_reset=True, stranger=stranger))


def test_a_healthy_battery_is_not_talked_about() -> None:
    assert not list(alarms("garage", WELL, Caps(), 100, was_reset=False, stranger=""))


def test_each_trouble_has_a_name_of_its_own() -> None:
    assert [alarm.kind for alarm in everything()] == ["silent", "follow", "limit", "reset", "device"]


@pytest.mark.parametrize("alarm", everything(), ids=lambda alarm: alarm.kind)
def test_every_alarm_fits_into_the_contract_and_gives_advice(alarm: Alarm) -> None:
    """Also for the longest name an owner may choose."""
    ALERT.at("ems-udp_battery", alert_name(alarm.kind, LONGEST))
    Alert(severity="warning", since_ms=0, text=alarm.text, advice=alarm.advice, device=LONGEST)
    assert alarm.advice.endswith((".", "?"))
    assert LONGEST in alarm.text


def test_the_limit_is_named() -> None:
    limit = next(alarm for alarm in everything() if alarm.kind == "limit")
    assert "gives no more than 800 W and takes no more than 1200 W" in limit.text
    assert limit.advice == room.UNLOCK
