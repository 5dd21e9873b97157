"""Loads in a whole house: who runs, on what, for how long, and what the batteries do meanwhile."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from itertools import pairwise
from typing import Any

import pytest

from common.config import SiteSettings
from common.contract import CONTROL, FORECAST, Control, Forecast, ForecastSlot
from services.balancer.config import Config, DevicePolicy
from services.balancer.loads.stored import Sample, Stored
from services.balancer.memory import KEY, keep, recall
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from services.balancer.switchboard import LoadBook
from tests.balancer.stage import Stage, folder_store, staged

MINUTES = 60.0
SUN = -3000.0
"""A house with 3 kW of surplus, in W."""
HOURS_S = 5.0
"""How often everybody reports in a play that lasts for hours."""


def boiler(**more: Any) -> DevicePolicy:  # whatever a load may be told
    return DevicePolicy.model_validate({"want": "surplus", "power_w": 2000.0, **more})


def config(*order: str, **loads: DevicePolicy) -> Config:
    return Config(order=order, devices=loads)


def play(
    story: Callable[[Stage], Any],
    told: Config,
    *,
    load_w: float = 500.0,
    battery: dict[str, Any] | None = None,
    period_s: float = 1.0,
    **switches: dict[str, Any],
) -> None:
    """A boiler called `boiler` unless others are named, and a battery if one is described."""
    crew: dict[str, Any] = {"garage": battery} if battery is not None else {}
    staged(story, told, load_w=load_w, period_s=period_s, switches=switches or {"boiler": {}}, **crew)


@pytest.mark.promise("2.10-06")
def test_a_load_on_surplus_starts_with_the_sun_and_stops_without_it() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(2 * MINUTES)
        assert not stage.switches["boiler"].on
        assert stage.last("decision/boiler")["rule"] == "no_room"
        assert stage.last("decision/boiler")["reason"].startswith("waits for a surplus of 2,000 W")
        stage.load_w = SUN
        await stage.play(2 * MINUTES)
        assert stage.switches["boiler"].on
        assert stage.last("decision/boiler")["reason"] == "runs on surplus"
        await stage.play(5 * MINUTES)
        stage.load_w = 500
        await stage.play(30)
        assert not stage.switches["boiler"].on

    play(story, config("boiler", boiler=boiler()))


@pytest.mark.promise("2.10-15")
def test_minimum_times_are_kept() -> None:
    """A sun that comes and goes: five minutes on, five minutes off, never less."""

    async def story(stage: Stage) -> None:
        for _ in range(8):
            stage.load_w = SUN
            await stage.play(350)
            stage.load_w = 500
            await stage.play(130)
        times = [at_s for at_s, _ in stage.switches["boiler"].switched]
        assert len(times) >= 4
        assert min(after - before for before, after in itertools.pairwise(times)) >= 300 - 2

    play(story, config("boiler", boiler=boiler()), period_s=HOURS_S)


def test_nothing_toggles_at_the_edge() -> None:
    """A surplus just as large as the load, give or take: one start at most in an hour."""

    async def story(stage: Stage) -> None:
        for step in range(120):
            stage.load_w = -2000 + (60 if step % 2 else -60)
            await stage.play(30)
        assert len(stage.switches["boiler"].switched) <= 1

    play(story, config("boiler", boiler=boiler()), period_s=HOURS_S)


def test_the_battery_neither_fights_nor_lags_a_load_that_is_switched() -> None:
    """It charges with the sun; when the boiler takes over, the grid shows it for a second or two, no more."""

    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(50)
        assert stage.batteries["garage"].power_w == pytest.approx(2500, abs=5)
        while not stage.switches["boiler"].on:
            await stage.play(1)
            assert stage.now_s < 200
        before_ws = stage.energy.until_now_ws()
        worst_w = 0.0
        for tenth in range(100):
            await stage.play(0.1)
            if tenth >= 10:
                worst_w = max(worst_w, abs(stage.energy.power_w))
        assert stage.batteries["garage"].power_w == pytest.approx(1000, abs=10)
        assert worst_w <= 60
        assert abs(stage.energy.until_now_ws() - before_ws) <= 2000, "a watt-hour at most"
        orders = [said for said in stage.heard("garage/cmd", stage.now_s - 11) if said.body["action"] == "set_power"]
        assert len({said.body["power_w"] for said in orders}) <= 2

    play(story, config("boiler", "garage", boiler=boiler()), battery={})


def test_the_battery_first_takes_what_it_can_when_it_stands_first() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -4000
        await stage.play(5 * MINUTES)
        assert not stage.switches["boiler"].on, "2,500 W are the battery's"
        stage.load_w = -5000
        await stage.play(3 * MINUTES)
        assert stage.switches["boiler"].on

    play(story, config("garage", "boiler", boiler=boiler()), battery={})


def test_a_battery_never_feeds_a_load_on_surplus_beyond_its_minimum_time() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(2 * MINUTES)
        assert stage.switches["boiler"].on
        stage.load_w = 300
        await stage.play(30)
        assert stage.last("decision/boiler")["rule"] == "min_on"
        assert stage.batteries["garage"].power_w == pytest.approx(-2300, abs=10), "within it the battery helps"
        await stage.play(5 * MINUTES)
        assert not stage.switches["boiler"].on
        assert stage.batteries["garage"].power_w == pytest.approx(-300, abs=10)

    play(story, config("boiler", "garage", boiler=boiler()), battery={})


@pytest.mark.promise("2.10-01")
def test_a_higher_entry_displaces_a_lower_one() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1200
        await stage.play(10 * MINUTES)
        assert stage.switches["pump"].on
        assert not stage.switches["boiler"].on
        stage.load_w = -2300
        await stage.play(2 * MINUTES)
        assert stage.switches["boiler"].on
        assert not stage.switches["pump"].on
        offs, ons = stage.switches["pump"].switched[-1], stage.switches["boiler"].switched[-1]
        assert offs[0] <= ons[0], "offs before ons"

    told = config("boiler", "pump", boiler=boiler(), pump=boiler(power_w=1000))
    play(story, told, boiler={}, pump={"draws_w": 1000.0})


@pytest.mark.promise("2.10-07")
def test_the_batteries_charge_goes_before_a_load_that_wants_it_so() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(5 * MINUTES)
        assert not stage.switches["boiler"].on
        stage.batteries["garage"].soc_pct = 61
        await stage.play(2 * MINUTES)
        assert stage.switches["boiler"].on

    play(story, config("boiler", "garage", boiler=boiler(battery_first_pct=60)), battery={"soc_pct": 50.0})


def test_what_the_batteries_cannot_take_is_a_load_s_although_their_charge_goes_first() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -5000
        await stage.play(3 * MINUTES)
        assert stage.switches["boiler"].on

    play(story, config("boiler", "garage", boiler=boiler(battery_first_pct=60)), battery={"soc_pct": 50.0})


@pytest.mark.promise("2.10-09")
def test_a_boiler_whose_thermostat_opened_has_had_its_fill() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(8 * MINUTES)
        assert stage.switches["boiler"].on
        stage.switches["boiler"].draw(0.0)
        await stage.play(2 * MINUTES)
        assert not stage.switches["boiler"].on
        assert stage.last("decision/boiler")["rule"] == "satisfied"
        await stage.play(30 * MINUTES)
        assert not stage.switches["boiler"].on

    play(story, config("boiler", boiler=boiler()), period_s=HOURS_S)


def test_a_thermostat_that_is_open_for_a_moment_after_switch_on_is_no_full_boiler() -> None:
    async def story(stage: Stage) -> None:
        stage.switches["boiler"].draw(0.0)
        stage.load_w = SUN
        await stage.play(3 * MINUTES)
        assert stage.switches["boiler"].on
        stage.switches["boiler"].draw(2000.0)
        await stage.play(5 * MINUTES)
        assert stage.switches["boiler"].on
        assert stage.last("decision/boiler")["rule"] in ("surplus", "min_on")

    play(story, config("boiler", boiler=boiler()))


@pytest.mark.promise("2.10-08")
def test_a_full_load_takes_what_would_be_fed_in_if_its_owner_says_so() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(25 * MINUTES)
        assert stage.switches["boiler"].on
        assert stage.last("decision/boiler")["rule"] == "overcharge"
        stage.load_w = -1500
        await stage.play(6 * MINUTES)
        assert not stage.switches["boiler"].on

    play(story, config("boiler", boiler=boiler(need_wh=500, overcharge=True)))


def test_what_a_load_really_draws_is_learnt() -> None:
    """Told as 2 kW it draws 1.2 kW: after its first run less surplus is enough for it to start."""

    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(8 * MINUTES)
        assert stage.switches["boiler"].on
        stage.load_w = 500
        await stage.play(6 * MINUTES)
        stage.load_w = -1300
        await stage.play(3 * MINUTES)
        assert stage.switches["boiler"].on
        assert stage.mind.switchboard.book("boiler").rated.power_w == 1200

    play(story, config("boiler", boiler=boiler()), boiler={"draws_w": 1200.0})


@pytest.mark.promise("2.10-16")
def test_a_load_switched_on_by_hand_stays_on_until_it_is_full() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(2 * MINUTES)
        stage.switches["boiler"].flip(True)
        await stage.play(20 * MINUTES)
        assert stage.switches["boiler"].on
        assert stage.last("decision/boiler")["rule"] == "by_hand"
        assert "boiler" not in str(stage.alerts())
        stage.switches["boiler"].draw(0.0)
        await stage.play(2 * MINUTES)
        assert not stage.switches["boiler"].on

    play(story, config("boiler", boiler=boiler()))


def test_a_load_switched_on_by_hand_goes_back_to_its_rule_when_the_day_ends() -> None:
    """The stage's clock begins at 09:00 UTC, which is 11:00 here; the day ends at 12:00."""

    async def story(stage: Stage) -> None:
        await stage.play(5 * MINUTES)
        stage.switches["boiler"].flip(True)
        await stage.play(50 * MINUTES)
        assert stage.switches["boiler"].on
        await stage.play(10 * MINUTES)
        assert not stage.switches["boiler"].on

    told = Config.model_validate({"order": ("boiler",), "devices": {"boiler": boiler()}, "day_starts": time(12)})
    staged(story, told, site=SiteSettings(timezone="Europe/Paris"), period_s=HOURS_S, switches={"boiler": {}})


