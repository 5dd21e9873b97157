"""What is needed of a connection to topics of other programs; `common.foreign.Foreign` is one, tests have another."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from common.messaging import Inbox, Received


def by_topic(received: Received) -> str:
    """Of each topic the newest message."""
    return received.topic


class Others(Protocol):
    """Programs and devices on MQTT. What is said to them is never retained."""

    ready: asyncio.Event

    async def hear(self, *filters: str, lane: Callable[[Received], str] = by_topic) -> Inbox:
        """Open an inbox for topics."""

    async def say(self, topic: str, payload: str) -> None:
        """Publish, once. Raises BrokerLost."""

    async def forget(self, topic: str) -> None:
        """Take back what is retained on a topic. Raises BrokerLost."""
