"""Inboxes that never hold a backlog, and readers that let nothing wrong through."""

import asyncio
import tracemalloc
from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import metrics
from common.clock import Clock, JumpClock
from common.contract import (
    AVAILABILITY,
    BATTERY_STATE,
    METER_STATE,
    BatteryState,
    Envelope,
    MeterState,
    encode,
)
from common.errors import MessageRejected
from common.memory_bus import MemoryBroker, MemoryBus
from common.messaging import MAX_LANES, MAX_WAITING_BYTES, Inbox, Reader, Received

P1 = METER_STATE.at("p1")


def received(topic: str, payload: bytes = b"x", *, retained: bool = False) -> Received:
    return Received(topic, payload, retained, 0.0)


def inbox(*, wanted: Iterable[str] | None = None) -> Inbox:
    return Inbox((METER_STATE,), lambda message: message.topic, lambda topic: wanted is None or topic in wanted)


def state(seq: int, power_w: float = 0.0, boot: str = "aaaaaa", ts_ms: int = 0) -> bytes:
    return encode(Envelope(v=1, ts_ms=ts_ms, seq=seq, boot=boot, src="ems-p1"), MeterState(power_w=power_w))


def drain(box: Inbox) -> list[tuple[str, bytes]]:
    return [(message.topic, message.payload) for message in iter(box.take, None)]


# Inboxes


def test_the_newest_message_of_a_topic_replaces_the_older() -> None:
    box = inbox()
    for payload in (b"1", b"2", b"3"):
        box.put(received("meter/p1/state", payload))
    assert drain(box) == [("meter/p1/state", b"3")]


def test_messages_wait_in_the_order_in_which_the_newest_of_each_came() -> None:
    box = inbox()
    for topic, payload in (("meter/a/state", b"1"), ("meter/b/state", b"2"), ("meter/a/state", b"3")):
        box.put(received(topic, payload))
    assert drain(box) == [("meter/b/state", b"2"), ("meter/a/state", b"3")]


@given(st.lists(st.sampled_from("abcde")))
def test_an_inbox_holds_exactly_the_newest_of_each_topic(topics: list[str]) -> None:
    box = inbox()
    for number, name in enumerate(topics):
        box.put(received(f"meter/{name}/state", str(number).encode()))
    newest = {f"meter/{name}/state": str(number).encode() for number, name in enumerate(topics)}
    assert drain(box) == sorted(newest.items(), key=lambda item: int(item[1]))


def test_lanes_are_what_the_listener_makes_them() -> None:
    box = Inbox((METER_STATE,), lambda message: message.payload[:1].decode(), lambda topic: True)
    for payload in (b"a1", b"b1", b"a2"):
        box.put(received("meter/p1/state", payload))
    assert [payload for _, payload in drain(box)] == [b"b1", b"a2"]


def test_only_what_is_wanted_gets_in() -> None:
    box = inbox(wanted={"meter/p1/state"})
    box.put(received("meter/p1/state"))
    box.put(received("meter/p2/state"))
    assert len(box) == 1


@pytest.mark.parametrize(
    "topic", ["battery/p1/state", "meter/p1/state/x", "meter/P1/state", "meter/+/state", "$SYS/p1/state", ""]
)
def test_a_broker_that_delivers_more_than_was_asked_for_is_not_believed(topic: str) -> None:
    box = inbox()
    box.put(received(topic))
    assert len(box) == 0


def test_a_flood_of_topics_fills_an_inbox_up_to_its_bound() -> None:
    box = inbox()
    for number in range(3 * MAX_LANES):
        box.put(received(f"meter/{number}/state"))
    assert (len(box), box.dropped) == (MAX_LANES, 2 * MAX_LANES)


def test_a_full_inbox_still_takes_the_newest_of_what_it_holds() -> None:
    box = inbox()
    for number in range(2 * MAX_LANES):
        box.put(received(f"meter/{number}/state"))
    box.put(received("meter/7/state", b"new"))
    assert drain(box)[-1] == ("meter/7/state", b"new")


