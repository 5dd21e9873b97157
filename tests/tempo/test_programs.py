"""The simulated meter and web, as judges: their seasons, their hours, and every program that tells of a meter."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from typing import get_args

import aiohttp
import orjson
import pytest

from common.clock import Clock
from common.messaging import Inbox
from services.simulator.tempo import Days, TicFake
from services.simulator.tempo.tic import Preset
from services.tempo.calendar import DAY, Colour, holidays
from services.tempo.collecting import read_labels
from services.tempo.config import TicSettings
from services.tempo.device import basic
from services.tempo.wire import tic
from tests.tempo.home import Home
from tests.tempo.times import BLUE, PARIS, RED, TEMPO, WHITE, at, word

DAYS = Days(PARIS, fixed={date(2026, 1, 5): "WHITE", date(2026, 1, 6): "RED", date(2026, 1, 7): "BLUE"})


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("first", [2023, 2025])
def test_a_simulated_season_keeps_the_rules(seed: int, first: int) -> None:
    days, start = Days(PARIS, seed), date(first, 9, 1)
    season = [start + n * DAY for n in range((start.replace(year=first + 1) - start).days)]
    colours = {day: Colour[days.colour(day)] for day in season}
    assert Counter(colours.values()) == {Colour.BLUE: len(season) - 65, Colour.WHITE: 43, Colour.RED: 22}
    red = [day for day, colour in colours.items() if colour is Colour.RED]
    fixed = {(11, 1), (11, 11), (12, 25), (1, 1)}
    assert all(day.weekday() < 5 and day.month in (11, 12, 1, 2, 3) for day in red)
    assert not [day for day in red if (day.month, day.day) in fixed and day in holidays(day.year)]
    assert all(colours[day] is Colour.BLUE for day in season if day.weekday() == 6)


@pytest.mark.parametrize("preset", get_args(Preset))
@pytest.mark.parametrize("is_standard", [False, True])
@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-01-05 12:00", (WHITE,)),
        ("2026-01-05 21:00", (WHITE, RED)),
        ("2026-01-06 01:00", (WHITE, RED)),
        ("2026-01-06 23:00", (RED, BLUE)),
    ],
)
@pytest.mark.promise("5.8-01")
@pytest.mark.virtual
async def test_every_program_and_both_modes_tell_the_same(
    home: Home, preset: Preset, is_standard: bool, now: str, told: tuple[Colour, ...]
) -> None:
    """Of today, and in the evening and the night of tomorrow."""
    home.travel(now)
    fake = TicFake(DAYS, home.devices, home.clock, preset, "linky")
    fake.is_standard = is_standard
    inbox = await home.air.hear("linky")
    words = await _heard(fake, inbox, TicSettings(topic="linky", preset=preset), home.clock)
    today = TEMPO.day_of(at(now))
    billed, *coming = told
    assert words == (
        word(str(today), billed, "tic", is_billed=True),
        *(word(str(today + DAY), colour, "tic") for colour in coming),
    )


async def _heard(fake: TicFake, inbox: Inbox, settings: TicSettings, clock: Clock) -> tuple[object, ...]:
    speaking = asyncio.create_task(fake.run())
    try:
        labels = read_labels(settings, await inbox.next())
    finally:
        speaking.cancel()
    assert labels is not None
    return tic.words(labels, TEMPO, clock.now(), "tic")


@pytest.mark.virtual
async def test_a_program_that_tells_the_power_only_says_nothing_of_the_day(home: Home) -> None:
    fake = TicFake(DAYS, home.devices, home.clock, "zigbee2mqtt", "linky", period_s=1.0)
    speaking = asyncio.create_task(fake.run())
    inbox = await home.air.hear("linky")
    await home.clock.sleep(2.5)
    speaking.cancel()
    received = await inbox.next()
    assert orjson.loads(received.payload) == {"apparent_power": 620}
    assert read_labels(TicSettings(topic="linky", preset="zigbee2mqtt"), received) == {}


@pytest.mark.virtual
async def test_what_the_broker_kept_is_of_unknown_age_and_not_read(home: Home) -> None:
    home.fix(d2026_01_05="BLUE", d2026_01_06="BLUE")
    home.section["sources"] = {"tic": {"topic": "linky", "preset": "tasmota"}}
    home.travel("2026-01-05 21:00")
    home.bus.publish("linky", b'{"TIC": {"PTEC": "HPJR", "DEMAIN": "ROUG"}}', True)
    await home.ready(settle_s=60)
    assert (home.state.certainty, home.state.source, home.state.tomorrow_source) == ("assumed", None, None)


@pytest.mark.virtual
async def test_the_official_api_wants_a_token_that_lasts(home: Home) -> None:
    """And gives a browser of people, and who asks for too much, nothing."""
    url, clock = home.web.urls["rte_official"], home.clock
    login = basic("me", "secret")
    path = f"{url}/open_api/tempo_like_supply_contract/v1/tempo_like_calendars"
    query = {"start_date": "2026-01-05T00:00:00+01:00", "end_date": "2026-01-07T00:00:00+01:00"}
    async with aiohttp.ClientSession() as session:
        with clock.busy():
            async with session.post(f"{url}/token/oauth", headers=login) as answer:
                header = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
            statuses = []
            for headers, more in ((header, {}), ({}, {}), (header, {"start_date": "2024-01-05T00:00:00+01:00"})):
                async with session.get(path, params={**query, **more}, headers=headers) as answer:
                    statuses.append(answer.status)
        await clock.sleep(timedelta(hours=2).total_seconds())
        with clock.busy():
            async with session.get(path, params=query, headers=header) as answer:
                statuses.append(answer.status)
    assert statuses == [200, 401, 400, 401]


@pytest.mark.virtual
async def test_a_token_is_asked_for_again_once_it_is_over(home: Home) -> None:
    home.sources("rte_official")
    home.travel("2026-01-05 06:40")
    await home.ready()
    await home.until("2026-01-05 11:00")
    asked = [each.path.rsplit("/", 1)[1] for each in home.web.asked]
    assert asked == ["oauth", "tempo_like_calendars", "tempo_like_calendars", "oauth", "tempo_like_calendars"]
    assert home.state.tomorrow_certainty == "final"


@pytest.mark.virtual
async def test_a_token_that_is_revoked_is_asked_for_anew(home: Home) -> None:
    home.sources("rte_official")
    home.travel("2026-01-05 10:00")
    await home.ready()
    home.web.revoke()
    await home.until("2026-01-05 12:30")
    assert home.state.tomorrow_certainty == "final"
    assert home.alerts() == {}
