"""The whole service in virtual time: prices, forecasts and devices in, plans out; none where one would be a guess."""

from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import JsonValue

from common.clock import Clock
from common.memory_bus import MemoryBroker
from common.store import Store
from tests.planner.home import ACCOUNT, BATTERY, HOUR_MS, HOUR_S, MINUTE_S, Home, boiler, config, tariff

pytestmark = [pytest.mark.virtual]


@pytest.fixture
async def home(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> Home:
    return Home(memory_broker, clock, tmp_path)


async def test_an_empty_battery_is_charged_while_it_is_cheap_and_the_house_is_told_what_that_costs(home: Home) -> None:
    async with home.lives():
        await home.planned()
        house, garage = home.plan(), home.plan("garage")
    assert house is not None
    assert garage is not None
    assert home.intents("garage")[0] == "charge"
    assert garage.slots[0].power_w > 0
    assert garage.sentence.startswith("garage now: charges")
    assert house.valid_until_ms == house.issued_ms + 20 * 60_000
    assert house.slots[0].start_ms == house.issued_ms
    assert all(a.end_ms == b.start_ms for a, b in pairwise(house.slots))
    assert house.slots[-1].end_ms - house.issued_ms <= 6 * HOUR_MS
    assert house.expected_import_wh == pytest.approx(3000, rel=0.15), "six hours of 500 W, and what is lost"
    assert 0.10 < (house.slots[0].value_eur_per_kwh or 0) < 0.40
    assert house.expected_cost_eur is not None
    assert house.expected_cost_eur == pytest.approx(sum(slot.cost_eur or 0.0 for slot in house.slots), abs=0.01)


async def test_a_needed_load_runs_where_it_is_cheap_and_tells_it_in_a_sentence(home: Home) -> None:
    now_ms = home.clock.wall_ms()
    home.others.terms = {"boiler": boiler(now_ms)}
    home.others.cheap = lambda hour: hour == 2
    async with home.lives():
        await home.planned()
        plan = home.plan("boiler")
    assert plan is not None
    assert home.intents("boiler") == ["wait", "run", "wait"]
    assert plan.slots[1].start_ms == now_ms // HOUR_MS * HOUR_MS + 2 * HOUR_MS
    assert plan.later_eur_per_kwh == pytest.approx(0.40)
    assert plan.sentence == "boiler from 13:00: 2.0 kWh at 10.0 ct"


async def test_it_is_planned_again_every_five_minutes_and_on_news(home: Home) -> None:
    async with home.lives():
        await home.planned()
        before = len(home.made)
        await home.clock.sleep(20 * MINUTE_S)
        assert len(home.made) - before in (4, 5)
        gaps = [(b - a) / 1000 for a, b in pairwise(home.made[before:])]
        assert all(gap == pytest.approx(300, abs=15) for gap in gaps)
        assert home.intents("garage")[0] == "charge"
        await home.others.price(lambda hour: hour == 4, revision=2)
        await home.planned()
        assert home.clock.wall_ms() - home.made[-2] < 300_000
        assert home.intents("garage")[0] != "charge", "it has become dear"


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        ("tariff", "nobody tells what energy costs"),
        ("load", "no forecast of the house"),
        ("pv", "has_sun: false"),
        ("garage", "the balancer is silent"),
    ],
)
async def test_without_an_input_there_is_no_plan_and_somebody_is_told(home: Home, missing: str, why: str) -> None:
    home.others.silent.add(missing)
    async with home.lives():
        await home.clock.sleep(4 * MINUTE_S)
        assert home.alerts() == {}, "things take a while to start"
        await home.clock.sleep(3 * MINUTE_S)
        assert why in home.alerts()["no_plan"]
        assert home.plan() is None
        home.others.silent.clear()
        await home.others.introduce()
        await home.planned()
        assert home.alerts() == {}


async def test_a_plan_is_taken_back_when_the_balancer_falls_silent(home: Home) -> None:
    async with home.lives():
        await home.planned()
        home.others.silent.add("garage")
        await home.clock.sleep(3 * MINUTE_S)
        assert home.plan("garage") is not None, "it may have been a word that was lost"
        await home.clock.sleep(6 * MINUTE_S)
        assert home.plan() is home.plan("garage") is None


async def test_a_forecast_that_nobody_renews_is_none_after_hours(home: Home) -> None:
    async with home.lives(config(each_min=15)):
        await home.planned()
        await home.clock.sleep(5.5 * HOUR_S)
        assert home.plan() is not None
        await home.clock.sleep(HOUR_S)
        assert home.plan() is None


