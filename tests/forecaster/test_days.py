"""The whole service over hours and days, in virtual time; the weather comes from another program on the bus."""

import tempfile
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from common import metrics
from common.clock import JumpClock
from common.contract import FORECAST, Envelope, Forecast, ForecastSlot, decode, encode
from common.means import QUARTER_S, quarter
from common.memory_bus import MemoryBroker
from services.forecaster.core.quarters import Expected, Quarter
from services.forecaster.core.score import Kind, Lead, Told
from services.forecaster.core.sun_ahead import Ahead
from services.forecaster.forecasting import message
from services.forecaster.ledger import NAME, opened, read, write
from tests.forecaster.home import ACCOUNT, Home, config
from tests.virtual import virtually

HOUR_S = 3600.0
DAY_S = 86_400
TOPIC = config(source="topic")


def lived(story: Callable[[Home], Awaitable[None]]) -> None:
    """A life of the service, begun on an April morning."""

    async def life(clock: JumpClock) -> None:
        with tempfile.TemporaryDirectory() as folder:
            await story(Home(MemoryBroker(), clock, Path(folder)))

    virtually(life)


def past(home: Home) -> tuple[Quarter, ...]:
    with opened(home.folder / NAME) as disk:
        return read(disk, home.clock.wall_ms() / 1000).quarters


def remember(home: Home, rows: Iterable[Quarter], told: Iterable[Told] = ()) -> None:
    """An earlier life has left this."""
    with opened(home.folder / NAME) as disk:
        write(disk, rows, told)


def days_of(home: Home, pv_factor: float, days: int) -> list[Quarter]:
    """A clear past, in which the roof gave so much of what was promised, and the house drew 400 W."""
    plant, now_s = TOPIC.plant(), quarter(home.clock.wall_ms() / 1000)
    starts = range(now_s - days * DAY_S, now_s, QUARTER_S)
    return [Quarter(at, pv_factor * plant.clear_w(at), 400.0, plant.clear_w(at)) for at in starts]


def test_what_is_measured_is_kept_and_what_was_learnt_is_used() -> None:
    """A roof that has given half of what was promised for weeks, and gives half today."""

    async def story(home: Home) -> None:
        home.devices.pv_factor = 0.5
        remember(home, days_of(home, 0.5, 21))
        async with home.lives(TOPIC):
            await home.clock.sleep(60)
            assert home.slot("pv", 27 * HOUR_S).p50_w == pytest.approx(home.truth_w(27 * HOUR_S) / 2, rel=0.35)
            assert home.slot("load", 27 * HOUR_S).p50_w == 400
            began_s = home.clock.wall_ms() / 1000
            await home.clock.sleep(3 * HOUR_S)
        new = [row for row in past(home) if row.start_s > began_s]
        assert len(new) >= 8
        for row in new:
            assert row.load_w == pytest.approx(400, abs=1)
            assert row.raw_w is not None
            assert row.pv_w == pytest.approx(row.raw_w / 2, rel=0.5), "the same clouds"

    lived(story)


def test_a_device_that_is_silent_makes_a_quarter_unknown_and_after_a_day_its_owner_knows() -> None:
    async def story(home: Home) -> None:
        async with home.lives(TOPIC):
            await home.clock.sleep(HOUR_S)
            home.devices.silent = {"garage"}
            await home.clock.sleep(2 * HOUR_S)
            last = past(home)[-1]
            assert last.load_w is None
            assert last.pv_w is not None
            assert "not_learning" not in home.alerts()
            await home.clock.sleep(24 * HOUR_S)
            assert "garage" in home.alerts()["not_learning"]
            home.devices.silent = set()
            await home.clock.sleep(HOUR_S)
            assert "not_learning" not in home.alerts()

    lived(story)


@pytest.mark.promise("2.10-13")
def test_without_weather_it_goes_on_with_the_last_then_with_a_clear_sky_and_recovers() -> None:
    """The last weather is twenty hours old when it begins, and says that the sun shines as never before."""

    async def story(home: Home) -> None:
        home.knows = False
        remember(home, days_of(home, 0.4, 3))
        now_ms = home.clock.wall_ms() // 900_000 * 900_000
        slots = tuple(
            ForecastSlot(start_ms=now_ms + k * 900_000, end_ms=now_ms + (k + 1) * 900_000, p50_w=4400)
            for k in range(300)
        )
        quartz = home.broker.plug("quartz", "q1", home.clock)
        await quartz.publish(FORECAST.at("quartz"), Forecast(issued_ms=now_ms - 20 * 3_600_000, slots=slots))
        async with home.lives(TOPIC):
            await home.clock.sleep(2 * HOUR_S)
            assert home.alerts() == {}
            assert home.forecast("pv").quality == "good"
            promised_w = home.slot("pv", 26 * HOUR_S).p50_w
            await home.clock.sleep(1.3 * HOUR_S)
            assert "the last one" in home.alerts()["weather"]
            await home.clock.sleep(1.5 * HOUR_S)
            assert "a clear sky" in home.alerts()["weather"]
            told = home.forecast("pv")
            assert told.quality == "estimated"
            tomorrow_w = home.slot("pv", (26 - 2.8) * HOUR_S).p50_w
            clear_w = TOPIC.plant().clear_w(quarter(home.clock.wall_ms() / 1000 + 23.2 * HOUR_S))
            assert 0.2 * clear_w < tomorrow_w < 0.7 * clear_w, "as clear as the last days"
            assert tomorrow_w < promised_w
            assert home.clock.wall_ms() - told.issued_ms < 1_000_000, "it is still renewed"
            home.knows = True
            await home.clock.sleep(2 * HOUR_S)
            assert home.alerts() == {}
            assert home.forecast("pv").quality == "good"

    lived(story)


