"""A plan, followed by the whole balancer: batteries and loads do what it says; without one, what they always do."""

from datetime import time
from typing import Any

import pytest

from common.config import SiteSettings
from common.contract import PLAN, TARIFF, PlanSlot, PlanState, TariffSlot, TariffState
from common.lease import Limits
from services.balancer.config import Config
from tests.balancer.stage import Stage, staged
from tests.balancer.tariffs import BLUE, RED, at_ten, config, until

HOUR_MS = 3_600_000
MINUTE = 60.0
BOILER = {"want": "needed", "need_wh": 2000, "power_w": 2000, "ready_by": time(20), "min_on_s": 60, "min_off_s": 60}
PARIS = SiteSettings(timezone="Europe/Paris")


async def price(stage: Stage, paid: float = 0.25, received: float | None = 0.04) -> None:
    """What energy costs for the next day."""
    now_ms = stage.clock.wall_ms()
    slot = TariffSlot(
        start_ms=now_ms - HOUR_MS, end_ms=now_ms + 24 * HOUR_MS, price_eur_per_kwh=paid, export_eur_per_kwh=received,
        band="flat", severity=0, certainty="final",
    )  # fmt: skip
    state = TariffState(
        contract="flat", revision=1, band="flat", certainty="final", until_ms=slot.end_ms, tomorrow_certainty="final",
        tomorrow_starts_ms=slot.end_ms, valid_until_ms=slot.end_ms, slots=(slot,),
    )  # fmt: skip
    await stage.bus("ems-tempo", str(stage.now_s)).publish(TARIFF.at("main"), state)


async def plan(
    stage: Stage, name: str, later: float | None = None, valid_s: int = 1200, **slot: Any
) -> None:  # fields of its only slot
    """Four hours of one intent."""
    now_ms = stage.clock.wall_ms()
    whole = PlanSlot.model_validate({"start_ms": now_ms - 1000, "end_ms": now_ms + 4 * HOUR_MS, "power_w": 0.0, **slot})
    state = PlanState(
        issued_ms=now_ms, valid_until_ms=now_ms + 1000 * valid_s, sentence="", slots=(whole,), later_eur_per_kwh=later
    )
    await stage.bus("ems-planner", str(stage.now_s)).publish(PLAN.at(name), state)


async def value(stage: Stage, eur_per_kwh: float | None) -> None:
    """What stored energy is worth."""
    await plan(stage, "main", value_eur_per_kwh=eur_per_kwh)


def orders_w(stage: Stage, since_s: float) -> list[float | None]:
    """What the battery was told."""
    return [told_w for at_s, told_w in stage.batteries["garage"].told if at_s >= since_s]


def test_the_battery_holds_what_it_has_and_gives_again_when_the_plan_has_grown_old() -> None:
    async def story(stage: Stage) -> None:
        await price(stage)
        await stage.play(20)
        assert stage.energy.power_w == pytest.approx(0, abs=20)
        await value(stage, 0.40)
        await plan(stage, "garage", valid_s=60, intent="hold")
        await stage.play(10)
        assert stage.energy.power_w == 500
        decision = stage.last("decision/garage")
        assert (decision["rule"], decision["target_w"]) == ("plan_hold", 0)
        assert decision["reason"] == "rests as planned: what is stored is worth more later"
        turned_s = stage.now_s
        await stage.play(MINUTE)
        assert stage.energy.power_w == pytest.approx(0, abs=20)
        assert stage.last("decision/garage")["rule"] == "hold_the_grid"
        assert orders_w(stage, turned_s) == [-500], "in one step, and never released"

    staged(story, load_w=500.0)


def test_it_charges_from_the_grid_until_the_plan_is_taken_back() -> None:
    async def story(stage: Stage) -> None:
        await price(stage)
        await value(stage, 0.40)
        await plan(stage, "garage", intent="charge", power_w=1500.0)
        await stage.play(20)
        assert stage.batteries["garage"].power_w == 1500
        assert stage.last("decision/garage")["reason"].startswith("charges with 1,500 W as planned")
        turned_s = stage.now_s
        await stage.bus("ems-planner", "t").clear(PLAN.at("garage"))
        await stage.play(10)
        assert orders_w(stage, turned_s) == [-500]

    staged(story, load_w=500.0)


def test_what_is_kept_for_later_is_given_where_the_month_s_peak_would_rise() -> None:
    async def story(stage: Stage) -> None:
        await price(stage)
        now_ms = stage.clock.wall_ms()
        whole = PlanSlot(start_ms=now_ms - 1000, end_ms=now_ms + HOUR_MS, power_w=0.0, value_eur_per_kwh=0.40)
        house = PlanState(issued_ms=now_ms, valid_until_ms=now_ms + HOUR_MS, sentence="", slots=(whole,), peak_w=2500.0)
        await stage.bus("ems-planner").publish(PLAN.at("main"), house)
        await plan(stage, "garage", intent="hold")
        await stage.play(20)
        assert stage.energy.power_w == pytest.approx(2500, abs=20)
        assert stage.last("decision/garage")["bound_by"] == "planned_peak"

    staged(story, load_w=3500.0)


def test_beside_a_battery_that_is_not_planned_nothing_is_charged_from_the_grid() -> None:
    """Its charge is not known, so it might be that one; but what is stored is kept all the same."""

    async def story(stage: Stage) -> None:
        await price(stage)
        await value(stage, 0.40)
        await plan(stage, "garage", intent="charge", power_w=1500.0)
        await stage.play(20)
        assert stage.energy.power_w == 500
        assert stage.last("decision/garage")["rule"] == "plan_hold"

    staged(story, load_w=500.0, cellar={"soc_pct": None}, garage={})


