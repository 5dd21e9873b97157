"""HTTP to one device: one request in flight, bounded in time and size, and only our own errors come out.

With a `Trust` the certificate is pinned: the connection to any other leaf is closed before a byte of ours is sent.
"""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import aiohttp
import orjson
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from pydantic import JsonValue
from yarl import URL

from common.clock import Clock
from common.errors import DeviceLocked, DeviceRefused
from common.homewizard.errors import LeafChanged, NotOffered
from common.http import answering, bounded

CONNECT_S: Final = 5.0
REQUEST_S: Final = 10.0
MAX_BODY_BYTES: Final = 64 * 1024
_PATIENT: Final = aiohttp.ClientTimeout(total=None)  # our clock's timeouts are the only ones
CHANGED = (
    "It shows another certificate than at pairing, so nothing was sent to it. If the device was reset or replaced, "
    "pair again: `ballast pair homewizard`. If not, find out what answers at its address."
)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe: one certificate and, on top of that, the CA the owner named."""

    leaf_sha256: str
    authority: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body, not yet judged."""

    status: int
    body: bytes


def authority(ca_file: Path | None) -> ssl.SSLContext | None:
    """Verify against the owner's CA, if there is one. Names are not compared: the pin says more.

    The vendor's CA is an X.509 version 1 certificate, which Python 3.13 refuses unless the strict flag is cleared.
    """
    if ca_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:  # ssl.SSLError is one of them
        raise DeviceLocked(f"No certificate authority can be read from {ca_file}; mend `ca_file`.") from error
    return context


class Transport:
    """One device. Use as `async with`."""

    def __init__(self, base: URL, clock: Clock, trust: Trust | None = None) -> None:
        self.clock = clock
        self.connections = 0
        """Made so far; a new one may end at another device."""
        self._base = base
        self._trust = trust
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        tracing = aiohttp.TraceConfig()
        tracing.on_connection_create_end.append(self._connected)
        pin = aiohttp.Fingerprint(bytes.fromhex(self._trust.leaf_sha256)) if self._trust else True
        self._session = aiohttp.ClientSession(
            self._base,
            connector=_Connector(self.clock, pin),
            timeout=_PATIENT,
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[tracing],
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: JsonValue = None) -> Answer:
        """One request and its answer. Raises DeviceUnreachable, DeviceUnintelligible or LeafChanged."""
        content = None if body is None else orjson.dumps(body)
        headers = {**headers, "Content-Type": "application/json"} if content else headers
        async with self._turn:
            with translated(self.where):
                async with (
                    self.clock.timeout(REQUEST_S),
                    self._session.request(
                        method, path, data=content, headers=headers, allow_redirects=False, ssl=self._tls
                    ) as response,
                ):
                    return Answer(response.status, await bounded(response, MAX_BODY_BYTES))

    async def websocket(self, path: str, headers: Mapping[str, str]) -> aiohttp.ClientWebSocketResponse:
        """Open a websocket; pings are the caller's. Raises as `ask` does, and NotOffered or DeviceRefused."""
        with translated(self.where):
            async with self.clock.timeout(REQUEST_S):
                return await self._session.ws_connect(
                    path, headers=headers, autoping=False, max_msg_size=MAX_BODY_BYTES, ssl=self._tls
                )

    @property
    def where(self) -> str:
        """Host and port, for sentences."""
        return self._base.authority

    @property
    def _tls(self) -> ssl.SSLContext | bool:
        return (self._trust and self._trust.authority) or True

    async def _connected(self, *_: object) -> None:
        self.connections += 1


class _Connector(aiohttp.TCPConnector):
    """Two connections at most, a websocket and a request, each made within `CONNECT_S` of our clock."""

    def __init__(self, clock: Clock, pin: aiohttp.Fingerprint | bool) -> None:
        super().__init__(ssl=pin, limit=2)
        self._clock = clock

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        async with self._clock.timeout(CONNECT_S):
            return await super().connect(req, traces, timeout)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn the HTTP library's exceptions into ours."""
    with answering(where):
        try:
            yield
        except (aiohttp.ServerFingerprintMismatch, aiohttp.ClientConnectorCertificateError) as error:
            raise LeafChanged(CHANGED) from error
        except aiohttp.WSServerHandshakeError as error:
            kind = NotOffered if error.status == 404 else DeviceRefused
            raise kind(f"{where} opens no websocket: HTTP {error.status}") from None