def test_force_and_unforce_have_an_end() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(30)
        stage.ask("force_minutes/boiler", "10")
        await stage.play(10)
        assert stage.switches["boiler"].on
        assert stage.last("decision/boiler")["rule"] == "forced_on"
        assert stage.last("setting/force_minutes/boiler") == "10"
        await stage.play(9 * MINUTES)
        assert stage.switches["boiler"].on
        await stage.play(2 * MINUTES)
        assert not stage.switches["boiler"].on
        assert stage.last("setting/force_minutes/boiler") == "0"
        stage.load_w = SUN
        stage.ask("force_minutes/boiler", "-20")
        await stage.play(19 * MINUTES)
        assert not stage.switches["boiler"].on
        assert stage.last("decision/boiler")["rule"] == "forced_off"
        stage.ask("force_minutes/boiler", "0")
        await stage.play(2 * MINUTES)
        assert stage.switches["boiler"].on

    play(story, config("boiler", boiler=boiler()), period_s=HOURS_S)


@pytest.mark.promise("3.10-10")
def test_a_switched_load_is_forced_on_with_its_power_and_not_with_less() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(30)
        stage.ask("force_power_w/boiler", "1500")
        await stage.play(10)
        assert not stage.switches["boiler"].on
        assert stage.last("decision/boiler")["reason"].startswith("is off: it takes all of its power or nothing")
        stage.ask("force_power_w/boiler", "2000")
        await stage.play(10)
        assert stage.switches["boiler"].on
        stage.ask("force_power_w/boiler", "0")
        await stage.play(6 * MINUTES)
        assert not stage.switches["boiler"].on

    play(story, config("boiler", boiler=boiler()))


