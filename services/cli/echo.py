"""What the broker and the client library cost by themselves: a bare client that answers each message with a fixed one.

The answering half runs as a process of its own (`python -m services.cli.echo`), as a service would.
"""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress

from common.cancellation import heed
from common.clock import Clock, SystemClock
from common.config import MqttSettings
from common.link import client

ASK, ANSWER = "ems-echo/ask", "ems-echo/answer"
PAYLOAD = b'{"power_w": -812.0}'
EACH_S = 1.0
PATIENCE_S = 5.0


async def answer(settings: MqttSettings) -> None:
    """For ever: answer."""
    async with client(settings, "ems-echo", "ems-echo") as connected:
        await connected.subscribe(ASK, qos=1)
        async for _ in connected.messages:
            await connected.publish(ANSWER, PAYLOAD, qos=1)


async def measure(settings: MqttSettings, clock: Clock, tell_ms: Callable[[float], None]) -> None:
    """For ever: ask once a second and tell how long each answer took, in real milliseconds."""
    real = SystemClock()
    async with client(settings, "ems-echo-ask", "ems-echo-ask") as connected:
        await connected.subscribe(ANSWER, qos=1)
        async for _ in clock.every(EACH_S):
            began_s = real.monotonic()
            await connected.publish(ASK, PAYLOAD, qos=1)
            with suppress(TimeoutError):  # the other half may not be there yet
                async with real.timeout(PATIENCE_S):
                    await anext(aiter(connected.messages))
                tell_ms((real.monotonic() - began_s) * 1000)
            heed()  # aiomqtt keeps a cancellation to itself that comes with the broker's receipt


if __name__ == "__main__":
    port, protocol = int(sys.argv[1]), sys.argv[2]
    asyncio.run(answer(MqttSettings(host="127.0.0.1", port=port, protocol=5 if protocol == "5" else "3.1.1")))
