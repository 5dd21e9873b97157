"""What an owner should know: said once, kept while it is so, taken back when it is over."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from common import metrics
from common.alerts import Alerts
from common.clock import Clock
from common.contract import ALERT, Alert, decode
from common.memory_bus import MemoryBroker, MemoryBus

METER = "alert/ems-p1/meter"


@pytest.fixture
def said(memory_broker: MemoryBroker) -> list[tuple[str, str]]:
    """Name and text of each alert as it was published; no text where it was cleared."""
    heard: list[tuple[str, str]] = []

    def hear(topic: str, payload: bytes, retain: bool) -> None:
        assert retain
        heard.append((topic, decode(ALERT, payload)[1].text if payload else ""))

    memory_broker.watch(hear)
    return heard


@pytest.fixture
def bus(memory_broker: MemoryBroker, clock: Clock) -> MemoryBus:
    return memory_broker.plug("ems-p1", "aaaaaa", clock)


@pytest.fixture
async def alerts(bus: MemoryBus, clock: Clock) -> AsyncIterator[Alerts]:
    """The alerts of a service that has started."""
    made = Alerts(bus)
    tidying = asyncio.create_task(made.tidy())
    await clock.sleep(0.01)
    yield made
    tidying.cancel()
    await asyncio.gather(tidying, return_exceptions=True)


def standing(broker: MemoryBroker, topic: str = METER) -> Alert:
    return decode(ALERT, broker.retained[topic])[1]


def active(name: str) -> float | None:
    return metrics.REGISTRY.get_sample_value("ems_alert_active", {"service": "ems-p1", "id": name})


async def test_an_alert_stands_until_it_is_cleared(alerts: Alerts, memory_broker: MemoryBroker) -> None:
    await alerts.set("meter", "The meter is silent.", "Is it plugged in?", device="p1")
    alert = standing(memory_broker)
    assert (alert.severity, alert.text, alert.advice, alert.device) == (
        "warning",
        "The meter is silent.",
        "Is it plugged in?",
        "p1",
    )
    assert active("meter") == 1
    await alerts.clear("meter")
    assert memory_broker.retained == {}
    assert active("meter") == 0


async def test_raising_it_again_says_nothing(alerts: Alerts, said: list[tuple[str, str]]) -> None:
    for _ in range(3):
        await alerts.set("meter", "The meter is silent.")
    assert said == [(METER, "The meter is silent.")]


async def test_other_words_are_said_and_keep_the_time_since_when(
    alerts: Alerts, memory_broker: MemoryBroker, clock: Clock
) -> None:
    since_ms = clock.wall_ms()
    await alerts.set("meter", "The meter is silent.")
    await clock.sleep(60)
    await alerts.set("meter", "The meter has been silent for a minute.", error=True)
    alert = standing(memory_broker)
    assert (alert.since_ms, alert.severity) == (since_ms, "error")
    assert alert.text == "The meter has been silent for a minute."


async def test_an_alert_is_logged_when_it_begins_and_when_it_ends(
    alerts: Alerts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await alerts.set("meter", "The meter is silent.")
    await alerts.set("meter", "The meter is still silent.")
    await alerts.clear("meter")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "ems-p1: The meter is silent. "),
        ("INFO", "ems-p1: over: The meter is still silent."),
    ]


async def test_clearing_what_does_not_stand_says_nothing(alerts: Alerts, said: list[tuple[str, str]]) -> None:
    await alerts.clear("meter")
    assert said == []


async def test_an_alert_that_comes_back_begins_anew(alerts: Alerts, memory_broker: MemoryBroker, clock: Clock) -> None:
    await alerts.set("meter", "silent")
    await alerts.clear("meter")
    await clock.sleep(60)
    await alerts.set("meter", "silent")
    assert standing(memory_broker).since_ms == clock.wall_ms()


async def test_say_raises_and_clears(alerts: Alerts, said: list[tuple[str, str]]) -> None:
    for wrong in (False, True, True, False, False):
        await alerts.say("meter", wrong, "silent")
    assert said == [(METER, "silent"), (METER, "")]


async def test_a_text_of_any_length_is_said_as_far_as_it_fits(alerts: Alerts, memory_broker: MemoryBroker) -> None:
    """The text often holds what a device answered; that must not end the service that reports it."""
    await alerts.set("meter", "x" * 10_000, "y" * 10_000)
    assert len(memory_broker.retained[METER]) < 1024


async def test_a_long_text_is_still_said_once(alerts: Alerts, said: list[tuple[str, str]]) -> None:
    for _ in range(3):
        await alerts.set("meter", "x" * 10_000)
    assert len(said) == 1


async def test_what_an_earlier_run_left_behind_is_cleared(
    memory_broker: MemoryBroker, bus: MemoryBus, clock: Clock, said: list[tuple[str, str]]
) -> None:
    await Alerts(bus).set("meter", "silent")
    await Alerts(bus).set("battery", "unreachable")
    later = Alerts(bus)
    await later.set("battery", "unreachable")
    tidying = asyncio.create_task(later.tidy())
    await clock.sleep(0.01)
    assert list(memory_broker.retained) == ["alert/ems-p1/battery"]
    tidying.cancel()
    await asyncio.gather(tidying, return_exceptions=True)


async def test_alerts_of_others_are_left_alone(alerts: Alerts, memory_broker: MemoryBroker, clock: Clock) -> None:
    for service in ("ems-p10", "ems-victron", "ems-p"):
        await Alerts(memory_broker.plug(service, "b", clock)).set("meter", "silent")
    await clock.sleep(0.01)
    assert len(memory_broker.retained) == 3


async def test_what_stands_is_not_cleared_when_the_broker_repeats_it(
    alerts: Alerts, memory_broker: MemoryBroker, bus: MemoryBus, clock: Clock
) -> None:
    """After each connect the broker sends what it keeps, our own alerts too."""
    await alerts.set("meter", "silent")
    bus.receive(METER, memory_broker.retained[METER], retained=True)
    await clock.sleep(0.01)
    assert METER in memory_broker.retained


async def test_an_old_alert_that_the_broker_still_keeps_is_cleared_after_a_reconnect(
    alerts: Alerts, memory_broker: MemoryBroker, bus: MemoryBus, clock: Clock
) -> None:
    await alerts.set("meter", "silent")
    kept = memory_broker.retained[METER]
    await alerts.clear("meter")
    memory_broker.retained[METER] = kept
    bus.receive(METER, kept, retained=True)
    await clock.sleep(0.01)
    assert METER not in memory_broker.retained
