"""Both ways at once, and an eye on what others left on Domoticz's own topic."""

import asyncio
import logging
from typing import Final

from common.alerts import Alerts
from common.errors import BrokerLost
from common.foreign import Foreign
from common.others import Others
from common.service import Runtime
from services.domoticz.config import Config
from services.domoticz.pushing import Pushing
from services.domoticz.taking import Taking

LOOK_UP_S: Final = 5.0
HANGS_AFTER_S: Final = 60.0
log = logging.getLogger(__name__)


async def session(runtime: Runtime[Config]) -> None:
    """Until cancelled."""
    async with (
        Foreign(runtime.mqtt, runtime.account, "gateway", runtime.clock) as others,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(others.hold())
        tasks.create_task(exchange(runtime, others))


async def exchange(runtime: Runtime[Config], others: Others) -> None:
    """The same, over a connection that is there."""
    pushing = Pushing(runtime.bus, others, runtime.config)
    taking = Taking(runtime.bus, others, runtime.config)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pushing.run())
        tasks.create_task(taking.run())
        tasks.create_task(_take_back(runtime.alerts, others, runtime.config.in_topic))
        tasks.create_task(runtime.health.watch(runtime.clock, (pushing, taking), HANGS_AFTER_S))
        tasks.create_task(_notice_returns(others, runtime, pushing))


async def _notice_returns(others: Others, runtime: Runtime[Config], pushing: Pushing) -> None:
    """After a loss everything is told again."""
    was_ready = True
    async for _ in runtime.clock.every(LOOK_UP_S):
        if others.ready.is_set() and not was_ready:
            pushing.forget()
        was_ready = others.ready.is_set()


async def _take_back(alerts: Alerts, others: Others, topic: str) -> None:
    """A message kept on its in topic would be carried out by Domoticz at each of its reconnects."""
    inbox = await others.hear(topic, lane=lambda received: f"{received.retained}")
    async for received in inbox:
        if not (received.retained and received.payload):
            continue
        text = f"a message was kept on {topic}; Domoticz would obey it at each reconnect. It was taken back."
        await alerts.set("leftover", text, "Find the program that publishes there with the retain flag.")
        try:
            await others.forget(topic)
        except BrokerLost as lost:
            log.info("%s is taken back once the broker is there: %s", topic, lost)