def test_what_cannot_be_forced_is_refused_with_what_could() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(2)
        stage.ask("force_minutes/garage", "10")
        await stage.play(2)
        assert "is no load in the order; there are boiler" in stage.alerts()["setting"]["text"]
        stage.ask("force_minutes/boiler", "9999")
        await stage.play(2)
        assert "is no number from -1440 to 1440 minutes" in stage.alerts()["setting"]["text"]

    play(story, config("boiler", "garage", boiler=boiler()), battery={})


def test_a_plug_that_does_not_obey_is_noticed_and_planned_around() -> None:
    async def story(stage: Stage) -> None:
        stage.switches["boiler"].obeys = False
        stage.load_w = SUN
        await stage.play(150)
        assert stage.last("decision/boiler")["rule"] == "absent"
        assert "is off although it was told to be on" in stage.alerts()["absent_boiler"]["text"]
        assert abs(stage.energy.power_w + 500) <= 30, "the battery takes all it can"
        stage.switches["boiler"].obeys = True
        await stage.play(8 * MINUTES)
        assert stage.switches["boiler"].on
        assert "absent_boiler" not in stage.alerts()

    play(story, config("boiler", "garage", boiler=boiler()), battery={})


def test_a_silent_plug_is_left_alone_and_its_power_is_the_house_s() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(3 * MINUTES)
        stage.switches["boiler"].silent = True
        await stage.play(20)
        assert "absent_boiler" in stage.alerts()
        await stage.play(60)
        assert not stage.switches["boiler"].on, "its lease has ended"
        stage.switches["boiler"].silent = False
        await stage.play(3 * MINUTES)
        assert stage.alerts() == {}

    play(story, config("boiler", boiler=boiler()))


