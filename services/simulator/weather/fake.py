"""A web server that answers as Open-Meteo does, for the sky above the simulated house: it knows the clouds to come.

async with WeatherFake(house, clock, peak_w=4000) as fake:
    fake.url                            where it answers
    fake.status = 503                   out of order; 429 is "too often"
    fake.body = b"<html>"               says something else
    fake.is_silent = True               takes the question and says nothing
    fake.asked                          every question so far
"""

import asyncio
from collections.abc import Mapping
from typing import Final, Self

import orjson
from aiohttp import web

from common.clock import Clock
from services.simulator.clocked import ClockedHouse

PATH: Final = "/v1/forecast"
STEP_S: Final = 900
DAY_S: Final = 86_400
LOOKS: Final = 5
"""Clouds are looked at so many times in a quarter hour."""
WIND_M_S: Final = 3.0
SHED_W_M2_C: Final = 25.0 + 6.84 * WIND_M_S
"""What modules shed at this wind, so that the air is as warm as keeps them at 25 °C: the house knows no temperature."""


class WeatherFake:
    """One service. The house has one plane, so whatever plane is asked about gets the same sunlight."""

    def __init__(
        self, house: ClockedHouse, clock: Clock, *, peak_w: float, host: str = "127.0.0.1", http_port: int = 0
    ) -> None:
        self.asked: list[Mapping[str, str]] = []
        self.status = 200
        self.body: bytes | None = None
        self.headers: dict[str, str] = {}
        self.is_silent = False
        self.port = http_port
        self._known: dict[int, float] = {}
        self._house, self._clock, self._peak_w, self._host = house, clock, peak_w, host

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get(PATH, self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self._host}:{self.port}"

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query))
        if self.is_silent:
            await asyncio.get_running_loop().create_future()
        if self.status != 200 or self.body is not None:
            told = b'{"error": true, "reason": "as told"}' if self.body is None else self.body
            return web.Response(status=self.status, body=told, headers=self.headers)
        told = orjson.dumps(self._forecast(request.query))
        return web.Response(body=told, content_type="application/json")

    def _forecast(self, query: Mapping[str, str]) -> Mapping[str, object]:
        """From midnight UTC on; radiation is the mean of the quarter before each time stamp, as theirs is."""
        now_s = self._clock.wall_ms() / 1000
        first_s = int(now_s // DAY_S) * DAY_S
        stamps = range(first_s, first_s + int(query.get("forecast_days", "7")) * DAY_S, STEP_S)
        house_s = self._house.now_s - now_s
        told = [_quantities(self._sunlight(house_s + stamp_s - STEP_S)) for stamp_s in stamps]
        asked = query.get("minutely_15", "").split(",")
        values = {name: [step[name] for step in told] for name in asked if name in told[0]}
        return {"utc_offset_seconds": 0, "timezone": "GMT", "minutely_15": {"time": list(stamps), **values}}

    def _sunlight(self, time_s: float) -> float:
        """Mean of the quarter that begins at a time of the house, in W/m²; looked at once."""
        if not self._peak_w:
            return 0.0
        if round(time_s) not in self._known:
            looks = (time_s + (look + 0.5) * STEP_S / LOOKS for look in range(LOOKS))
            mean_w = sum(map(self._house.house.production_at, looks)) / LOOKS
            self._known[round(time_s)] = 1000 / self._peak_w * mean_w
        return self._known[round(time_s)]


def _quantities(light_w_m2: float) -> Mapping[str, float]:
    """What is told of a quarter hour; a third of the light is diffuse, and the plane always faces the sun."""
    return {
        "global_tilted_irradiance": round(light_w_m2, 1),
        "shortwave_radiation": round(light_w_m2, 1),
        "direct_normal_irradiance": round(light_w_m2 * 2 / 3, 1),
        "diffuse_radiation": round(light_w_m2 / 3, 1),
        "temperature_2m": round(25 - light_w_m2 / SHED_W_M2_C, 2),
        "wind_speed_10m": WIND_M_S,
    }
