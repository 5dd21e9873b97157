"""The only file here that opens a connection: one question over HTTP, bounded in time and size."""

import base64
from collections.abc import Mapping
from typing import Final, Literal

import aiohttp
from yarl import URL

from common import __version__
from common.clock import Clock
from common.errors import DeviceLocked, DeviceRefused, DeviceUnreachable
from common.http import answering, bounded

ANSWER_S: Final = 10.0
MOST_BYTES: Final = 256 * 1024
"""A season is 18 KB."""
HEADERS: Final = {"Accept": "application/json", "User-Agent": f"Mozilla/5.0 (compatible; Ballast/{__version__})"}
"""Without a browser's names RTE's page answers nothing, and api-couleur-tempo a web page."""
LOCKED: Final = (401, 403)
BUSY: Final = (408, 429)
_PATIENT: Final = aiohttp.ClientTimeout(total=None)  # our clock's timeout is the only one


async def ask(
    url: str, clock: Clock, headers: Mapping[str, str] | None = None, method: Literal["GET", "POST"] = "GET"
) -> bytes:
    """The body of the answer.

    Raises DeviceUnreachable for silence and a server that is busy, DeviceLocked if it wants to know who asks,
    DeviceRefused for any other no, and DeviceUnintelligible.
    """
    address = URL(url, encoded=True)
    where = address.authority
    with answering(where), clock.busy():
        async with (
            clock.timeout(ANSWER_S),
            aiohttp.ClientSession(timeout=_PATIENT, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(method, address, headers={**HEADERS, **(headers or {})}) as response,
        ):
            _judge(response.status, where)
            return await bounded(response, MOST_BYTES)


def basic(user: str | None, password: str | None) -> Mapping[str, str]:
    """The header that says who asks; none without a user."""
    if user is None:
        return {}
    told = base64.b64encode(f"{user}:{password or ''}".encode()).decode()
    return {"Authorization": f"Basic {told}"}


def _judge(status: int, where: str) -> None:
    if status in LOCKED:
        raise DeviceLocked(f"{where} does not let us in (HTTP {status}).")
    if status in BUSY or status >= 500:
        raise DeviceUnreachable(f"{where} cannot answer now (HTTP {status})")
    if status != 200:
        raise DeviceRefused(f"{where} refuses (HTTP {status})")
