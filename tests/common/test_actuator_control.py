"""What an actuator says about who controls its device."""

import asyncio
from pathlib import Path

from common.actuator import Actuator, Place
from common.clock import Clock, JumpClock
from common.contract import COMMAND, Command
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