def test_a_plug_without_a_meter_of_its_own_works_as_its_owner_says() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(3 * MINUTES)
        assert stage.switches["boiler"].on
        await stage.play(5)
        assert stage.batteries["garage"].power_w == pytest.approx(1000, abs=20)

    play(story, config("boiler", "garage", boiler=boiler()), battery={}, boiler={"measures": False})


def test_always_means_always() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(10)
        assert stage.switches["boiler"].on
        assert stage.batteries["garage"].power_w == pytest.approx(-2500, abs=10)

    told = config("boiler", "garage", boiler=DevicePolicy(want="always"))
    play(story, told, battery={})


def test_a_load_without_a_wish_is_left_alone_and_its_owner_is_told() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(20)
        assert stage.alerts()["absent_boiler"]["advice"].startswith("Write under balancer.devices what you want")
        assert stage.orders() == []

    play(story, config("boiler"))


def test_in_a_dry_run_loads_are_told_about_and_left_alone() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(5 * MINUTES)
        assert not stage.switches["boiler"].on
        assert stage.last("decision/boiler")["reason"] == "dry run: runs on surplus"
        assert stage.orders() == []

    told = Config(order=("boiler",), devices={"boiler": boiler()}, dry_run=True)
    play(story, told)


def test_the_connection_bears_only_so_many_loads() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(2)
        stage.ask("force_minutes/boiler", "60")
        stage.ask("force_minutes/pump", "60")
        await stage.play(60)
        assert stage.switches["boiler"].on
        assert not stage.switches["pump"].on
        assert stage.last("decision/pump")["bound_by"] == "import_limit"

    told = config("boiler", "pump", boiler=boiler(), pump=boiler())
    staged(story, told, site=SiteSettings(connection_a=16), switches={"boiler": {}, "pump": {}})


def needed(**more: Any) -> DevicePolicy:  # whatever a load may be told
    return boiler(want="needed", need_wh=1000, **more)


