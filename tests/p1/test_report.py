"""What is said on MQTT, and that nothing is said twice."""

import pytest

from common.alerts import Alerts
from common.clock import Clock
from common.contract import MeterState
from common.homewizard import DeviceFacts
from common.homewizard.troubles import Trouble
from common.memory_bus import MemoryBroker
from common.report import DOUBTS
from services.p1.pace import Pace
from services.p1.report import Report
from services.p1.troubles import FROZEN

FACTS = DeviceFacts(product_type="HWE-P1", serial="aabbcc0d1e2f", firmware_version="6.0305")
UNREACHABLE = Trouble("unreachable", "It does not answer.", "Check its power.")
STATE = MeterState(power_w=5.0)


class Wire:
    """A report, and what it said."""

    def __init__(self, broker: MemoryBroker, clock: Clock) -> None:
        self.said: list[str] = []
        self.broker = broker
        broker.watch(lambda name, payload, retain: self.said.append(name))
        bus = broker.plug("ems-p1", "cafe01", clock)
        self.report = Report(bus, Alerts(bus), "p1")

    def standing(self) -> set[str]:
        """Alerts that stand."""
        return {name.rsplit("/", 1)[-1] for name in self.broker.retained if name.startswith("alert/")}


@pytest.fixture
async def wire(memory_broker: MemoryBroker, clock: Clock) -> Wire:
    """Nothing said yet."""
    return Wire(memory_broker, clock)


async def test_facts_are_said_once_and_again_when_they_change(wire: Wire) -> None:
    pace = Pace()
    await wire.report.introduce(FACTS, pace)
    await wire.report.introduce(FACTS, pace)
    assert wire.said == ["meter/p1/info"]
    await wire.report.introduce(FACTS.model_copy(update={"firmware_version": "6.0401"}), pace)
    pace.expect(50, each_s=10.0)
    await wire.report.introduce(FACTS, pace)
    assert wire.said == ["meter/p1/info"] * 3


async def test_no_serial_number_is_in_the_facts(wire: Wire) -> None:
    await wire.report.introduce(FACTS, Pace())
    assert b"aabbcc0d1e2f" not in wire.broker.retained["meter/p1/info"]


async def test_availability_is_said_when_it_changes(wire: Wire) -> None:
    for is_online in (False, False, True, True, False):
        await wire.report.availability(is_online)
    assert wire.said == ["meter/p1/availability"] * 3
    assert wire.broker.retained["meter/p1/availability"] == b"offline"


async def test_a_reading_makes_the_meter_available_and_ends_the_trouble(wire: Wire) -> None:
    await wire.report.availability(False)
    await wire.report.trouble(UNREACHABLE)
    assert wire.standing() == {"unreachable"}
    await wire.report.state(STATE, 1)
    assert wire.standing() == set()
    assert wire.broker.retained["meter/p1/availability"] == b"online"


async def test_there_is_one_reason_at_a_time(wire: Wire) -> None:
    await wire.report.trouble(UNREACHABLE)
    await wire.report.trouble(FROZEN)
    assert wire.standing() == {"frozen"}


async def test_the_same_reason_is_said_once(wire: Wire) -> None:
    await wire.report.trouble(UNREACHABLE)
    await wire.report.trouble(UNREACHABLE)
    assert wire.said == ["alert/ems-p1/unreachable"]


async def test_impossible_values_are_told_when_they_last(wire: Wire) -> None:
    for number in range(1, DOUBTS + 3):
        await wire.report.doubts(("gas_m3",))
        assert wire.standing() == (set() if number < DOUBTS else {"implausible"})
    await wire.report.doubts(())
    assert wire.standing() == set()


async def test_one_impossible_value_now_and_then_is_not_told(wire: Wire) -> None:
    for _ in range(20):
        await wire.report.doubts(("gas_m3",))
        await wire.report.doubts(())
    assert wire.said == []


async def test_impossible_values_stand_beside_another_trouble(wire: Wire) -> None:
    for _ in range(DOUBTS):
        await wire.report.doubts(("power_w",))
    await wire.report.trouble(FROZEN)
    assert wire.standing() == {"implausible", "frozen"}
