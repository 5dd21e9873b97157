"""A bus that is ready, on a real broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common.bus import MqttBus
from common.clock import Clock
from tests.brokers import Broker
from tests.guests import PATIENCE_S, REAL


@asynccontextmanager
async def bus_for(
    broker: Broker, clock: Clock, account: str, protocol: int | str = 5, *, lasting: bool = True
) -> AsyncIterator[MqttBus]:
    """A bus of one account, connected."""
    settings = broker.settings.model_copy(update={"protocol": protocol} if broker.speaks == "5" else {})
    async with MqttBus(settings, account, "aaaaaa", clock, lasting=lasting) as bus:
        async with REAL.timeout(PATIENCE_S):
            await bus.ready.wait()
        yield bus