def test_a_flood_of_big_messages_on_many_topics_takes_little_memory() -> None:
    """2000 topics of 64 KiB each would be 128 MiB per inbox, on a Pi with 512."""
    box = inbox()
    tracemalloc.start()
    for _ in range(2):
        for number in range(500):
            box.put(received(f"meter/{number}/state", bytes(65_536)))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2 * MAX_WAITING_BYTES


def test_an_inbox_that_was_emptied_has_all_its_room_again() -> None:
    box = inbox()
    for _ in range(3):
        for number in range(100):
            box.put(received(f"meter/{number}/state", bytes(30_000)))
        assert len(drain(box)) == 100
    assert box.dropped == 0


async def test_whoever_waits_gets_the_next_message(clock: Clock) -> None:
    box = inbox()
    waiting = asyncio.create_task(box.next())
    await clock.sleep(1)
    box.put(received("meter/p1/state", b"1"))
    assert (await waiting).payload == b"1"


async def test_two_who_wait_get_one_message_each(clock: Clock) -> None:
    box = inbox()
    waiting = [asyncio.create_task(box.next()) for _ in range(2)]
    await clock.sleep(1)
    box.put(received("meter/a/state"))
    box.put(received("meter/b/state"))
    assert {message.topic for message in await asyncio.gather(*waiting)} == {"meter/a/state", "meter/b/state"}


async def test_giving_up_waiting_loses_no_message(clock: Clock) -> None:
    box = inbox()
    waiting = asyncio.create_task(box.next())
    await clock.sleep(1)
    box.put(received("meter/p1/state", b"1"))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert drain(box) == [("meter/p1/state", b"1")]


async def test_a_slow_consumer_skips_to_the_newest(memory_broker: MemoryBroker, clock: Clock) -> None:
    meter, balancer = memory_broker.plug("ems-p1", "a", clock), memory_broker.plug("ems-balancer", "b", clock)
    box = await balancer.listen(METER_STATE)
    for power_w in range(1000):
        await meter.publish(P1, MeterState(power_w=power_w))
    message = Reader(balancer, (METER_STATE,)).read(await box.next())
    assert message is not None
    assert message.body == MeterState(power_w=999.0)
    assert balancer.queued == 0


# Readers


@pytest.fixture
def bus(memory_broker: MemoryBroker) -> MemoryBus:
    return memory_broker.plug("ems-balancer", "b", JumpClock())


@pytest.fixture
def reader(bus: MemoryBus) -> Reader:
    return Reader(bus, (METER_STATE, BATTERY_STATE, AVAILABILITY))


def test_a_good_message_is_read(reader: Reader) -> None:
    message = reader.read(received("meter/p1/state", state(0, 812.0), retained=True))
    assert message is not None
    assert (message.id, message.body, message.retained) == ("p1", MeterState(power_w=812.0), True)


def test_a_scalar_is_read_each_time(reader: Reader) -> None:
    for _ in range(2):
        message = reader.read(received("meter/p1/availability", b"online"))
        assert message is not None
        assert (message.body, message.envelope) == ("online", None)


def test_an_emptied_topic_says_nothing(reader: Reader, bus: MemoryBus) -> None:
    assert reader.read(received("meter/p1/state", b"")) is None
    assert bus.rejected == 0


def test_a_topic_nobody_asked_for_says_nothing(reader: Reader, bus: MemoryBus) -> None:
    assert reader.read(received("ev/car/state", state(0))) is None
    assert bus.rejected == 0


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"NaN", "invalid"),
        (b'{"v":2}', "version"),
        (b"x" * 65_537, "oversize"),
        (state(0, ts_ms=9_999_999_999_999), "future"),
    ],
)
def test_a_wrong_message_is_counted_and_refused_with_its_reason(
    reader: Reader, bus: MemoryBus, payload: bytes, reason: str
) -> None:
    with pytest.raises(MessageRejected) as caught:
        reader.read(received("meter/p1/state", payload))
    assert (caught.value.reason, bus.rejected) == (reason, 1)


