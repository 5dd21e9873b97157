"""What stands on MQTT goes to a board; messengers take it from there to each recipient."""

import asyncio
from typing import Final

from common.foreign import Foreign
from common.others import Others
from common.service import Runtime
from services.notifier.broker import BrokerFigures
from services.notifier.config import Config, Recipient
from services.notifier.hearing import hear_alerts, hear_services, hear_tariff, note_broker
from services.notifier.messenger import Messenger
from services.notifier.news import Board, Taste
from services.notifier.voice import Voice

WATCH_S: Final = 5.0


async def session(runtime: Runtime[Config]) -> None:
    """Until cancelled."""
    async with (
        Foreign(runtime.mqtt, runtime.account, "broker", runtime.clock) as others,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(others.hold())
        tasks.create_task(tell(runtime, others))


async def tell(runtime: Runtime[Config], others: Others) -> None:
    """The same, over a connection to the broker's own topics."""
    board = Board(runtime.config.settle_s, runtime.clock.monotonic())
    messengers = [_messenger(runtime, board, name, recipient) for name, recipient in runtime.config.to.items()]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(BrokerFigures(others, runtime.alerts, runtime.clock).run())
        tasks.create_task(hear_alerts(runtime.bus, board))
        tasks.create_task(hear_services(runtime.bus, board))
        tasks.create_task(hear_tariff(runtime.bus, board, runtime.site.zone))
        tasks.create_task(_watch(runtime, board))
        for messenger in messengers:
            tasks.create_task(messenger.run())


async def _watch(runtime: Runtime[Config], board: Board) -> None:
    async for _ in runtime.clock.every(WATCH_S):
        note_broker(runtime.bus, board)
        runtime.health.turned(WATCH_S)


def _messenger(runtime: Runtime[Config], board: Board, name: str, recipient: Recipient) -> Messenger:
    config, clock, zone = runtime.config, runtime.clock, runtime.site.zone

    def is_quiet() -> bool:
        hours = config.quiet_hours
        return hours is not None and hours.include(clock.now().astimezone(zone).time())

    taste = Taste(recipient.alerts, recipient.announcements, config.again_after_s, config.tell_end)
    voice = Voice(recipient.url, clock)
    return Messenger(name, voice, taste, is_quiet, board, clock, runtime.store, runtime.alerts)
