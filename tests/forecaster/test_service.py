"""The whole service in virtual time, over real HTTP: forecast, learn, alarm, and do without."""

from pathlib import Path

import orjson
import pytest

from common.clock import Clock
from common.contract import FORECAST, Forecast, ForecastSlot
from common.memory_bus import MemoryBroker
from services.cli.ports import free_port
from services.forecaster.ledger import NAME, opened, read, write
from tests.forecaster.days import history
from tests.forecaster.home import LOAD, PEAK_W, PV, Home, config

HOUR_S = 3600.0
SOON_S = 30.0


@pytest.fixture
async def home(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> Home:
    return Home(memory_broker, clock, tmp_path)


@pytest.mark.promise("2.10-13")
async def test_both_forecasts_are_there_at_the_start_and_renewed_each_quarter_hour(home: Home) -> None:
    async with home.lives():
        await home.clock.sleep(SOON_S)
        pv, load = home.forecast("pv"), home.forecast("load")
        assert len(pv.slots) == len(load.slots) == 192
        assert pv.slots[0].start_ms <= home.clock.wall_ms() < pv.slots[0].end_ms
        assert all(slot.end_ms - slot.start_ms == 900_000 for slot in pv.slots)
        assert all(a.end_ms == b.start_ms for a, b in zip(pv.slots, pv.slots[1:], strict=False))
        assert pv.quality == "good"
        await home.clock.sleep(6 * HOUR_S)
        assert 24 <= len(home.issued["pv"]) <= 24 + 2 + 7, "each quarter, and with each new weather"
    assert home.largest < 32 * 1024


async def test_the_sun_is_forecast_as_the_weather_says(home: Home) -> None:
    async with home.lives():
        await home.clock.sleep(SOON_S)
        for ahead_s in (HOUR_S, 3 * HOUR_S, 27 * HOUR_S):
            assert home.slot("pv", ahead_s).p50_w == pytest.approx(home.truth_w(ahead_s), abs=0.25 * PEAK_W)
        assert home.slot("pv", 14 * HOUR_S).p90_w == 0, "eleven at night"


async def test_the_house_s_load_is_without_what_is_commanded(home: Home) -> None:
    home.devices.battery_w = 1800
    async with home.lives():
        await home.clock.sleep(2 * HOUR_S)
        with opened(home.folder / NAME) as disk:
            rows = read(disk, home.clock.wall_ms() / 1000).quarters
    assert [row.load_w for row in rows if row.load_w is not None] == pytest.approx([400] * 7, abs=5)


@pytest.mark.promise("2.10-13")
async def test_a_start_without_internet_and_history_has_a_forecast_all_the_same(home: Home) -> None:
    async with home.lives(config(url=f"http://127.0.0.1:{free_port()}")):
        await home.clock.sleep(SOON_S)
        pv, load = home.forecast("pv"), home.forecast("load")
    assert pv.quality == load.quality == "estimated"
    assert max(slot.p50_w for slot in pv.slots) > 1000
    assert 150 < sum(slot.p50_w for slot in load.slots) / 192 < 600


async def test_an_absurd_answer_is_no_weather(home: Home) -> None:
    """F37: a megawatt, or no light at noon, is refused; the last good one goes on."""
    async with home.lives():
        await home.clock.sleep(SOON_S)
        stamps = [int(home.clock.wall_ms() / 1000 // 900 + k) * 900 for k in range(1, 200)]
        for watts in (1e6, 0.0):
            home.fake.body = orjson.dumps(
                {"minutely_15": {"time": stamps, "global_tilted_irradiance": [watts] * len(stamps)}}
            )
            await home.clock.sleep(1.5 * HOUR_S)
        assert home.forecast("pv").quality == "good"
        assert max(slot.p50_w for slot in home.forecast("pv").slots) < PEAK_W
        assert set(home.fake.asked[0]) == set(home.fake.asked[-1]), "and it was asked again"


async def test_another_program_s_forecast_is_taken_and_corrected(home: Home, memory_broker: MemoryBroker) -> None:
    """Quartz, say, in a container of its own: half-hour steps, in kilowatts of optimism."""
    quartz = memory_broker.plug("quartz", "q0", home.clock)
    first_ms = home.clock.wall_ms() // 1_800_000 * 1_800_000
    slots = tuple(
        ForecastSlot(start_ms=start_ms, end_ms=start_ms + 1_800_000, p50_w=3000)
        for start_ms in range(first_ms, first_ms + 48 * 3_600_000, 1_800_000)
    )
    home.knows = False
    async with home.lives(config(source="topic", topic="quartz")):
        await home.clock.sleep(SOON_S)
        assert home.forecast("pv").quality == "estimated"
        await quartz.publish(FORECAST.at("quartz"), Forecast(issued_ms=home.clock.wall_ms(), slots=slots))
        await home.clock.sleep(SOON_S)
        assert home.forecast("pv").quality == "good"
        assert home.slot("pv", 2 * HOUR_S).p50_w == pytest.approx(3000)
        assert home.slot("pv", 14 * HOUR_S).p50_w == 0, "whatever it says of the night"
        await home.clock.sleep(HOUR_S)
        assert home.slot("pv", 0).p50_w == pytest.approx(home.truth_w(0), abs=900), "corrected by what is measured"
    assert not home.fake.asked


async def test_a_house_without_roofs_has_a_forecast_of_its_load_and_asks_nobody(home: Home) -> None:
    async with home.lives(config(url=home.fake.url, sites={}, production=[])):
        await home.clock.sleep(2 * HOUR_S)
        assert home.forecast("load").slots
        assert "forecast/pv/state" not in home.broker.retained
        assert home.alerts() == {}
    assert not home.fake.asked


async def test_what_was_imported_is_used_from_the_start(home: Home) -> None:
    now_s = int(home.clock.wall_ms() / 1000)
    with opened(home.folder / NAME) as disk:
        write(disk, history(20, load_w=lambda at: 700.0, until_s=now_s - 3600))
    async with home.lives():
        await home.clock.sleep(SOON_S)
        assert home.forecast("load").quality == "good"
        assert home.slot("load", 24 * HOUR_S).p50_w == 700


async def test_it_survives_a_kill_with_what_it_has_learnt(home: Home) -> None:
    """The memory bus has no goodbye, so a cancelled life is as good as a killed one; what was written is there."""
    async with home.lives():
        await home.clock.sleep(3 * HOUR_S)
    with opened(home.folder / NAME) as disk:
        before = read(disk, home.clock.wall_ms() / 1000)
    async with home.lives():
        await home.clock.sleep(HOUR_S)
        with opened(home.folder / NAME) as disk:
            after = read(disk, home.clock.wall_ms() / 1000)
    assert set(before.quarters) <= set(after.quarters)
    assert len(after.quarters) > len(before.quarters)


def test_topics_are_those_the_balancer_listens_to() -> None:
    assert (PV.name, LOAD.name) == ("forecast/pv/state", "forecast/load/state")
