"""API v1: plain HTTP, no authentication, switched on by the owner per device. Frozen by the vendor, still needed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from yarl import URL

from common.clock import Clock
from common.homewizard.answers import JsonObject, judge_v1
from common.homewizard.client import Absent, Client
from common.homewizard.transport import Transport

HTTP_PORT = 80


class V1Client(Client):
    """A device over v1. Its other endpoints (`/api/v1/state`, `/api/v1/identify`, …) are `read` and `write`."""

    @property
    def headers(self) -> dict[str, str]:
        return {}

    def judge(self, status: int, body: bytes, path: str) -> None:
        judge_v1(status, body, path)

    async def data(self) -> JsonObject:
        """The newest measurement."""
        return await self.read("/api/v1/data")

    async def telegram(self) -> str:
        """The raw telegram of the smart meter (P1 only)."""
        return (await self.read_bytes("/api/v1/telegram")).decode(errors="replace")


@asynccontextmanager
async def connect_v1(
    host: str, clock: Clock, *, port: int = HTTP_PORT, absent: Absent | None = None
) -> AsyncIterator[V1Client]:
    """A v1 client for the block. Nothing is sent before the first question."""
    async with Transport(URL.build(scheme="http", host=host, port=port), clock) as transport:
        yield V1Client(transport, absent)
