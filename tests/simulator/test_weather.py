"""The simulated weather service answers as Open-Meteo does, about the sky that the simulated roof is under."""

from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from common.clock import Clock
from services import simulator as fake_house
from services.simulator.build import build, dated
from services.simulator.clocked import ClockedHouse
from services.simulator.config import Config
from services.simulator.weather import WeatherFake
from services.simulator.weather.fake import PATH

DEMO = Path(fake_house.__file__).parent / "demo.yaml"
ASKED = {"minutely_15": "global_tilted_irradiance,temperature_2m", "forecast_days": "2", "tilt": "30"}


async def answer(fake: WeatherFake) -> tuple[int, Any]:  # JSON of whatever shape
    async with aiohttp.ClientSession() as http, http.get(f"{fake.url}{PATH}", params=ASKED) as response:
        return response.status, await response.json(content_type=None)


async def test_it_tells_what_the_roof_will_give(clock: Clock) -> None:
    house = ClockedHouse(build(Config(pv_peak_w=3000, clouds=0.5)), clock)
    async with WeatherFake(house, clock, peak_w=3000) as fake:
        status, told = await answer(fake)
    steps = told["minutely_15"]
    assert status == 200
    assert steps.keys() == {"time", "global_tilted_irradiance", "temperature_2m"}
    assert len(steps["time"]) == len(steps["temperature_2m"]) == 2 * 96
    stamp_s = next(at for at in steps["time"] if at > clock.wall_ms() / 1000 + 3600)
    light = steps["global_tilted_irradiance"][steps["time"].index(stamp_s)]
    began_s = house.now_s + stamp_s - 900 - clock.wall_ms() / 1000
    mean_w = sum(house.house.production_at(began_s + 90 + 180 * k) for k in range(5)) / 5
    assert light == pytest.approx(mean_w / 3, abs=0.1), "3,000 W at 1,000 W/m²"


async def test_it_fails_as_it_is_told(clock: Clock) -> None:
    async with WeatherFake(ClockedHouse(build(Config()), clock), clock, peak_w=4000) as fake:
        fake.status = 429
        status, told = await answer(fake)
        assert (status, told["error"]) == (429, True)
    assert len(fake.asked) == 1


def test_the_demonstration_has_sun_at_every_hour_of_the_day() -> None:
    """Whoever tries it in the evening wants to see something as well; so nobody there forecasts a real sun."""
    demo = yaml.safe_load(DEMO.read_text())
    assert "longitude" not in demo["simulator"]
    assert "sites" not in demo["forecaster"]
    assert "planner" not in demo, "it would wait for a forecast of the sun, and say so as an alert"
    assert set(demo["forecaster"]["apart"]) == set(demo["balancer"]["order"])


def test_a_sun_by_the_clock_on_the_wall() -> None:
    noon = datetime.fromisoformat("2026-06-18T12:00:00+02:00")
    assert dated(Config(longitude=30.0), noon).starts_at == datetime.fromisoformat("2026-06-18T12:00:00")
    assert dated(Config(), noon).starts_at == Config().starts_at
