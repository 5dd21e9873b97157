"""A guest on the bus that hears everything and takes nothing: for the view, the recorder and the judge."""

import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from common.bus import MqttBus, account_name
from common.clock import Clock
from common.config import MqttSettings
from common.contract import LEAVES
from common.messaging import Inbox, Received

VIEWER = "viewer"
"""The account of people who look; without passwords any name does."""


@asynccontextmanager
async def guest(mqtt: MqttSettings, clock: Clock, account: str | None = None) -> AsyncIterator[MqttBus]:
    """A connection with a random client id, no will and no status."""
    name = account or (VIEWER if mqtt.password_dir else account_name(mqtt.base, VIEWER))
    async with MqttBus(mqtt, name, secrets.token_hex(3), clock, guest=True) as bus:
        yield bus


def each() -> Callable[[Received], str]:
    """A lane of its own for each message: none replaces another."""
    numbers = itertools.count()
    return lambda received: f"{next(numbers)}"


async def everything(bus: MqttBus) -> Inbox:
    """An inbox for every topic of the contract in which no message replaces another."""
    return await bus.listen(*LEAVES, lane=each())
