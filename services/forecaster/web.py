"""The weather services on the wire: the only file here that touches a socket. Raises DeviceError and nothing else."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, Self

import aiohttp

from common.clock import Clock
from common.errors import DeviceRefused, DeviceUnintelligible, DeviceUnreachable
from services.forecaster.config import Config
from services.forecaster.core.plant import Site
from services.forecaster.sources import forecast_solar, open_meteo
from services.forecaster.sources.source import Promise, TooOften, plausible

REQUEST_S: Final = 20.0
MAX_BODY_BYTES: Final = 1024 * 1024
LONG_S: Final = 3600.0
"""Who says "too often" and not until when is left alone for so long."""
MOST_WAIT_S: Final = 86_400.0


class Allowance:
    """How many questions a service bears: `most` in any `period_s`."""

    def __init__(self, most: int, period_s: float) -> None:
        self._period_s = period_s
        self._asked_s: deque[float] = deque(maxlen=most)

    def wait_s(self, now_s: float) -> float:
        """How long the next question has to wait."""
        is_full = len(self._asked_s) == self._asked_s.maxlen
        return max(0.0, self._asked_s[0] + self._period_s - now_s) if is_full else 0.0

    def note(self, now_s: float) -> None:
        """A question was asked."""
        self._asked_s.append(now_s)


class Web:
    """Questions to one service, one at a time. Use as `async with`."""

    def __init__(self, base: str, name: str, clock: Clock, allowance: Allowance) -> None:
        self.clock = clock
        self._base, self._name = base.rstrip("/"), name
        self._allowance = allowance

    async def __aenter__(self) -> Self:
        patient = aiohttp.ClientTimeout(total=None)  # our clock's timeouts are the only ones
        self._session = aiohttp.ClientSession(timeout=patient, cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, path: str, query: Mapping[str, str]) -> bytes:
        """The body of an answer. Texts of errors name no address with a key in it."""
        await self.clock.sleep(self._allowance.wait_s(self.clock.monotonic()))
        self._allowance.note(self.clock.monotonic())
        try:
            async with (
                self.clock.timeout(REQUEST_S),
                self._session.get(f"{self._base}{path}", params=query, allow_redirects=False) as response,
            ):
                body = await _bounded(response, self._name)
                self._judge(response, body)
                return body
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError) as error:
            raise DeviceUnreachable(f"{self._name} does not answer ({type(error).__name__})") from error
        except aiohttp.ClientError as error:
            raise DeviceUnintelligible(f"{self._name} does not speak HTTP ({type(error).__name__})") from None

    def _judge(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        if response.status == 429:
            wait_s = self._wait_s(response.headers.get("Retry-After"), body)
            raise TooOften(f"{self._name} wants to be asked less often", min(MOST_WAIT_S, max(60.0, wait_s)))
        if response.status >= 500:
            raise DeviceUnreachable(f"{self._name} is out of order (HTTP {response.status})")
        if response.status != 200:
            raise DeviceRefused(f"{self._name} refuses (HTTP {response.status}): {body[:120].decode(errors='replace')}")

    def _wait_s(self, retry_after: str | None, body: bytes) -> float:
        """How long it wants to be left alone, in whichever of its ways it says so."""
        if retry_after and retry_after.isdecimal():
            return float(retry_after)
        until_ms = forecast_solar.retry_at_ms(body) or _date_ms(retry_after)
        return LONG_S if until_ms is None else (until_ms - self.clock.wall_ms()) / 1000


class Source:
    """One weather service: a question per plane, and the sum of all sites."""

    def __init__(self, web: Web, config: Config) -> None:
        self._web, self._key = web, config.api_key
        self._plant = config.plant()
        self._site = self._open_meteo if config.source == "open_meteo" else self._forecast_solar

    async def fetch(self) -> Promise:
        """What all sites together are promised, as far as it is known of each. Raises DeviceError."""
        sites = [await self._site(site) for site in self._plant.sites]
        known = set(sites[0]).intersection(*sites[1:])
        return Promise(self._web.clock.wall_ms(), {start_s: sum(site[start_s] for site in sites) for start_s in known})

    async def _open_meteo(self, site: Site) -> Mapping[int, float]:
        asked = (open_meteo.query(site, plane, self._key) for plane in site.planes)
        told = [open_meteo.weather(await self._web.get(open_meteo.PATH, query)) for query in asked]
        return plausible(open_meteo.power(site, told), site, open_meteo.NAME)

    async def _forecast_solar(self, site: Site) -> Mapping[int, float]:
        paths = (forecast_solar.path(site, plane, self._key) for plane in site.planes)
        told = [forecast_solar.power(await self._web.get(path, forecast_solar.QUERY)) for path in paths]
        return plausible(forecast_solar.summed(told, site), site, forecast_solar.NAME)


def web(config: Config, clock: Clock) -> Web:
    """The way to the service that the owner chose."""
    if config.source == "open_meteo":
        base = open_meteo.PAID_URL if config.api_key else open_meteo.URL
        return Web(config.url or base, open_meteo.NAME, clock, Allowance(open_meteo.PER_HOUR, 3600))
    allowance = Allowance(forecast_solar.PER_HOUR, 3600)
    return Web(config.url or forecast_solar.URL, forecast_solar.NAME, clock, allowance)


def _date_ms(text: str | None) -> int | None:
    """A moment as HTTP writes it."""
    try:
        when: datetime | None = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return None if when is None else round(when.timestamp() * 1000)


async def _bounded(response: aiohttp.ClientResponse, name: str) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise DeviceUnintelligible(f"{name}: an answer of more than {MAX_BODY_BYTES} bytes")
    return bytes(body)
