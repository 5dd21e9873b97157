"""The weather over HTTP: at the start, then hourly, again when it fails, and never more often than it may be asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web as http
from hypothesis import given
from hypothesis import strategies as st

from common.clock import Clock
from common.errors import DeviceRefused, DeviceUnintelligible, DeviceUnreachable
from common.store import Store
from services.cli.ports import free_port
from services.forecaster.check import check
from services.forecaster.config import Config
from services.forecaster.fetching import Fetching
from services.forecaster.sources.source import GOOD_S, TooOften
from services.forecaster.web import MAX_BODY_BYTES, Allowance, Source, web
from tests.forecaster.home import PEAK_W, config, house, sky

PLANES = {"latitude": 50, "longitude": 2.35, "planes": [{"peak_w": 1000}, {"peak_w": 1000, "azimuth_deg": 90}]}


@asynccontextmanager
async def fetching(settings: Config, clock: Clock, folder: Path) -> AsyncIterator[Fetching]:
    """It asks, until the block ends."""
    with Store(folder / "forecaster.sqlite", clock, "x") as store:
        async with web(settings, clock) as line:
            made = Fetching(Source(line, settings), settings, store, clock, "x")
            work = asyncio.create_task(made.run())
            try:
                yield made
            finally:
                work.cancel()
                with suppress(asyncio.CancelledError):
                    await work


async def fetched(settings: Config, clock: Clock) -> dict[int, float]:
    async with web(settings, clock) as line:
        return dict((await Source(line, settings).fetch()).raw_w)


async def test_the_promise_is_what_the_simulated_roof_will_give(clock: Clock) -> None:
    """Geometry, temperature and inverter in between: the sum of a day is right within a percent."""
    async with sky(clock) as fake:
        raw = await fetched(config(url=fake.url), clock)
        first_s = int(clock.wall_ms() / 1000)
        ahead = {at: power_w for at, power_w in raw.items() if first_s <= at < first_s + 86_400}
        roof = house(clock)
        truth = sum(roof.house.production_at(at - first_s + 90 + 180 * k) / 5 for at in ahead for k in range(5))
    assert len(ahead) == 96
    assert sum(ahead.values()) == pytest.approx(truth, rel=0.01)
    assert max(ahead.values()) > 0.5 * PEAK_W


@pytest.mark.promise("2.10-12")
async def test_several_sites_are_summed_and_each_plane_is_asked_about(clock: Clock) -> None:
    async with sky(clock) as fake:
        one = await fetched(config(url=fake.url, sites={"a": PLANES}), clock)
        both = await fetched(config(url=fake.url, sites={"a": PLANES, "b": {**PLANES, "inverter_w": 500}}), clock)
        assert [query["azimuth"] for query in fake.asked[2:]] == ["0", "-90", "0", "-90"]
    noon = max(one, key=lambda at: one[at])
    assert both[noon] == pytest.approx(one[noon] + 500)


@pytest.mark.promise("2.10-13")
async def test_it_is_asked_at_the_start_and_then_once_an_hour_around_the_clock(clock: Clock, tmp_path: Path) -> None:
    async with sky(clock) as fake, fetching(config(url=fake.url), clock, tmp_path) as made:
        await clock.sleep(1)
        assert len(fake.asked) == 1
        assert made.told.good(clock.wall_ms() / 1000).raw_w
        await clock.sleep(30 * 3600)
        assert 27 <= len(fake.asked) <= 31


@pytest.mark.promise("2.10-13")
@pytest.mark.parametrize("status", [500, 429, 400])
async def test_a_failure_is_tried_again_with_back_off_and_without_hammering(
    clock: Clock, tmp_path: Path, status: int
) -> None:
    async with sky(clock) as fake, fetching(config(url=fake.url), clock, tmp_path) as made:
        fake.status = status
        await clock.sleep(12 * 3600)
        assert 5 <= len(fake.asked) <= 24
        assert not made.told.promise.raw_w
        assert "Open-Meteo" in made.told.why
        fake.status = 200
        await clock.sleep(2 * 3600)
        assert made.told.promise.raw_w
        assert made.told.why == ""


async def test_who_wants_to_be_left_alone_for_hours_is(clock: Clock, tmp_path: Path) -> None:
    async with sky(clock) as fake, fetching(config(url=fake.url), clock, tmp_path):
        fake.status, fake.headers = 429, {"Retry-After": "14400"}
        await clock.sleep(4 * 3600 - 60)
        assert len(fake.asked) == 1
        await clock.sleep(3600)
        assert len(fake.asked) == 2


async def test_a_service_that_takes_the_question_and_says_nothing_is_given_up(clock: Clock) -> None:
    async with sky(clock) as fake:
        fake.is_silent = True
        before_s = clock.monotonic()
        with pytest.raises(DeviceUnreachable):
            await fetched(config(url=fake.url), clock)
        assert clock.monotonic() - before_s == pytest.approx(20, abs=2)


async def test_whatever_else_goes_wrong_is_one_of_our_errors(clock: Clock) -> None:
    with pytest.raises(DeviceUnreachable, match="does not answer"):
        await fetched(config(url=f"http://127.0.0.1:{free_port()}"), clock)
    async with sky(clock) as fake:
        settings = config(url=fake.url)
        fake.body = b"x" * (MAX_BODY_BYTES + 1)
        with pytest.raises(DeviceUnintelligible, match="more than"):
            await fetched(settings, clock)
        fake.body = b"<html>"
        with pytest.raises(DeviceUnintelligible):
            await fetched(settings, clock)
        fake.body, fake.status = None, 404
        with pytest.raises(DeviceRefused, match="404"):
            await fetched(settings, clock)
        fake.status, fake.headers = 429, {"Retry-After": "Sat, 18 Apr 2026 10:00:00 GMT"}
        with pytest.raises(TooOften) as refusal:
            await fetched(settings, clock)
        assert refusal.value.wait_s == pytest.approx(3600, abs=60), "the clock of the test begins at nine"


@pytest.mark.promise("2.10-13")
async def test_the_last_promise_outlives_the_process_but_not_the_roof(clock: Clock, tmp_path: Path) -> None:
    """A start without internet has what was known before; roofs that were changed have nothing."""
    async with sky(clock) as fake, fetching(config(url=fake.url), clock, tmp_path) as made:
        await clock.sleep(1)
        known = made.told.promise
    nowhere = f"http://127.0.0.1:{free_port()}"
    async with fetching(config(url=nowhere), clock, tmp_path) as made:
        assert made.told.promise == known
        await clock.sleep(GOOD_S)
        assert not made.told.good(clock.wall_ms() / 1000).raw_w, "a day old is too old"
    async with fetching(config(url=nowhere, sites={"a": PLANES}), clock, tmp_path) as made:
        assert not made.told.promise.raw_w


async def test_a_process_that_starts_again_and_again_asks_once_a_minute(clock: Clock, tmp_path: Path) -> None:
    async with sky(clock) as fake:
        for _ in range(20):
            async with fetching(config(url=fake.url), clock, tmp_path):
                await clock.sleep(10)
        assert len(fake.asked) <= 4


@given(st.lists(st.floats(min_value=0, max_value=2000), max_size=60))
def test_no_more_is_asked_than_is_borne(pauses_s: list[float]) -> None:
    allowance, now_s, asked_s = Allowance(12, 3600), 0.0, []
    for pause_s in pauses_s:
        now_s += pause_s + allowance.wait_s(now_s + pause_s)
        allowance.note(now_s)
        asked_s.append(now_s)
        assert sum(1 for each in asked_s if now_s - each < 3600 - 1e-6) <= 12


async def test_check_asks_once_and_says_what_it_found(clock: Clock) -> None:
    async with sky(clock) as fake:
        (well,) = await check(config(url=fake.url), clock)
        assert well.is_well
        assert "kWh of sun in the next 24 h" in well.text
        fake.status = 500
        (ill,) = await check(config(url=fake.url), clock)
    assert not ill.is_well
    assert "Open-Meteo is out of order (HTTP 500). Is this machine on the internet?" in ill.text
    assert await check(config(source="none"), clock) == ()


@asynccontextmanager
async def estimator(clock: Clock, answers: list[tuple[int, bytes]], asked: list[str]) -> AsyncIterator[str]:
    """forecast.solar with its next answers; the last one stays. Yields where it answers."""

    async def answer(request: http.Request) -> http.Response:
        asked.append(request.path_qs)
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        return http.Response(status=status, body=body)

    app = http.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = http.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = http.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def estimated(*watts: float) -> bytes:
    """Power at full hours from nine on."""
    told = {f"2026-04-18T{9 + hour:02}:00:00+00:00": power_w for hour, power_w in enumerate(watts)}
    return json.dumps({"result": {"watts": told}, "message": {"code": 0, "type": "success"}}).encode()


@pytest.mark.promise("2.10-12")
async def test_forecast_solar_is_asked_about_each_plane_and_summed(clock: Clock) -> None:
    asked: list[str] = []
    async with estimator(clock, [(200, estimated(1000, 1000)), (200, estimated(300, 300))], asked) as url:
        raw = await fetched(config(url=url, source="forecast_solar", sites={"a": PLANES}), clock)
    assert set(raw.values()) == {1300.0}
    assert len(raw) == 4
    assert [path.split("?")[0] for path in asked] == [
        "/estimate/50.0000/2.3500/30/0/1",
        "/estimate/50.0000/2.3500/30/-90/1",
    ]


async def test_forecast_solar_is_left_alone_until_it_says(clock: Clock, tmp_path: Path) -> None:
    """No more than twelve questions an hour, whatever happens, and none before the time it names."""
    limit = {
        "message": {"code": 429, "ratelimit": {"period": 3600, "limit": 12, "retry-at": "2026-04-18T11:30:00+00:00"}}
    }
    asked: list[str] = []
    async with estimator(clock, [(429, json.dumps(limit).encode()), (200, estimated(500, 500))], asked) as url:
        settings = config(url=url, source="forecast_solar")
        async with fetching(settings, clock, tmp_path) as made:
            await clock.sleep(2.4 * 3600)
            assert len(asked) == 1
            await clock.sleep(1.5 * 3600)
            assert made.told.promise.raw_w
            assert len(asked) <= 3
