"""The broker of last resort, for machines without Mosquitto: MQTT 3.1.1 on the loopback, for demo and tests only."""

import asyncio
import logging
import sys

from amqtt.broker import Broker


def configuration(port: int) -> dict[str, object]:
    """What the embedded broker needs to know."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}", "max_connections": 100}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


async def serve(port: int) -> None:
    """Run until cancelled."""
    broker = Broker(configuration(port))
    await broker.start()
    try:
        await asyncio.Event().wait()
    finally:
        await broker.shutdown()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(serve(int(sys.argv[1])))
