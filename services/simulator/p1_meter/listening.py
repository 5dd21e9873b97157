"""Presence on the network: two ports on a host, which can vanish, come back, move, and cut whoever is connected."""

import ssl
from abc import ABC, abstractmethod

from aiohttp import web


class Listening(ABC):
    """A device that listens on HTTP, on HTTPS, or on both; 0 is any free port, and afterwards the one it got."""

    def __init__(self, host: str, http_port: int, https_port: int) -> None:
        self.host, self.http_port, self.https_port = host, http_port, https_port
        self._runners: list[web.AppRunner] = []

    @abstractmethod
    async def plug_in(self) -> None:
        """Listen; the second time on the same ports."""

    async def unplug(self) -> None:
        """Disappear from the network."""
        self.drop()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    async def move(self) -> None:
        """Get another address: everything is as before, but on other ports."""
        await self.unplug()
        self.http_port = self.https_port = 0
        await self.plug_in()

    def drop(self) -> None:
        """Cut every connection."""
        for runner in self._runners:
            for connection in runner.server.connections if runner.server else ():
                if connection.transport is not None:
                    connection.transport.abort()

    async def _listen(self, app: web.Application, port: int, tls: ssl.SSLContext | None) -> int:
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, self.host, port, ssl_context=tls).start()
        return int(runner.addresses[0][1])