@pytest.mark.promise("2.10-02")
def test_without_forecast_and_sun_a_needed_load_has_its_fill_in_time_from_the_grid() -> None:
    """11:00 on the clock, ready by 13:00, half an hour of heating: it waits for sun, and not too long."""

    async def story(stage: Stage) -> None:
        await stage.play(60 * MINUTES)
        assert not stage.switches["boiler"].on
        assert "planned in" in stage.last("decision/boiler")["reason"]
        await stage.play(60 * MINUTES)
        assert stage.switches["boiler"].drawn_wh == pytest.approx(1000, abs=20)
        assert stage.last("decision/boiler")["rule"] == "satisfied"

    told = config("boiler", boiler=needed(ready_by=time(13)))
    staged(story, told, site=SiteSettings(timezone="Europe/Paris"), period_s=HOURS_S, switches={"boiler": {}})


@pytest.mark.promise("2.10-03")
def test_a_needed_load_takes_the_first_sun_that_carries_it() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(10 * MINUTES)
        stage.load_w = SUN
        await stage.play(5 * MINUTES)
        assert stage.switches["boiler"].on
        assert stage.last("decision/boiler")["rule"] in ("slot", "surplus")

    play(story, config("boiler", boiler=needed()))


@pytest.mark.promise("2.10-04")
def test_a_battery_feeds_a_needed_load_in_its_slot() -> None:
    """1.2 kW of sun: the battery gives the rest, and nothing is imported."""

    async def story(stage: Stage) -> None:
        stage.load_w = -1200
        await stage.play(20 * MINUTES)
        assert stage.switches["boiler"].on
        assert stage.last("decision/boiler")["reason"] == "runs now, to have what it needs in time"
        assert stage.batteries["garage"].power_w == pytest.approx(-800, abs=10)
        await stage.play(20 * MINUTES)
        assert stage.switches["boiler"].drawn_wh == pytest.approx(1000, abs=20)

    told = config("garage", "boiler", boiler=needed())
    play(story, told, battery={"soc_pct": 70.0, "capacity_wh": 5000}, period_s=HOURS_S)


@pytest.mark.promise("2.10-10")
def test_a_new_day_begins_with_a_new_need() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(45 * MINUTES)
        assert stage.last("decision/boiler")["rule"] == "satisfied"
        await stage.play(20 * MINUTES)
        assert stage.switches["boiler"].on, "the day ended at 12:00"

    told = Config(order=("boiler",), devices={"boiler": needed()}, day_starts=time(12))
    staged(story, told, site=SiteSettings(timezone="Europe/Paris"), period_s=HOURS_S, switches={"boiler": {}})


def test_what_a_load_has_taken_up_and_its_minimum_times_survive_a_restart() -> None:
    async def story(first: Stage) -> None:
        with folder_store(first.clock) as kept:
            before = Stage(first.clock, first.store, first.config, kept=kept, switches={"boiler": {}})
            async with before:
                before.load_w = SUN
                await before.play(20 * MINUTES)
                taken_wh = before.mind.switchboard.book("boiler").stored.energy_wh
                assert taken_wh > 500
            mind = Mind(first.config, SiteSettings(), SettingsBook(first.config))
            recall(mind, kept.get(KEY))
            book = mind.switchboard.book("boiler")
            assert book.stored.energy_wh == pytest.approx(taken_wh, abs=30)
            assert book.run == replace(before.mind.switchboard.book("boiler").run, owed_ws=0.0)
            assert book.rated.power_w == pytest.approx(2000, abs=1)

    staged(story, config("boiler", boiler=needed()), enter=False, switches={"boiler": {}})


@pytest.mark.parametrize(
    ("then_wh", "now_wh", "day", "taken_wh"),
    [
        (20_000, 20_500, 1, 1013),
        (None, None, 1, 500),
        (20_000, None, 1, 500),
        (20_000, 300, 1, 500),
        (20_000, 20_500, 2, 0),
    ],
    ids=["counted", "no counter", "counter gone", "another counter", "the day ended meanwhile"],
)
def test_what_a_load_takes_up_while_the_balancer_is_down_is_counted_where_its_counter_tells(
    then_wh: float | None, now_wh: float | None, day: int, taken_wh: float
) -> None:
    """513 Wh before, 500 Wh while nobody looked; where no counter tells, nothing is invented."""
    told = config("boiler", boiler=needed())
    before, after = (Mind(told, SiteSettings(), SettingsBook(told)) for _ in range(2))
    last = Sample(100.0, True, 2000.0, then_wh)
    before.switchboard.books["boiler"] = LoadBook(stored=Stored(day=1, energy_wh=513.0, last=last))
    recall(after, keep(before))
    book = after.switchboard.book("boiler").on_day(day)
    stored = book.stored.measured(Sample(7200.0, True, 2000.0, now_wh), 2000.0)
    assert stored.energy_wh == pytest.approx(taken_wh)
    assert stored.ran_s == 0


