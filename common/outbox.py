"""What an account has said and the broker must know: of each topic the newest, again after each connect."""

import asyncio
from collections.abc import Awaitable, Callable

from common.errors import BrokerLost
from common.messaging import Outgoing


class Outbox:
    """Retained messages. `hand_over` gives one to the broker and raises BrokerLost."""

    def __init__(self, hand_over: Callable[[Outgoing], Awaitable[None]]) -> None:
        self._hand_over = hand_over
        self._retained: dict[str, Outgoing] = {}
        self._waiting: dict[str, Outgoing] = {}
        self._posted = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def keep(self, outgoing: Outgoing, *, waits: bool) -> None:
        """Remember a message in place of what was said before on its topic. `waits`: it is to be sent from here."""
        self._retained[outgoing.name] = outgoing
        self._waiting.pop(outgoing.name, None)
        if waits:
            self._waiting[outgoing.name] = outgoing
            self._posted.set()

    def sent(self, outgoing: Outgoing) -> None:
        """The broker has it. What was cleared with an empty message is forgotten."""
        if not outgoing.payload and self._retained.get(outgoing.name) is outgoing:
            del self._retained[outgoing.name]

    def begin_anew(self) -> None:
        """The broker may have forgotten everything."""
        self._waiting = dict(self._retained)
        self._posted.set()

    async def run(self) -> None:
        """For ever: send messages one by one. Raises BrokerLost."""
        while True:
            await self.flush()
            self._posted.clear()
            await self._posted.wait()

    async def flush(self) -> None:
        """Send what waits. Raises BrokerLost; what was not taken waits on, unless there is a newer one."""
        while self._waiting:
            outgoing = self._waiting.pop(next(iter(self._waiting)))
            try:
                await self._hand_over(outgoing)
            except BrokerLost:
                self._waiting.setdefault(outgoing.name, outgoing)
                raise
