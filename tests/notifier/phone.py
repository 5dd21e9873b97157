"""Somebody's phone: a web server that takes what apprise sends to a `json://` address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Phone:
    """What was told, and how it answers."""

    status: int = 200
    port: int = 0
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    """(kind, title, text) of each message that was taken."""
    refused: int = 0

    @property
    def url(self) -> str:
        """Its address, as an owner writes it."""
        return f"json://127.0.0.1:{self.port}"

    async def answer(self, request: web.Request) -> web.Response:
        """One message."""
        body = await request.json()
        if self.status == 200:
            self.heard.append((body["type"], body["title"], body["message"]))
        else:
            self.refused += 1
        return web.Response(status=self.status)


@asynccontextmanager
async def ringing() -> AsyncIterator[Phone]:
    """A phone that is on."""
    phone = Phone()
    application = web.Application()
    application.router.add_post("/", phone.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    phone.port = runner.addresses[0][1]
    try:
        yield phone
    finally:
        await runner.cleanup()
