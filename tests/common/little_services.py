"""Services that do next to nothing, to be run as processes: `python -m tests.common.little_services NAME…`."""

import asyncio
import sys
import threading

from pydantic import Field

from common.config import ServiceSettings
from common.contract import AVAILABILITY, METER_STATE, MeterState
from common.service import AnyService, Runtime, Service, main


class Little(ServiceSettings):
    period_s: float = Field(default=1.0, gt=0, le=60, examples=[1])
    id: str = "p1"


class Demanding(ServiceSettings):
    host: str = Field(examples=["192.168.1.10"])


async def report(runtime: Runtime[Little]) -> None:
    """Count aloud, and say goodbye."""
    kept = runtime.store.get("number")
    number = kept if isinstance(kept, int) else 0
    try:
        async for _ in runtime.clock.every(runtime.config.period_s):
            runtime.health.turned(runtime.config.period_s)
            await runtime.bus.publish(METER_STATE.at(runtime.config.id), MeterState(power_w=float(number)))
            await runtime.store.put("number", number := number + 1)
    finally:
        await runtime.bus.publish(AVAILABILITY.at("meter", runtime.config.id), "offline")


async def crash(runtime: Runtime[Little]) -> None:
    """Say that it lives, and die."""
    await runtime.bus.ready.wait()
    await runtime.bus.publish(AVAILABILITY.at("switch", "crashing"), "online")
    await runtime.clock.sleep(0.1)
    raise LookupError("as it always does")


async def hang(runtime: Runtime[Little]) -> None:
    """Turn once, and then hold the whole process up."""
    await runtime.bus.ready.wait()
    runtime.health.turned(0.2)
    await runtime.clock.sleep(0.05)
    threading.Event().wait()


async def finish(runtime: Runtime[Little]) -> None:
    """Do what there is to do, and be through."""
    await runtime.bus.ready.wait()


async def stumble(runtime: Runtime[Little]) -> None:
    """Fail in the very moment in which it is asked to end."""
    try:
        await runtime.bus.ready.wait()
        runtime.health.turned(10)
        await asyncio.get_running_loop().create_future()
    finally:
        raise LookupError("over its own feet")


async def raise_alert(runtime: Runtime[Little]) -> None:
    """Have something to say to the owner."""
    await runtime.alerts.set("meter", "The meter is silent.")
    await asyncio.get_running_loop().create_future()


KNOWN: dict[str, AnyService] = {
    "p1": Service("p1", Little, report),
    "relay": Service("relay", Little, crash),
    "victron": Service("victron", Little, hang),
    "pzem": Service("pzem", Little, finish),
    "tempo": Service("tempo", Little, raise_alert),
    "domoticz": Service("domoticz", Little, stumble),
    "web": Service("web", Demanding, finish),
    "balancer": Service("balancer", Little, report, leads=True),
}

if __name__ == "__main__":
    main(*(KNOWN[name] for name in sys.argv[1:]))
