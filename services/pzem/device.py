"""The devices' own topics: the only file here that has a connection to them. Raises DeviceError and nothing else."""

from collections import deque
from typing import Final

from common.clock import Clock
from common.config import MqttSettings, OtherBroker
from common.errors import BrokerLost, DeviceUnreachable
from common.foreign import Foreign
from common.link import LastWill
from common.messaging import Inbox, Received
from services.pzem.config import ActorSettings

ECHOES: Final = 32
"""Words of ours that are known again when they come back from the broker."""


class Listener(Foreign):
    """A connection that only listens."""


class Line(Foreign):
    """A dimmer or switched load on a connection of its own, with a will that switches it off."""

    def __init__(
        self,
        broker: MqttSettings | OtherBroker,
        account: str,
        device: str,
        clock: Clock,
        *,
        settings: ActorSettings,
        off: str,
    ) -> None:
        super().__init__(broker, account, device, clock, LastWill(settings.told_at, off))
        self._settings = settings
        self._echoes: deque[str] = deque([off], ECHOES)

    async def words(self) -> Inbox:
        """What it says, and what it is told by whomever; of both the newest."""
        return await self.hear(self._settings.topic, self._settings.told_at, lane=_lane)

    async def tell(self, word: str) -> None:
        """Say a word to it, once. Raises DeviceUnreachable unless the broker has it."""
        self._echoes.append(word)
        try:
            await self.say(self._settings.told_at, word)
        except BrokerLost as lost:
            raise DeviceUnreachable(f"the broker did not take it: {lost}") from lost

    async def sweep(self) -> None:
        """Take back an order that somebody left for ever. The device hears an empty one. Raises DeviceUnreachable."""
        try:
            await self.forget(self._settings.told_at)
        except BrokerLost as lost:
            raise DeviceUnreachable(f"the broker did not take it: {lost}") from lost

    def is_order(self, received: Received) -> bool:
        """Somebody, perhaps we, told it something."""
        return received.topic == self._settings.told_at

    def is_echo(self, received: Received) -> bool:
        """Our own word, or the empty one of a sweep."""
        return not received.payload or received.payload.decode(errors="replace") in self._echoes


def _lane(received: Received) -> str:
    """What was left for ever is not lost behind what is said now."""
    return f"{received.topic} {received.retained}"
