"""What is heard at a bus while somebody waits for one thing: nothing is lost, nothing is waited for in vain."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from common.clock import Clock
from common.contract import Ack, Envelope, Leaf, Payload, decode
from common.errors import MessageRejected
from common.messaging import Inbox, Received

M = TypeVar("M", bound=Payload | str)


def read(leaf: Leaf[M], received: Received | None) -> tuple[Envelope | None, M] | None:
    """A message as everybody reads it; None if there is none, or none that can be read."""
    if received is None or not received.payload:
        return None
    try:
        return decode(leaf, received.payload)
    except MessageRejected:
        return None


class Overheard:
    """Everything that was heard, and what comes."""

    def __init__(self, inbox: Inbox, clock: Clock) -> None:
        self.newest: dict[str, Received] = {}
        self._inbox, self._clock = inbox, clock
        self._lately: list[Received] = []

    def take_all(self) -> None:
        """What waits is known from now on, and is no answer to what is asked next."""
        while (received := self._inbox.take()) is not None:
            self.newest[received.topic] = received
        self._lately.clear()

    async def wait(self, wanted: Callable[[Received], bool], limit_s: float) -> Received | None:
        """The next one of that kind, or None when the time is over."""
        try:
            async with self._clock.timeout(limit_s):
                while True:
                    received = await self._inbox.next()
                    self.newest[received.topic] = received
                    self._lately.append(received)
                    if wanted(received):
                        return received
        except TimeoutError:
            return None

    def acks(self, leaf: Leaf[Ack], name: str) -> Iterator[Ack]:
        """What was answered on a topic since the last question."""
        for received in self._lately:
            if received.topic == name and (told := read(leaf, received)) is not None:
                yield told[1]
