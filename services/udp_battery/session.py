"""All batteries of the house, each a task of its own; those with the same port number share its socket."""

import asyncio
import logging
from typing import Final

from common.contract import AVAILABILITY
from common.retry import backoff_s
from common.service import Runtime
from services.udp_battery.bridge import Bridge
from services.udp_battery.config import Batteries, BatterySettings, Config
from services.udp_battery.link import PortTaken, open_port

STAGGER_S: Final = 0.7
"""Batteries on one meter are not asked all at once."""
HANGS_AFTER_S: Final = 40.0
"""No turn takes longer: the longest is a search for a battery that moved."""

log = logging.getLogger(__name__)


async def session(runtime: Runtime[Config]) -> None:
    """Care for every battery until cancelled."""
    bridges: list[Bridge] = []
    async with asyncio.TaskGroup() as tasks:
        for number, batteries in runtime.config.by_local_port().items():
            tasks.create_task(_keep_port(runtime, number, batteries, bridges))
        tasks.create_task(runtime.health.watch(runtime.clock, bridges, HANGS_AFTER_S))


async def _keep_port(runtime: Runtime[Config], number: int, batteries: Batteries, bridges: list[Bridge]) -> None:
    """Hold the port and talk to its batteries; while another program holds it, say so and try again."""
    failures = 0
    name = f"port-{number}"
    while True:
        try:
            async with open_port(runtime.config.bind_host, number, runtime.clock) as port:
                await runtime.alerts.clear(name)
                async with asyncio.TaskGroup() as tasks:
                    for index, (device, settings) in enumerate(batteries.items()):
                        line = port.line(None, _mac(runtime, device, settings))
                        bridge = Bridge(runtime, device, settings, line, starts_in_s=index * STAGGER_S)
                        bridges.append(bridge)
                        tasks.create_task(bridge.run())
        except PortTaken as taken:
            failures += 1
            await runtime.alerts.set(name, str(taken), "Stop it, or set another port in the Marstek app and here.")
            for device in batteries if failures == 1 else ():
                await runtime.bus.publish(AVAILABILITY.at("battery", device), "offline")
            await runtime.clock.sleep(backoff_s(failures, 10.0, 60.0))


def _mac(runtime: Runtime[Config], device: str, settings: BatterySettings) -> str | None:
    """Who must answer: as set, else as it was known before."""
    kept = runtime.store.get(f"mac/{device}")
    return settings.mac or (kept if isinstance(kept, str) else None)
