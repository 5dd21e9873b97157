"""What went wrong for loads that follow the sun in programs before this one, and must not again."""

from itertools import pairwise
from typing import Any

import pytest

from common.config import SiteSettings
from common.lease import Limits
from services.balancer.config import Config, DevicePolicy
from tests.balancer.stage import Stage, staged

MINUTES = 60.0
HEATER: dict[str, Any] = {"kind": "load", "limits": Limits(0.0, 2400.0), "least_w": 100.0, "delay_s": 0.2}


def house(story: Any, *order: str, **powers_w: float) -> None:
    """Switched loads by their power, and a dimmed heater, in this order; no battery."""
    devices = {name: DevicePolicy(want="surplus", power_w=powers_w.get(name)) for name in order}
    switches = {name: {"draws_w": power_w} for name, power_w in powers_w.items()}
    dimmed: dict[str, Any] = {"heater": HEATER} if "heater" in order else {}
    staged(story, Config(order=order, devices=devices), switches=switches, **dimmed)


@pytest.mark.promise("3.10-04")
def test_surplus_goes_to_the_first_and_is_taken_back_from_the_last() -> None:
    async def story(stage: Stage) -> None:
        heater = stage.batteries["heater"]
        stage.load_w = -1800
        await stage.play(8 * MINUTES)
        assert stage.switches["first"].on
        assert stage.switches["second"].on
        assert heater.power_w == pytest.approx(200, abs=10)
        await stage.play(5 * MINUTES)
        stage.load_w = -1100
        await stage.play(20)
        assert stage.switches["first"].on
        assert not stage.switches["second"].on, "the dimmer's 200 W were not enough"
        assert heater.power_w == pytest.approx(100, abs=10)
        stage.load_w = -1040
        await stage.play(20)
        assert stage.switches["first"].on
        assert heater.power_w == 0, "less than its least"

    house(story, "first", "second", "heater", first=1000.0, second=600.0)


@pytest.mark.promise("3.10-05")
def test_a_large_load_at_the_top_is_not_kept_out_by_smaller_ones_below() -> None:
    """Priority inversion: 1,500 W stood first, 600 W and a dimmer below took 800 W, and it never started."""

    async def story(stage: Stage) -> None:
        heater = stage.batteries["heater"]
        stage.load_w = -800
        await stage.play(8 * MINUTES)
        assert not stage.switches["boiler"].on
        assert stage.switches["pump"].on
        assert heater.power_w == pytest.approx(200, abs=10)
        stage.load_w = -1700
        await stage.play(2 * MINUTES)
        assert stage.switches["boiler"].on
        assert not stage.switches["pump"].on
        assert heater.power_w == pytest.approx(200, abs=10)
        assert stage.energy.power_w == pytest.approx(0, abs=15)

    house(story, "boiler", "pump", "heater", boiler=1500.0, pump=600.0)


@pytest.mark.promise("3.10-05")
def test_a_large_load_at_the_top_takes_the_place_of_a_dimmer_alone() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1700
        await stage.play(30)
        assert stage.batteries["heater"].power_w == pytest.approx(1700, abs=10)
        await stage.play(2 * MINUTES)
        assert stage.switches["boiler"].on
        assert stage.batteries["heater"].power_w == pytest.approx(200, abs=10)
        imported_w = [said.body["grid_w"] for said in stage.heard("main/state", 35) if said.body["grid_w"] is not None]
        assert sum(power_w > 100 for power_w in imported_w) <= 3, "both at once for a moment, no longer"

    house(story, "boiler", "heater", boiler=1500.0)


@pytest.mark.promise("3.10-22")
def test_a_small_overshoot_at_the_edge_drops_and_restarts_nobody() -> None:
    """Toggling: a load of 120 W was dropped for 40 W too much and started again at the next evaluation, for ever."""

    async def story(stage: Stage) -> None:
        stage.load_w = -200
        await stage.play(3 * MINUTES)
        assert stage.switches["lamp"].on
        for step in range(360):
            stage.load_w = -80 if step % 2 else -160
            await stage.play(5)
        times = [at_s for at_s, _ in stage.switches["lamp"].switched]
        assert len(times) <= 5
        assert min((after - before for before, after in pairwise(times)), default=300) >= 298

    house(story, "lamp", lamp=120.0)


