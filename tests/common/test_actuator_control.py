"""What an actuator says about who controls its device."""

import asyncio
from pathlib import Path

from common.actuator import Actuator, Place
from common.clock import Clock, JumpClock
from common.contract import COMMAND, Command
from common.contract.devices import Action
from common.lease import Limits
from common.memory_bus import MemoryBroker
from common.store import Store


async def test_a_clock_that_drifts_does_not_make_it_chatter(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    """The end of a lease is dated once: wall and monotonic clock differ by a millisecond now and then."""
    assert isinstance(clock, JumpClock)
    said: list[str] = []
    memory_broker.watch(lambda topic, payload, retain: said.append(topic))
    bus = memory_broker.plug("ems-udp_battery", "b1", clock)
    balancer = memory_broker.plug("ems-balancer", "b0", clock)
    with Store(tmp_path / "x.sqlite", clock, "x") as store:
        actuator = Actuator(bus, Place("battery", "garage"), lambda: Limits(-800, 2500), store)
        running = asyncio.create_task(actuator.run())
        await clock.sleep(0)
        order = Command(
            cmd_id="1-1",
            epoch=clock.wall_ms(),
            issued_at_ms=clock.wall_ms(),
            ttl_s=30.0,
            action="set_power",
            power_w=5.0,
        )
        await balancer.publish(COMMAND.at("battery", "garage"), order)
        await actuator.changed.wait()
        for _ in range(5):
            await actuator.control("leased", 5.0)
            clock.step_wall(0.001)
        running.cancel()
    assert said.count("battery/garage/control") == 1


async def test_a_lease_that_was_not_renewed_is_told_from_one_that_was_released(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    bus = memory_broker.plug("ems-udp_battery", "b1", clock)
    balancer = memory_broker.plug("ems-balancer", "b0", clock)
    epoch, numbers = clock.wall_ms(), iter(range(9))

    async def say(action: Action, power_w: float | None = None) -> None:
        command = Command(
            cmd_id=f"1-{next(numbers)}",
            epoch=epoch,
            issued_at_ms=clock.wall_ms(),
            ttl_s=30.0,
            action=action,
            power_w=power_w,
        )
        await balancer.publish(COMMAND.at("battery", "garage"), command)
        await clock.sleep(1)

    with Store(tmp_path / "x.sqlite", clock, "x") as store:
        actuator = Actuator(bus, Place("battery", "garage"), lambda: Limits(-800, 2500), store)
        running = asyncio.create_task(actuator.run())
        await clock.sleep(0)
        assert not actuator.has_lapsed
        await say("set_power", 5.0)
        await clock.sleep(31)
        assert actuator.has_lapsed
        await say("set_power", 5.0)
        assert not actuator.has_lapsed
        await say("release")
        await clock.sleep(31)
        assert not actuator.has_lapsed
        running.cancel()