@pytest.mark.parametrize("ahead_s", [-2, 0, 3, 9_000])
def test_how_far_a_senders_clock_is_ahead_is_a_metric(reader: Reader, bus: MemoryBus, ahead_s: int) -> None:
    """Also of a message that is refused for it; what the broker kept says nothing about a clock."""
    now_ms = bus.clock.wall_ms()
    reader.read(received("meter/p1/state", state(0, ts_ms=now_ms - 500_000), retained=True))
    with suppress(MessageRejected):
        reader.read(received("meter/p1/state", state(1, ts_ms=now_ms + ahead_s * 1000)))
    assert metrics.REGISTRY.get_sample_value(
        "ems_clock_skew_seconds", {"service": "ems-balancer", "src": "ems-p1"}
    ) == pytest.approx(ahead_s)


@pytest.mark.parametrize("seq", [4, 5], ids=["old", "repeated"])
def test_an_old_message_is_dropped_and_counted(reader: Reader, bus: MemoryBus, seq: int) -> None:
    reader.read(received("meter/p1/state", state(5)))
    assert reader.read(received("meter/p1/state", state(seq))) is None
    assert bus.rejected == 1


def test_what_the_broker_repeats_after_each_connect_is_dropped_and_no_fault(reader: Reader, bus: MemoryBus) -> None:
    reader.read(received("meter/p1/state", state(5)))
    assert reader.read(received("meter/p1/state", state(5), retained=True)) is None
    assert bus.rejected == 0


def test_each_topic_has_its_own_sequence(reader: Reader) -> None:
    assert reader.read(received("meter/p1/state", state(5))) is not None
    assert reader.read(received("meter/p2/state", state(0))) is not None


def test_a_wrong_message_does_not_disturb_the_sequence(reader: Reader) -> None:
    reader.read(received("meter/p1/state", state(5)))
    with pytest.raises(MessageRejected):
        reader.read(received("meter/p1/state", state(9).replace(b'"power_w":0.0', b'"power_w":"x"')))
    assert reader.read(received("meter/p1/state", state(6))) is not None


def test_a_flood_of_topics_does_not_make_a_reader_grow(reader: Reader) -> None:
    tracemalloc.start()
    for number in range(3 * MAX_LANES):
        assert reader.read(received(f"battery/{number}/state", BATTERY)) is not None
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2_000_000


BATTERY = encode(Envelope(v=1, ts_ms=0, seq=0, boot="a", src="x"), BatteryState(power_w=1.0))


# Publishing


async def test_messages_of_each_topic_are_numbered_from_zero(memory_broker: MemoryBroker, clock: Clock) -> None:
    bus = memory_broker.plug("ems-p1", "aaaaaa", clock)
    p2 = METER_STATE.at("p2")
    sent = [await bus.publish(topic, MeterState(power_w=1.0)) for topic in (P1, P1, p2, P1)]
    assert [envelope.seq for envelope in sent] == [0, 1, 0, 2]


async def test_a_message_says_who_measured_it_and_when(memory_broker: MemoryBroker, clock: Clock) -> None:
    bus = memory_broker.plug("ems-p1", "aaaaaa", clock)
    now = await bus.publish(P1, MeterState(power_w=1.0))
    earlier = await bus.publish(P1, MeterState(power_w=1.0), measured_ms=4711)
    assert (now.src, now.boot, now.ts_ms, earlier.ts_ms) == ("ems-p1", "aaaaaa", clock.wall_ms(), 4711)


async def test_an_observer_sees_everything_that_is_published(memory_broker: MemoryBroker, clock: Clock) -> None:
    bus = memory_broker.plug("ems-p1", "aaaaaa", clock)
    seen: list[tuple[str, object]] = []
    bus.observer = lambda name, body, envelope: seen.append((name, body))
    await bus.publish(P1, MeterState(power_w=1.0))
    await bus.publish(AVAILABILITY.at("meter", "p1"), "online")
    assert seen == [("meter/p1/state", MeterState(power_w=1.0)), ("meter/p1/availability", "online")]
