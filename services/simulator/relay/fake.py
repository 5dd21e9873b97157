"""What the relays have in common: a contact with an off-timer, a meter, a finger, and bad habits.

async with asyncio.TaskGroup() as tasks:
    tasks.create_task(fake.run())
    fake.press()                        its owner's finger
    fake.is_stuck = True                says yes and does not move
    fake.is_deaf = True                 neither hears nor says anything
    fake.journal                        what it was told, and every movement of the contact and whose it was
    fake.moves                          the movements alone
"""

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress

from common.clock import Clock
from common.errors import BrokerLost
from common.messaging import Inbox
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import SwitchedLoad
from services.simulator.relay.air import Air
from services.simulator.relay.journal import Journal


class RelayFake(ABC):
    """One relay and what hangs behind it."""

    def __init__(self, load: SwitchedLoad, house: ClockedHouse, air: Air, clock: Clock) -> None:
        self.load = load
        self.is_stuck = False
        self.is_deaf = False
        self.journal = Journal()
        self._house, self._air, self._clock = house, air, clock
        self._news = asyncio.Event()
        self._silence: Callable[[], None] = lambda: None

    @property
    def moves(self) -> list[tuple[bool, str]]:
        """Every movement of the contact, and whose it was."""
        return self.journal.moves

    @property
    def is_on(self) -> bool:
        """Where the contact stands."""
        return self.load.is_on

    def press(self) -> None:
        """Somebody presses its button."""
        self._move(not self.load.is_on, "button")

    async def run(self) -> None:
        """For ever: hear what it is told, say what has changed."""
        numbers = itertools.count()
        inbox = await self._air.hear(*self._hears(), lane=lambda _: str(next(numbers)))  # a device hears every word
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(inbox))
            tasks.create_task(self._tell_news())
            tasks.create_task(self._live())

    @abstractmethod
    def _hears(self) -> tuple[str, ...]:
        """What it listens to."""

    @abstractmethod
    async def _heard(self, topic: str, payload: bytes) -> None:
        """Act on a message."""

    @abstractmethod
    async def _tell(self) -> None:
        """Say how it stands."""

    async def _live(self) -> None:
        """What it does by itself: most do nothing."""
        return

    async def _listen(self, inbox: Inbox) -> None:
        async for received in inbox:
            if not self.is_deaf:
                self.journal.told(self._clock.monotonic(), received.topic, received.payload)
                await self._heard(received.topic, received.payload)

    async def _tell_news(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._tell()

    async def _say(self, topic: str, payload: str) -> None:
        if not self.is_deaf:
            with suppress(BrokerLost):
                await self._air.say(topic, payload)

    def _move(self, is_on: bool, who: str, off_after_s: float | None = None) -> None:
        """Move the contact; each closing starts the off-timer anew."""
        self._house.catch_up()
        self._silence()
        if off_after_s and is_on:
            self._silence = self._clock.call_later(off_after_s, lambda: self._move(False, "timer"))
            self.journal.armed(self._clock.monotonic(), off_after_s)
        if is_on != self.load.is_on and not self.is_stuck:
            self.load.is_on = is_on
            self.journal.moved(self._clock.monotonic(), is_on, who)
        self._news.set()
