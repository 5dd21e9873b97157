"""Somebody with a browser, as far as HTTP goes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from common.messaging import Bus
from common.watcher import Watcher
from services.web.door import Door
from services.web.page import Page

Visitor = TestClient[Request, Application]
PASSWORD = "open sesame"


@asynccontextmanager
async def visited(bus: Bus, password: str = PASSWORD) -> AsyncIterator[Visitor]:
    """The page on a real socket, fed from `bus`, and a visitor who has no ticket yet."""
    watcher = Watcher(bus)
    watching = asyncio.create_task(watcher.run())
    page = Page(bus, watcher.scene, Door(password), "ems")
    try:
        async with TestClient(TestServer(page.application())) as visitor:
            yield visitor
            page.close()
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def log_in(visitor: Visitor, password: str = PASSWORD) -> ClientResponse:
    """Knock with a password."""
    return await visitor.post("/login", data={"password": password}, allow_redirects=False)


async def wish(visitor: Visitor, setting: str, value: str) -> tuple[int, str]:
    """Ask for something: status and text of the answer."""
    answer = await visitor.post("/ask", json={"setting": setting, "value": value})
    return answer.status, (await answer.json())["text"]


@asynccontextmanager
async def looking(visitor: Visitor) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The events of the stream, as they come."""
    async with visitor.get("/stream") as answer:
        assert answer.status == 200, await answer.text()

        async def events() -> AsyncIterator[dict[str, Any]]:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))

        yield events()