def test_a_forecast_moves_a_needed_load_to_where_the_sun_will_be() -> None:
    """Half the power now and all of it in an hour: it waits. A forecast that goes silent for a day is none."""

    async def story(stage: Stage) -> None:
        bus = stage.bus("ems-forecaster")
        now_ms = stage.clock.wall_ms()
        for kind, watts in (("pv", (1500, 2600)), ("load", (500, 500))):
            slots = [
                ForecastSlot(
                    start_ms=now_ms + hour * 3_600_000, end_ms=now_ms + (hour + 1) * 3_600_000, p50_w=watts[hour > 0]
                )
                for hour in range(5)
            ]
            await bus.publish(FORECAST.at(kind), Forecast(issued_ms=now_ms, slots=tuple(slots)))
        stage.load_w = -1000
        await stage.play(50 * MINUTES)
        assert not stage.switches["boiler"].on
        assert stage.last("decision/boiler")["reason"].startswith("waits for a surplus of 2,000 W; planned in")
        stage.load_w = -2600
        await stage.play(15 * MINUTES)
        assert stage.switches["boiler"].on

    play(story, config("boiler", boiler=needed()), period_s=HOURS_S)


@pytest.mark.promise("2.10-16")
def test_a_bridge_that_tells_of_a_hand_is_believed_until_the_load_is_full() -> None:
    """Some bridges leave the switch to the hand by themselves, until an order comes that knows of it."""

    async def story(stage: Stage) -> None:
        await stage.play(60)
        boiler = stage.switches["boiler"]
        boiler.obeys = False
        boiler.flip(True)
        await boiler.bus.publish(CONTROL.at("switch", "boiler"), Control(mode="manual", epoch=1))
        await stage.play(2)
        since_s = stage.now_s
        await stage.play(20 * MINUTES)
        assert boiler.on
        assert stage.last("decision/boiler")["reason"] == "left alone: it is controlled by somebody else"
        assert [said.body["action"] for said in stage.orders(since_s)] == []
        boiler.obeys = True
        boiler.draw(0.0)
        await stage.play(2 * MINUTES)
        assert not boiler.on
        assert stage.last("decision/boiler")["rule"] == "satisfied"

    play(story, config("boiler", boiler=boiler()))


def test_a_needed_load_that_missed_its_hour_is_told_about_until_it_has_its_fill() -> None:
    async def story(stage: Stage) -> None:
        stage.switches["boiler"].obeys = False
        await stage.play(35 * MINUTES)
        told = stage.alerts()["unfilled_boiler"]
        assert told["text"] == "boiler did not get all it needs in time: 1,000 Wh were missing."
        stage.switches["boiler"].obeys = True
        await stage.play(55 * MINUTES)
        assert "unfilled_boiler" not in stage.alerts()

    told = config("boiler", boiler=needed(ready_by=time(11, 30)))
    staged(story, told, site=SiteSettings(timezone="Europe/Paris"), period_s=HOURS_S, switches={"boiler": {}})


@pytest.mark.promise("2.10-11")
def test_what_is_left_for_loads_counts_batteries_and_loads_with_the_right_sign() -> None:
    """Exporting 1,500 W while a load draws 1,000 W and a battery charges with 400 W leaves 2,900 W."""

    async def story(stage: Stage) -> None:
        await stage.play(3 * MINUTES)
        assert stage.switches["pump"].on
        assert stage.batteries["garage"].power_w == pytest.approx(400, abs=5)
        assert stage.energy.power_w == pytest.approx(-1500, abs=10)
        assert stage.last("main/state")["rest_w"] == pytest.approx(-2900, abs=10)

    told = Config(
        order=("pump", "garage"),
        devices={"pump": boiler(power_w=1000), "garage": DevicePolicy(max_charge_w=400)},
    )
    play(story, told, load_w=-2900, battery={}, pump={"draws_w": 1000.0})


