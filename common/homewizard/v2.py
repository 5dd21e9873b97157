"""API v2: HTTPS with a pinned certificate and a bearer token, and a websocket that pushes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from yarl import URL

from common.clock import Clock
from common.homewizard.answers import JsonObject, judge_v2
from common.homewizard.client import Absent, Client
from common.homewizard.pairing import Pairing
from common.homewizard.stream import Stream, opened
from common.homewizard.transport import Transport, Trust, authority

HTTPS_PORT = 443
VERSION = {"X-Api-Version": "2"}


class V2Client(Client):
    """A paired device over v2. Its other endpoints (`/api/batteries`, `/api/system`, …) are `read` and `write`."""

    def __init__(self, transport: Transport, token: str, absent: Absent | None = None) -> None:
        super().__init__(transport, absent)
        self._token = token

    @property
    def headers(self) -> dict[str, str]:
        return {**VERSION, "Authorization": f"Bearer {self._token}"}

    def judge(self, status: int, body: bytes, path: str) -> None:
        judge_v2(status, body, path)

    async def measurement(self) -> JsonObject:
        """The newest measurement."""
        return await self.read("/api/measurement")

    async def telegram(self) -> str:
        """The raw telegram of the smart meter (P1 only). Raises NoTelegram if the meter is silent."""
        return (await self.read_bytes("/api/telegram")).decode(errors="replace")

    @asynccontextmanager
    async def stream(self, *topics: str) -> AsyncIterator[Stream]:
        """The websocket, authorised and subscribed to `topics`, for the block."""
        socket = await self.transport.websocket("/api/ws", VERSION)
        async with opened(socket, self.transport) as stream:
            await stream.authorise(self._token)
            for topic in topics:
                await stream.send("subscribe", topic)
            yield stream


@asynccontextmanager
async def connect_v2(
    host: str,
    pairing: Pairing,
    clock: Clock,
    *,
    port: int = HTTPS_PORT,
    ca_file: Path | None = None,
    absent: Absent | None = None,
) -> AsyncIterator[V2Client]:
    """A v2 client for the block. Nothing is sent before the first question."""
    trust = Trust(pairing.leaf_sha256, authority(ca_file))
    async with Transport(URL.build(scheme="https", host=host, port=port), clock, trust) as transport:
        yield V2Client(transport, pairing.token, absent)