def test_a_plan_without_a_price_or_a_value_is_not_followed() -> None:
    async def story(stage: Stage) -> None:
        await plan(stage, "garage", intent="hold")
        await value(stage, 0.40)
        await stage.play(20)
        assert stage.last("decision/garage")["rule"] == "hold_the_grid", "nobody knows the price"
        await price(stage, received=None)
        await stage.play(5)
        assert stage.last("decision/garage")["rule"] == "hold_the_grid", "nobody knows what export earns"
        await price(stage)
        await stage.play(5)
        assert stage.last("decision/garage")["rule"] == "plan_hold"
        await value(stage, None)
        await stage.play(5)
        assert stage.last("decision/garage")["rule"] == "hold_the_grid", "nobody knows what stored energy is worth"

    staged(story, load_w=500.0)


def test_the_owner_comes_before_the_plan() -> None:
    async def story(stage: Stage) -> None:
        await price(stage)
        await value(stage, 0.40)
        await plan(stage, "garage", intent="charge", power_w=1500.0)
        await stage.play(5)
        stage.ask("manual_power_w", "-200")
        stage.ask("mode", "manual")
        await stage.play(20)
        assert stage.batteries["garage"].power_w == -200

    staged(story, load_w=500.0)


def test_a_battery_that_balances_by_itself_is_told_to_give_nothing_while_the_plan_holds() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(20)
        assert stage.last("decision/garage")["mode"] == "self_consumption"
        await price(stage)
        await value(stage, 0.40)
        await plan(stage, "garage", intent="hold")
        await stage.play(70)
        assert stage.last("decision/garage")["mode"] == "charge_only"
        await plan(stage, "garage", intent="charge", power_w=800.0)
        await stage.play(70)
        assert stage.last("decision/garage")["mode"] == "charge_full"

    modes = ("self_consumption", "charge_only", "discharge_only", "standby", "charge_full")
    staged(story, load_w=500.0, garage={"dosed": False, "modes": modes})


def test_a_dimmer_above_a_battery_takes_nothing_of_what_is_bought_for_it() -> None:
    config = Config.model_validate({"order": ("heater", "garage"), "devices": {"heater": {"want": "surplus"}}})

    async def story(stage: Stage) -> None:
        await price(stage)
        await value(stage, 0.40)
        await plan(stage, "garage", intent="charge", power_w=1500.0)
        await stage.play(20)
        assert (stage.batteries["heater"].power_w, stage.batteries["garage"].power_w) == (0, 1500)

    heater = {"kind": "load", "limits": Limits(0.0, 2000.0)}
    staged(story, config, load_w=500.0, heater=heater, garage={})


def needed(story: Any, load_w: float) -> None:
    """A boiler that needs an hour of its power by eight in the evening; it is eleven."""
    config = Config.model_validate({"order": ("boiler",), "devices": {"boiler": BOILER}})
    staged(story, config, site=PARIS, load_w=load_w, period_s=5.0, switches={"boiler": {}})


def test_a_needed_load_runs_when_the_plan_says_so_and_waits_when_it_does_not() -> None:
    async def story(stage: Stage) -> None:
        await price(stage)
        await stage.play(2 * MINUTE)
        assert not stage.switches["boiler"].on, "there may be sun until eight"
        await plan(stage, "boiler", intent="run", power_w=2000.0)
        await stage.play(MINUTE)
        assert stage.switches["boiler"].on
        assert stage.last("decision/boiler")["reason"] == "runs now, as planned"
        await plan(stage, "boiler", intent="wait")
        await stage.play(2 * MINUTE)
        assert not stage.switches["boiler"].on
        assert stage.last("decision/boiler")["rule"] == "planned_later"

    needed(story, 500.0)


def test_a_load_takes_sun_that_nobody_has_planned_with_and_not_what_is_dear() -> None:
    async def story(stage: Stage) -> None:
        await price(stage, paid=0.25, received=0.04)
        await value(stage, None)
        await plan(stage, "boiler", later=0.10, intent="wait")
        await stage.play(2 * MINUTE)
        assert not stage.switches["boiler"].on
        stage.load_w = -2500
        await stage.play(7 * MINUTE)
        assert stage.switches["boiler"].on

    needed(story, 500.0)


def test_a_plan_that_leaves_too_little_time_is_not_followed() -> None:
    """It is to have its fill within the hour, and a plan of old says to wait."""
    late = {**BOILER, "ready_by": time(12, 0)}
    config = Config.model_validate({"order": ("boiler",), "devices": {"boiler": late}})

    async def story(stage: Stage) -> None:
        await price(stage)
        await plan(stage, "boiler", intent="wait")
        await stage.play(2 * MINUTE)
        assert stage.switches["boiler"].on
        assert stage.last("decision/boiler")["rule"] == "slot"

    staged(story, config, site=PARIS, load_w=500.0, switches={"boiler": {}})


def test_what_is_kept_for_dear_hours_is_neither_given_nor_reckoned_with() -> None:
    """The tariff comes before the plan: a load that the battery could feed cheaply waits, as the grid would."""

    async def story(stage: Stage) -> None:
        await value(stage, 0.10)
        await plan(stage, "garage", intent="discharge", power_w=-2000.0)
        await plan(stage, "boiler", intent="wait", later=0.20)
        await stage.play(10)
        assert stage.batteries["garage"].power_w < -400
        assert stage.switches["boiler"].on
        await until(stage, "2026-01-05 22:01:30")
        assert stage.batteries["garage"].power_w == 0
        assert not stage.switches["boiler"].on

    wanted = config(order=("boiler", "garage"), devices={"boiler": {**BOILER, "need_wh": 4000, "ready_by": time(5)}})
    at_ten(story, BLUE, RED, config=wanted, garage={"soc_pct": 99}, switches={"boiler": {}})