def shown(name: str, **labels: str) -> float:
    value = metrics.REGISTRY.get_sample_value(name, {"service": ACCOUNT, **labels})
    assert value is not None, name
    return value


def too_much(rows: list[Quarter], kind: Kind, lead: Lead, by_w: float) -> list[Told]:
    """Forecasts of an earlier life that were too high."""
    came = [(row.start_s, row.pv_w if kind == "pv" else row.load_w) for row in rows]
    return [Told(kind, lead, Expected(at, 0.0, w + by_w, w + 2 * by_w)) for at, w in came if w is not None]


def test_errors_are_measured_and_shown() -> None:
    async def story(home: Home) -> None:
        rows = days_of(home, 0.5, 4)
        remember(home, rows, [*too_much(rows, "pv", "day", 300), *too_much(rows, "load", "hour", 50)])
        async with home.lives(TOPIC):
            await home.clock.sleep(HOUR_S)
            assert shown("ems_forecast_error_watts", kind="pv", lead="day") == pytest.approx(300, abs=5)
            assert shown("ems_forecast_bias_watts", kind="pv", lead="day") == pytest.approx(300, abs=5)
            assert 0 < shown("ems_forecast_pinball_watts", kind="load", lead="hour") < 100
            assert shown("ems_forecast_skill_ratio", kind="pv", lead="day") < 0, "each day was as the one before"
            assert 0 <= shown("ems_forecast_age_seconds") < 4000
            expected = [shown("ems_forecast_watts", kind="load", quantile=each) for each in ("0.1", "0.5", "0.9")]
            assert 0 < expected[0] <= expected[1] <= expected[2]

    lived(story)


def test_forecasts_are_judged_an_hour_and_a_day_later() -> None:
    async def story(home: Home) -> None:
        async with home.lives(TOPIC):
            await home.clock.sleep(2 * HOUR_S)
        with opened(home.folder / NAME) as disk:
            told = read(disk, home.clock.wall_ms() / 1000).told
        leads = {(each.kind, each.lead): each.expected.start_s for each in told}
        assert leads.keys() == {(kind, lead) for kind in ("pv", "load") for lead in ("hour", "day")}
        assert leads["pv", "day"] - leads["pv", "hour"] == DAY_S - 3600

    lived(story)


def test_a_forecast_that_is_bad_for_days_is_told_and_over_when_it_is_good_again() -> None:
    async def story(home: Home) -> None:
        rows = days_of(home, 0.5, 6)
        remember(home, rows, too_much(rows, "pv", "day", 900))
        async with home.lives(TOPIC):
            await home.clock.sleep(HOUR_S)
            assert "the sun was worse" in home.alerts()["poor_pv"]
            assert "poor_load" not in home.alerts()
            with opened(home.folder / NAME) as disk:
                disk.execute("DELETE FROM told")
                disk.commit()
            uneven = [row._replace(pv_w=(row.pv_w or 0) * (1 + row.start_s // DAY_S % 2)) for row in rows]
            with opened(home.folder / NAME) as disk:
                disk.execute("DELETE FROM quarter")
                write(disk, uneven, too_much(uneven, "pv", "day", 1))
            await home.clock.sleep(HOUR_S)
            assert "poor_pv" not in home.alerts()

    lived(story)


@pytest.mark.parametrize("step_s", [-2 * HOUR_S, 3 * HOUR_S, 400 * DAY_S])
def test_a_clock_that_is_set_disturbs_for_a_quarter_hour_at_most(step_s: float) -> None:
    """F35: by an hour or two, or from 1970 to now: forecasts go on from the new time."""

    async def story(home: Home) -> None:
        async with home.lives(TOPIC):
            await home.clock.sleep(HOUR_S)
            assert isinstance(home.clock, JumpClock)
            home.clock.step_wall(step_s)
            await home.clock.sleep(HOUR_S)
            for kind in ("pv", "load"):
                made = home.forecast(kind)
                assert 0 <= home.clock.wall_ms() - made.issued_ms < 920_000
                assert made.slots[0].start_ms <= home.clock.wall_ms() < made.slots[2].end_ms
            await home.clock.sleep(HOUR_S)
            assert past(home)[-1].load_w == pytest.approx(400, abs=5)

    lived(story)


def test_the_largest_forecast_fits_the_wire() -> None:
    slots = tuple(Expected(1_795_157_100 + k * QUARTER_S, 123_456.7, 234_567.8, 987_654.3) for k in range(192))
    told = message(Ahead(slots, is_estimated=True), 1_795_157_664.123)
    envelope = Envelope(v=1, ts_ms=1_795_157_664_123, seq=10**6, boot="9f3a1c", src="site-17-ems-forecaster")
    payload = encode(envelope, told)
    assert len(payload) < 32 * 1024
    assert decode(FORECAST, payload)[1] == told
    assert told.quality == "estimated"