async def test_a_house_without_roofs_is_planned_by_its_load(home: Home) -> None:
    home.others.silent.add("pv")
    async with home.lives(config(has_sun=False)):
        await home.planned()


async def test_a_battery_of_unknown_charge_is_left_out_and_told_of(home: Home) -> None:
    """Unknown is not empty: to charge a full battery from the grid would be planned else."""
    home.others.soc_pct = None
    home.others.terms = {"garage": BATTERY, "boiler": boiler(home.clock.wall_ms())}
    async with home.lives():
        await home.planned()
        assert home.plan("garage") is None
        assert home.plan("boiler") is not None
        assert home.alerts()["left_out"].startswith("The plan is without garage")
        house = home.plan()
        assert house is not None
        assert house.slots[0].value_eur_per_kwh is None, "nobody stores anything"
        home.others.soc_pct = 50.0
        await home.clock.sleep(6 * MINUTE_S)
        assert home.plan("garage") is not None
        assert home.alerts() == {}


async def test_what_export_earns_is_asked_for_and_never_taken_for_nothing(home: Home) -> None:
    home.others.silent.add("tariff")
    async with home.lives():
        now_ms = home.clock.wall_ms()
        told = tariff(now_ms, lambda hour: True).slots
        slots = tuple(slot.model_copy(update={"export_eur_per_kwh": None}) for slot in told)
        await home.others.price(lambda hour: True, slots=slots)
        await home.clock.sleep(7 * MINUTE_S)
        assert "planner.export_eur_per_kwh" in home.alerts()["no_plan"]


async def test_a_house_that_needs_nothing_now_is_planned_all_the_same(home: Home) -> None:
    home.others.terms = {"boiler": boiler(home.clock.wall_ms(), need_wh=0)}
    async with home.lives():
        await home.planned()
        assert home.plan("boiler") is None
        house = home.plan()
    assert house is not None
    assert {round(slot.power_w) for slot in house.slots} == {500}


async def test_a_device_that_is_gone_has_its_plan_taken_back(home: Home) -> None:
    home.others.terms = {"garage": BATTERY, "boiler": boiler(home.clock.wall_ms())}
    async with home.lives():
        await home.planned()
        assert home.plan("boiler") is not None
        del home.others.terms["boiler"]
        await home.clock.sleep(9 * MINUTE_S)
        assert home.plan("boiler") is None
        assert home.plan("garage") is not None


def yesterday(home: Home) -> list[JsonValue]:
    """The diary of a day in April: 500 W all day, nothing in the battery."""
    midnight_s = home.clock.wall_ms() // 1000 - 35 * 3600  # it is eleven in Paris
    return [[midnight_s + k * 900, 500.0, 0.0, 0.1 if k < 24 else 0.4, 0.04, 500.0] for k in range(-1, 96)]


async def test_in_the_morning_yesterday_is_judged_once_and_told_again_after_a_restart(home: Home) -> None:
    with Store(home.folder / "planner.sqlite", home.clock, ACCOUNT) as store:
        await store.put("diary", yesterday(home))
    async with home.lives(config(horizon_h=4.0)):
        await home.clock.sleep(16 * MINUTE_S)
        found = home.score()
        assert found is not None
        assert found.day == "2026-04-17"
        assert found.cost_eur == found.none_eur == found.rule_eur == pytest.approx(12 * (0.25 * 0.1 + 0.75 * 0.4))
        assert found.oracle_eur < found.cost_eur - 0.5
        assert found.share_pct == 0
    home.broker.retained.clear()
    async with home.lives(config(horizon_h=4.0)):
        await home.clock.sleep(1.0)
        assert home.score() == found


async def test_what_the_house_did_is_written_down(home: Home) -> None:
    async with home.lives(config(horizon_h=4.0, each_min=15)):
        await home.clock.sleep(31 * MINUTE_S)
    with Store(home.folder / "planner.sqlite", home.clock, ACCOUNT) as store:
        rows = store.get("diary")
    assert isinstance(rows, list)
    assert [row[1:] for row in rows if isinstance(row, list)] == [[500.0, 0.0, 0.1, 0.04, 500.0]] * 2


async def test_a_month_s_peak_that_costs_is_planned_and_told(home: Home) -> None:
    """All it needs would be bought in the cheap hour, if the contract's floor were no limit worth keeping."""
    home.others.silent.add("tariff")
    home.others.month_peak_w = 1200.0
    async with home.lives():
        await home.others.price(
            lambda hour: hour < 1, peak_eur_per_kw_year=600.0, peak_floor_w=1500.0, peak_window_s=900
        )
        await home.planned()
        house = home.plan()
    assert house is not None
    assert house.peak_w == 1500
    assert max(slot.power_w for slot in house.slots) <= 1500