@pytest.mark.promise("2.10-14")
def test_the_schedule_is_thought_over_each_half_minute_with_what_is_true_then() -> None:
    """The older program took the batteries' charge once, at its start."""

    async def story(stage: Stage) -> None:
        stage.load_w = -1200
        await stage.play(5 * MINUTES)
        board = stage.mind.switchboard
        assert not stage.switches["boiler"].on, "the battery is empty"
        for _ in range(65):
            await stage.play(1)
            assert board.last_s is not None
            assert board.last_s - board.planned_s <= 31
        stage.batteries["garage"].soc_pct = 70
        await stage.play(6 * MINUTES)
        assert stage.switches["boiler"].on

    told = config("garage", "boiler", boiler=needed())
    play(story, told, battery={"soc_pct": 12.0, "capacity_wh": 5000}, period_s=HOURS_S)


@pytest.mark.promise("2.10-17")
def test_one_silent_plug_holds_nobody_up() -> None:
    async def story(stage: Stage) -> None:
        stage.switches["boiler"].silent = True
        await stage.play(20)
        stage.load_w = -1300
        await stage.play(2 * MINUTES)
        assert stage.switches["pump"].on

    told = config("boiler", "pump", boiler=boiler(), pump=boiler(power_w=1000))
    play(story, told, boiler={}, pump={"draws_w": 1000.0})


def test_a_load_that_stands_as_it_should_is_told_nothing_new() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(20 * MINUTES)
        told = [said.body["on"] for said in stage.heard("boiler/cmd")]
        assert told == sorted(told), "off until there is sun, then on, and nothing else"
        apart_s = [b.at_s - a.at_s for a, b in pairwise(stage.heard("boiler/cmd", 200))]
        assert min(apart_s) >= 9, "renewals of the lease only"

    play(story, config("boiler", boiler=boiler()))


def test_a_forecast_is_about_instants_and_not_about_the_clock_on_the_wall() -> None:
    """Read as local time it would be off by an hour or two."""
    plans = []
    for timezone in ("UTC", "Europe/Paris", "Asia/Kolkata"):

        async def story(stage: Stage) -> None:
            now_ms = stage.clock.wall_ms()
            for kind, watts in (("pv", (0, 0, 2600, 0)), ("load", (300,) * 4)):
                starts_ms = [now_ms + hour * 3_600_000 for hour in range(4)]
                slots = tuple(
                    ForecastSlot(start_ms=ms, end_ms=ms + 3_600_000, p50_w=w)
                    for ms, w in zip(starts_ms, watts, strict=True)
                )
                bus = stage.bus(f"ems-forecaster-{kind}")
                await bus.publish(FORECAST.at(kind), Forecast(issued_ms=now_ms, slots=slots))
            await stage.play(20)
            plans.append(stage.mind.switchboard.plan["boiler"].rows)

        staged(story, config("boiler", boiler=needed()), site=SiteSettings(timezone=timezone), switches={"boiler": {}})
    assert plans == [(8, 9)] * 3


def test_a_sun_that_only_just_carries_a_needed_load_does_not_keep_it_from_its_fill() -> None:
    """2,050 W on the mean, never for a whole minute enough: before its hour it runs all the same."""

    async def story(stage: Stage) -> None:
        for _ in range(60):
            stage.load_w = -1900
            await stage.play(30)
            stage.load_w = -2400
            await stage.play(30)
        assert stage.switches["boiler"].drawn_wh >= 950
        assert stage.alerts() == {}

    told = config("boiler", boiler=needed(ready_by=time(12)))
    staged(story, told, site=SiteSettings(timezone="Europe/Paris"), period_s=HOURS_S, switches={"boiler": {}})