@pytest.mark.promise("3.10-22")
def test_a_measured_dimmer_whose_thermostat_opens_does_not_wind_up() -> None:
    """Its order was raised to the end without effect, and all of it came at once when the thermostat closed."""

    async def story(stage: Stage) -> None:
        stage.load_w = -800
        await stage.play(1 * MINUTES)
        heater = stage.batteries["heater"]
        heater.does = lambda setpoint_w: 0.0
        heater.power_w = 0.0
        await stage.play(40)
        assert max(power_w or 0 for at_s, power_w in heater.told if at_s > 60) <= 800 + 120, "no more than there is"
        await stage.play(2 * MINUTES)
        assert stage.last("decision/heater")["rule"] == "satisfied"
        heater.does = lambda setpoint_w: setpoint_w
        await stage.play(2 * MINUTES)
        assert heater.power_w == 0

    house(story, "heater")


def test_off_is_off_and_not_four_per_cent() -> None:
    """Residual heat: a dimmer that should be off was kept at 4 %."""

    async def story(stage: Stage) -> None:
        stage.load_w = -500
        await stage.play(30)
        stage.load_w = 300
        await stage.play(30)
        assert stage.batteries["heater"].told[-1][1] == 0
        assert stage.batteries["heater"].power_w == 0

    house(story, "heater")


@pytest.mark.promise("3.10-15")
def test_meters_that_die_without_a_word_are_noticed_by_the_clock() -> None:
    """The timeout was looked at when a message came, so two dead meters left everything as it was."""

    async def story(stage: Stage) -> None:
        stage.load_w = -2500
        await stage.play(2 * MINUTES)
        assert stage.switches["boiler"].on
        stage.meter.silent = True
        since_s = stage.now_s
        await stage.play(75)
        assert not stage.switches["boiler"].on
        assert stage.batteries["heater"].power_w == 0
        orders = [said for said in stage.orders(since_s + 11) if said.body["action"] != "release"]
        assert orders == [], "no order without a meter"

    house(story, "boiler", "heater", boiler=1500.0)


def test_several_dimmers_are_dimmers() -> None:
    """Only the first one could be dimmed."""

    async def story(stage: Stage) -> None:
        stage.load_w = -3000
        await stage.play(30)
        assert stage.batteries["heater"].power_w == 2400
        assert stage.batteries["towel_rail"].power_w == pytest.approx(600, abs=10)

    devices = {name: DevicePolicy(want="surplus") for name in ("heater", "towel_rail")}
    staged(story, Config(order=("heater", "towel_rail"), devices=devices), heater=HEATER, towel_rail=HEATER)


def test_no_order_is_retained() -> None:
    """A retained one was carried out again whenever its device started."""

    async def story(stage: Stage) -> None:
        stage.load_w = -2500
        await stage.play(2 * MINUTES)
        assert stage.orders()
        assert not any(said.retained for said in stage.orders())

    house(story, "boiler", "heater", boiler=1500.0)


@pytest.mark.promise("3.10-11")
def test_energy_is_what_was_measured_and_not_what_was_commanded() -> None:
    async def story(stage: Stage) -> None:
        stage.batteries["heater"].does = lambda setpoint_w: 0.93 * setpoint_w
        stage.load_w = -1500
        await stage.play(20 * MINUTES)
        drawn_wh = stage.batteries["heater"].power_w / 3
        assert stage.last("decision/heater")["taken_wh"] == pytest.approx(drawn_wh, abs=15)

    house(story, "heater")


