"""RTE's page, RTE's official API and api-couleur-tempo, on one real socket.

async with WebFake(days, clock) as web:
    web.trouble["rte"] = 503            a server answers with that status
    web.lies["rte"] = {day: "BLUE"}     it says something else of a day; None: it does not know it
    web.degraded = True                 RTE marks its colours as decided in the degraded way
    web.asked                           every question: instant, server, path
"""

import base64
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple, Self

from aiohttp import web

from common.clock import Clock
from services.simulator.p1_meter.listening import Listening
from services.simulator.tempo.days import COLOURS, DAY, Days, Told

Server = Literal["rte", "rte_official", "api_couleur_tempo"]
NAMES: Final = {"BLUE": "Bleu", "WHITE": "Blanc", "RED": "Rouge"}
FEEDS: Final = "/cms/open_data/v1"
TOKEN_LASTS_S: Final = 7200.0


class Asked(NamedTuple):
    """One question."""

    at: datetime
    server: Server
    path: str


class WebFake(Listening):
    """The three servers; `login` is what the official API wants to hear, `id:secret`."""

    def __init__(
        self, days: Days, clock: Clock, *, host: str = "127.0.0.1", http_port: int = 0, login: str = "me:secret"
    ) -> None:
        super().__init__(host, http_port, 0)
        self.trouble: dict[Server, int] = {}
        self.lies: defaultdict[Server, dict[date, str | None]] = defaultdict(dict)
        self.degraded = False
        self.asked: list[Asked] = []
        self.login = login
        self._days, self._clock = days, clock
        self._tokens: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        await self.plug_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.unplug()

    @property
    def urls(self) -> Mapping[Server, str]:
        """The address of each server."""
        base = f"http://{self.host}:{self.http_port}"
        return {"rte": f"{base}{FEEDS}", "rte_official": base, "api_couleur_tempo": f"{base}/api"}

    def revoke(self) -> None:
        """No token is good any more."""
        self._tokens.clear()

    async def plug_in(self) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_get(f"{FEEDS}/tempoLight", self._light)
        app.router.add_get(f"{FEEDS}/tempo", self._season)
        app.router.add_get("/api/joursTempo", self._days_tempo)
        app.router.add_post("/token/oauth", self._token)
        app.router.add_get("/open_api/tempo_like_supply_contract/v1/tempo_like_calendars", self._calendars)
        self.http_port = await self._listen(app, self.http_port, None)

    async def _light(self, request: web.Request) -> web.Response:
        self._note("rte", request)
        values: dict[str, str] = {}
        for day, told in self._known("rte", self._today(), self._today() + DAY):
            values |= {f"{day}": told.colour, f"{day}-fallback": str(self.degraded).lower()}
        return web.json_response({"values": values})

    async def _season(self, request: web.Request) -> web.Response:
        self._note("rte", request)
        first = date(int(request.query["season"][:4]), 9, 1)
        known = self._known("rte", first, min(self._today() + DAY, first.replace(year=first.year + 1) - DAY))
        return web.json_response({"values": {f"{day}": told.colour for day, told in known}})

    async def _days_tempo(self, request: web.Request) -> web.Response:
        self._note("api_couleur_tempo", request)
        if "text/html" in request.headers.get("Accept", ""):
            return web.Response(text="<html></html>", content_type="text/html")
        wanted = [date.fromisoformat(text) for text in request.query.getall("dateJour[]", [])]
        for period in request.query.getall("periode[]", []):
            first = date(int(period[:4]), 9, 1)
            wanted += [first + number * DAY for number in range((self._today() + 2 * DAY - first).days)]
        return web.json_response([self._day_tempo(day) for day in sorted(wanted)])

    def _day_tempo(self, day: date) -> dict[str, object]:
        told = dict(self._known("api_couleur_tempo", day, day)).get(day)
        first = day.year if day.month >= 9 else day.year - 1
        code, name = (COLOURS.index(told.colour) + 1, NAMES[told.colour]) if told else (0, "Inconnu")
        return {"dateJour": f"{day}", "codeJour": code, "periode": f"{first}-{first + 1}", "libCouleur": name}

    async def _token(self, request: web.Request) -> web.Response:
        self._note("rte_official", request)
        if request.headers.get("Authorization") != f"Basic {base64.b64encode(self.login.encode()).decode()}":
            raise web.HTTPUnauthorized
        token = f"token-{len(self._tokens)}"
        self._tokens[token] = self._clock.monotonic() + TOKEN_LASTS_S
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LASTS_S})

    async def _calendars(self, request: web.Request) -> web.Response:
        self._note("rte_official", request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, 0.0) <= self._clock.monotonic():
            raise web.HTTPUnauthorized
        start, end = (datetime.fromisoformat(request.query[name]) for name in ("start_date", "end_date"))
        if end - start > timedelta(days=366, hours=1):
            raise web.HTTPBadRequest
        first, last = (at.astimezone(self._days.zone).date() for at in (start, end - timedelta(seconds=1)))
        if first < date(last.year, 9, 1) <= last:
            raise _Trouble(500)  # as it was seen on 1 September: a range over two seasons
        values = [self._value(day, told) for day, told in self._known("rte_official", first, last)]
        return web.json_response({"tempo_like_calendars": {"start_date": f"{start}", "values": values[::-1]}})

    def _value(self, day: date, told: Told) -> dict[str, object]:
        start, end = (
            datetime(each.year, each.month, each.day, tzinfo=self._days.zone).isoformat() for each in (day, day + DAY)
        )
        return {"start_date": start, "end_date": end, "value": told.colour, "fallback": self.degraded}

    def _known(self, server: Server, first: date, last: date) -> list[tuple[date, Told]]:
        """What a server knows of some days, the earliest first."""
        known: list[tuple[date, Told]] = []
        for number in range((last - first).days + 1):
            day = first + number * DAY
            told, lies = self._days.published(day, self._clock.now()), self.lies[server]
            colour = lies.get(day, told.colour if told else None)
            if colour is not None:
                known.append((day, Told(colour, is_binding=True)))
        return known

    def _today(self) -> date:
        """The calendar's date, as those servers have it."""
        return self._clock.now().astimezone(self._days.zone).date()

    def _note(self, server: Server, request: web.Request) -> None:
        self.asked.append(Asked(self._clock.now(), server, request.path))
        if (status := self.trouble.get(server)) is not None:
            raise _Trouble(status)


class _Trouble(web.HTTPException):
    """Any status, with a web page for people."""

    status_code = 500

    def __init__(self, status: int) -> None:
        self.status_code = status
        super().__init__(text="<html>not now</html>", content_type="text/html")
