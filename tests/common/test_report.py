"""What is said of a device, in every bridge: each thing once, and its alerts under a name that fits."""

import pytest

from common.alerts import Alerts
from common.clock import Clock
from common.contract import DeviceInfo
from common.memory_bus import MemoryBroker
from common.report import DOUBTS, LONGEST_NAME, Report

INFO = DeviceInfo(vendor="a", model="b", poll_s=5, stale_after_s=15)


class Wire:
    """A report, and what it said."""

    def __init__(self, broker: MemoryBroker, clock: Clock, device: str) -> None:
        self.said: list[str] = []
        broker.watch(lambda topic, payload, retain: self.said.append(topic))
        bus = broker.plug("ems-relay", "cafe01", clock)
        self.alerts = Alerts(bus)
        self.report = Report(bus, self.alerts, "switch", device)


@pytest.fixture
async def wire(memory_broker: MemoryBroker, clock: Clock) -> Wire:
    return Wire(memory_broker, clock, "pump")


async def test_facts_and_availability_are_said_when_they_change(wire: Wire) -> None:
    for _ in range(2):
        await wire.report.info(INFO)
    news = [await wire.report.availability(is_online) for is_online in (True, True, False)]
    assert news == [True, False, True]
    assert wire.said == ["switch/pump/info", "switch/pump/availability", "switch/pump/availability"]


async def test_an_alert_names_its_device_and_is_taken_back(wire: Wire) -> None:
    await wire.report.alert("stuck", True, "does not move.", "Look at it.")
    assert wire.alerts.standing() == {"stuck-pump"}
    await wire.report.alert("stuck", False, "does not move.", "Look at it.")
    assert not wire.alerts.standing()


async def test_the_longest_name_of_a_device_fits(memory_broker: MemoryBroker, clock: Clock) -> None:
    wire = Wire(memory_broker, clock, "a" * 32)
    await wire.report.alert("stuck", True, "does not move.", "Look at it.")
    assert [len(name) for name in wire.alerts.standing()] == [LONGEST_NAME]


async def test_a_message_without_a_measurement_ends_no_doubt(wire: Wire) -> None:
    for _ in range(DOUBTS):
        await wire.report.doubts(("power_w",))
        await wire.report.doubts((), has_measured=False)
    assert wire.alerts.standing() == {"implausible-pump"}
    await wire.report.doubts(())
    assert not wire.alerts.standing()