@pytest.mark.promise("3.10-11")
@pytest.mark.promise("3.10-12")
def test_a_new_day_counts_from_zero_and_asks_again_who_was_full() -> None:
    """The stage's clock begins at 11:00; the day ends at 12:00."""

    async def story(stage: Stage) -> None:
        stage.load_w = -2500
        await stage.play(10 * MINUTES)
        stage.switches["boiler"].draw(0.0)
        await stage.play(5 * MINUTES)
        assert stage.last("decision/boiler")["rule"] == "satisfied"
        assert stage.last("decision/boiler")["taken_wh"] > 200
        assert stage.batteries["heater"].power_w == 2400, "its share goes to the next"
        stage.switches["boiler"].draw(1500.0)
        await stage.play(44 * MINUTES)
        assert not stage.switches["boiler"].on
        await stage.play(3 * MINUTES)
        assert stage.switches["boiler"].on
        assert stage.last("decision/boiler")["taken_wh"] < 100

    devices = {name: DevicePolicy(want="surplus") for name in ("boiler", "heater")}
    config = Config.model_validate(
        {"order": ("boiler", "heater"), "devices": devices, "day_starts": "12:00:00"}, strict=False
    )
    site = SiteSettings(timezone="Europe/Paris")
    staged(story, config, site=site, switches={"boiler": {"draws_w": 1500.0}}, heater=HEATER)


@pytest.mark.promise("3.10-04")
@pytest.mark.promise("3.10-21")
def test_the_owner_changes_the_order_while_it_runs() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1200
        await stage.play(3 * MINUTES)
        assert stage.switches["first"].on
        assert not stage.switches["second"].on
        stage.ask("order", "second,first")
        await stage.play(7 * MINUTES)
        assert stage.switches["second"].on
        assert not stage.switches["first"].on

    house(story, "first", "second", first=1000.0, second=1000.0)


def test_a_house_whose_thermostat_opened_is_told_as_it_is() -> None:
    """`power_house` went below zero because a commanded power was taken for a drawn one."""

    async def story(stage: Stage) -> None:
        stage.load_w = 400
        stage.ask("force_minutes/boiler", "60")
        await stage.play(5)
        stage.ask("force_minutes/boiler", "60")
        await stage.play(60)
        stage.switches["boiler"].draw(0.0)
        await stage.play(60)
        assert stage.last("main/state")["rest_w"] == pytest.approx(400, abs=20)

    house(story, "boiler", boiler=1500.0)


@pytest.mark.promise("3.10-12")
def test_a_dimmed_load_that_was_full_is_asked_again_the_next_day() -> None:
    """The day ends at 12:00, an hour after the play begins."""

    async def story(stage: Stage) -> None:
        heater = stage.batteries["heater"]
        stage.load_w = -1500
        await stage.play(50 * MINUTES)
        heater.does = lambda setpoint_w: 0.0
        heater.power_w = 0.0
        await stage.play(5 * MINUTES)
        assert stage.last("decision/heater")["rule"] == "satisfied"
        heater.does = lambda setpoint_w: setpoint_w
        await stage.play(4 * MINUTES)
        assert heater.power_w == 0
        await stage.play(2 * MINUTES)
        assert heater.power_w == pytest.approx(1500, abs=10)

    config = Config.model_validate(
        {"order": ("heater",), "devices": {"heater": DevicePolicy(want="surplus")}, "day_starts": "12:00:00"},
        strict=False,
    )
    staged(story, config, site=SiteSettings(timezone="Europe/Paris"), heater=HEATER)


@pytest.mark.promise("3.10-02")
@pytest.mark.parametrize("period_s", [2.0, 10.0])
def test_any_net_meter_does_also_one_without_a_clock_that_comes_seldom(period_s: float) -> None:
    """A Linky each 2 s, another program's meter each 10 s."""

    async def story(stage: Stage) -> None:
        stage.meter.name, stage.meter.has_clock = "linky", False
        async with stage:
            stage.load_w = -1900
            await stage.play(8 * MINUTES)
            assert stage.switches["pump"].on
            assert stage.batteries["heater"].power_w == pytest.approx(900, abs=15)
            assert stage.last("main/state")["grid_meter"] == "linky"
            assert stage.alerts() == {}

    devices = {"pump": DevicePolicy(want="surplus", power_w=1000), "heater": DevicePolicy(want="surplus")}
    config = Config(order=("pump", "heater"), devices=devices, grid_meter="linky")
    switches = {"pump": {"draws_w": 1000.0, "period_s": 1.0}}
    staged(story, config, enter=False, period_s=period_s, switches=switches, heater=HEATER)
