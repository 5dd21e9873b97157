"""What is known of days and prices, kept over restarts; whoever tells of it is woken by news."""

import asyncio
from collections.abc import Iterable, Sequence

from common.clock import Clock
from common.store import Store
from services.tempo import spot
from services.tempo.hours import Hours
from services.tempo.knowledge import Knowledge, Word
from services.tempo.wire.day_ahead import Spot


class Almanac:
    """One per service. `order`: the sources, those to be believed first in front."""

    def __init__(self, store: Store, clock: Clock, hours: Hours, order: Sequence[str]) -> None:
        self.store, self.clock, self.hours = store, clock, hours
        self.news = asyncio.Event()
        """Set when something new is known."""
        self.knowledge = Knowledge(order)
        self.knowledge.load(store.get("words"))
        self.spots = spot.load(store.get("spots"))

    async def hear(self, words: Iterable[Word]) -> None:
        """Take in what a source said of days."""
        if self.knowledge.hear(words):
            self.knowledge.tidy(self.hours.day_of(self.clock.now()))
            self.news.set()
            await self.store.put("words", self.knowledge.dump())

    async def hear_prices(self, spots: Iterable[Spot]) -> None:
        """Take in prices of the exchange."""
        together = spot.together(self.spots, spots, self.clock.now())
        if together != self.spots:
            self.spots = together
            self.news.set()
            await self.store.put("spots", spot.dump(together))
