"""The broker inside the process behaves as a real one would."""

from common.clock import Clock
from common.contract import ACK, COMMAND, METER_STATE, Ack, Command, MeterState
from common.memory_bus import MemoryBroker
from common.messaging import Inbox, Reader

P1 = METER_STATE.at("p1")


def order(number: int) -> Command:
    return Command(cmd_id=f"1-{number}", epoch=1, issued_at_ms=1, ttl_s=30.0, action="set_power", power_w=-800.0)


def drain(inbox: Inbox) -> list[tuple[str, bool]]:
    return [(received.topic, received.retained) for received in iter(inbox.take, None)]


async def test_a_message_reaches_every_bus_that_listens(memory_broker: MemoryBroker, clock: Clock) -> None:
    one, two, three = (memory_broker.plug(f"ems-{name}", name, clock) for name in "abc")
    inboxes = [await one.listen(P1), await two.listen(METER_STATE)]
    await three.publish(P1, MeterState(power_w=1.0))
    assert [drain(inbox) for inbox in inboxes] == [[("meter/p1/state", False)]] * 2


async def test_a_bus_hears_itself(memory_broker: MemoryBroker, clock: Clock) -> None:
    bus = memory_broker.plug("ems-p1", "a", clock)
    inbox = await bus.listen(P1)
    await bus.publish(P1, MeterState(power_w=1.0))
    assert drain(inbox) == [("meter/p1/state", False)]


async def test_state_is_kept_for_those_who_come_later(memory_broker: MemoryBroker, clock: Clock) -> None:
    bus = memory_broker.plug("ems-p1", "a", clock)
    await bus.publish(P1, MeterState(power_w=1.0))
    await bus.publish(P1, MeterState(power_w=2.0))
    late = memory_broker.plug("ems-balancer", "b", clock)
    inbox = await late.listen(METER_STATE)
    message = Reader(late, (METER_STATE,)).read(await inbox.next())
    assert message is not None
    assert (message.retained, message.body) == (True, MeterState(power_w=2.0))


async def test_orders_and_acks_are_not_kept(memory_broker: MemoryBroker, clock: Clock) -> None:
    bus = memory_broker.plug("ems-balancer", "a", clock)
    await bus.publish(COMMAND.at("battery", "garage"), order(1))
    await bus.publish(ACK.at("battery", "garage"), Ack(cmd_id="1-1", epoch=1, outcome="applied"))
    assert memory_broker.retained == {}
    assert drain(await bus.listen(COMMAND, ACK)) == []


async def test_a_cleared_topic_is_forgotten_and_everybody_is_told(memory_broker: MemoryBroker, clock: Clock) -> None:
    bus = memory_broker.plug("ems-p1", "a", clock)
    await bus.publish(P1, MeterState(power_w=1.0))
    inbox = await bus.listen(P1)
    assert drain(inbox) == [("meter/p1/state", True)]
    await bus.clear(P1)
    told = inbox.take()
    assert told is not None
    assert told.payload == b""
    assert memory_broker.retained == {}


async def test_a_watcher_sees_every_message_with_its_retain_flag(memory_broker: MemoryBroker, clock: Clock) -> None:
    seen: list[tuple[str, bool]] = []
    memory_broker.watch(lambda topic, payload, retain: seen.append((topic, retain)))
    bus = memory_broker.plug("ems-balancer", "a", clock)
    await bus.publish(P1, MeterState(power_w=1.0))
    await bus.publish(COMMAND.at("battery", "garage"), order(1))
    assert seen == [("meter/p1/state", True), ("battery/garage/cmd", False)]
