"""The devices' own side of the broker: unlike us, some of them leave what they say there."""

from typing import Final, Protocol

from common.contract import Leaf
from common.foreign import Foreign
from common.messaging import Outgoing
from common.others import Others

KEEPING: Final = Leaf("foreign", str, "device", "a device's last word, kept by the broker")


class Air(Others, Protocol):
    """What a device needs."""

    async def keep(self, topic: str, payload: str) -> None:
        """Publish, retained. Raises BrokerLost."""


class BrokerAir(Foreign):
    """The same over a connection to a broker."""

    async def keep(self, topic: str, payload: str) -> None:
        """Publish, retained. Raises BrokerLost unless the broker has confirmed it."""
        await self._wire.post(Outgoing(topic, payload.encode(), KEEPING), confirmed=True)
