"""Off-peak hours before dear ones: batteries are charged to their target from the grid, and keep it until six."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import SiteSettings
from common.lease import Limits
from services.balancer.bounds import Named
from services.balancer.core.merit import Bounds
from services.balancer.mind import Mind
from services.balancer.rules.soc import Held
from services.balancer.settings import SettingsBook
from services.balancer.tariff import prepared
from tests.balancer.stage import Stage
from tests.balancer.tariffs import BLUE, HELD, RED, Ess, at_ten, config, until, with_ess


def test_while_it_charges_by_its_own_schedule_a_battery_is_left_alone() -> None:
    async def story(stage: Stage, ess: Ess) -> None:
        await stage.play(10)
        assert ess.orders[-1] is not None, "it carries the house"
        await until(stage, "2026-01-05 22:00:05")
        assert stage.energy.part_w("ess") == 0, "nobody charges it but itself"
        await ess.takes("reserve")
        await stage.play(20)
        assert ess.orders[-1] is None
        assert stage.last("decision/ess")["reason"] == (
            "left alone: it balances or charges by itself, and takes no set-points now"
        )
        assert stage.alerts() == {}
        assert ess.holds == HELD[RED], "that the order ended takes nothing back"
        await ess.takes("power", "reserve")
        await until(stage, "2026-01-06 06:00:05")
        assert stage.energy.part_w("ess") == pytest.approx(-500, abs=30)

    with_ess(story, BLUE, RED)


def test_one_whose_schedule_is_off_is_charged_all_the_same() -> None:
    async def story(stage: Stage, ess: Ess) -> None:
        await until(stage, "2026-01-05 22:00:30")
        assert stage.energy.part_w("ess") == 2500
        ess.soc_pct = 98
        await stage.play(10)
        assert stage.energy.part_w("ess") == 0

    with_ess(story, BLUE, RED, schedule_on=False)


@pytest.mark.promise("5.8-03")
def test_a_battery_without_a_reserve_is_filled_by_set_points_and_kept_until_six() -> None:
    async def story(stage: Stage) -> None:
        garage = stage.batteries["garage"]
        await stage.play(10)
        assert garage.power_w == pytest.approx(-500, abs=5), "it carries the house until ten"
        await until(stage, "2026-01-05 22:00:20")
        assert garage.power_w == 2500
        assert stage.last("decision/garage")["reason"].startswith("charges with 2,500 W before dear hours begin")
        assert (stage.last("decision/garage")["charge_target_pct"], stage.last("decision/garage")["min_soc_pct"]) == (
            98,
            25,
        )
        garage.soc_pct = 98
        await stage.play(10)
        assert garage.power_w == 0, "what is stored is kept, the grid carries the house"
        assert stage.last("decision/garage")["bound_by"] == "kept"
        garage.soc_pct = 93.5
        await stage.play(10)
        assert garage.power_w == 0
        garage.soc_pct = 92.9
        await stage.play(10)
        assert garage.power_w == 2500
        await until(stage, "2026-01-06 06:00:20")
        assert garage.power_w == pytest.approx(-500, abs=5)
        garage.soc_pct = 24.9
        await stage.play(20)
        assert garage.power_w == 0, "the least charge of a red day"

    at_ten(story, BLUE, RED, config=config(order=("garage",)))


def test_a_battery_that_takes_less_and_less_when_nearly_full_is_not_left_out() -> None:
    async def story(stage: Stage) -> None:
        garage = stage.batteries["garage"]
        await until(stage, "2026-01-05 22:00:10")
        garage.soc_pct, power_w = 95.0, 2500.0
        for _ in range(24):
            power_w -= 60
            garage.does = lambda setpoint_w, most_w=power_w: min(setpoint_w, most_w)  # type: ignore[misc]  # bound at once
            garage.power_w = min(garage.power_w, power_w)
            await stage.play(5)
        assert stage.last("decision/garage")["rule"] == "fill"
        assert garage.power_w > 800
        assert stage.alerts() == {}

    at_ten(story, BLUE, RED)


def test_what_the_connection_bears_comes_first() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = 4000
        await until(stage, "2026-01-05 22:00:30")
        assert stage.energy.power_w == pytest.approx(16 * 230, abs=30)
        stage.load_w = 500
        await stage.play(20)
        assert stage.batteries["garage"].power_w == 2500

    at_ten(story, BLUE, RED, site=SiteSettings(timezone="Europe/Paris", connection_a=16))


def test_nothing_that_is_meant_for_a_battery_goes_to_a_dimmer_or_another_battery() -> None:
    async def story(stage: Stage) -> None:
        await until(stage, "2026-01-05 22:00:30")
        powers_w = {name: battery.power_w for name, battery in stage.batteries.items()}
        assert powers_w == {"heater": 0, "spare": 0, "garage": 2500}
        stage.load_w = -4000
        await stage.play(30)
        assert stage.batteries["garage"].power_w == 2500

    order = ("heater", "spare", "garage")
    wanted = config(order=order, devices={"heater": {"want": "surplus"}}, tariff_policy={"batteries": ["garage"]})
    dimmer = {"kind": "load", "limits": Limits(0.0, 2000.0), "soc_pct": None}
    at_ten(story, BLUE, RED, config=wanted, heater=dimmer, spare={}, garage={})


@pytest.mark.parametrize("asked", [("mode", "manual"), ("manual_power_w", "-700"), ("mode", "off"), ("dry_run", "on")])
def test_the_owner_has_the_last_word(asked: tuple[str, str]) -> None:
    async def story(stage: Stage) -> None:
        await stage.play(2)
        stage.ask(*asked)
        await until(stage, "2026-01-05 22:01")
        assert stage.batteries["garage"].power_w == (-700 if "700" in asked[1] else 0)

    at_ten(story, BLUE, RED)


def test_followers_of_the_meter_take_set_points_until_six() -> None:
    async def story(stage: Stage) -> None:
        await until(stage, "2026-01-05 22:01")
        assert [stage.batteries[name].power_w for name in ("one", "two")] == [2500, 2500]
        await until(stage, "2026-01-06 06:02")
        assert {stage.last(f"decision/{name}")["rule"] for name in ("one", "two")} == {"leads", "parked"}

    devices = {name: {"strategy": "leader"} for name in ("one", "two")}
    follower = {"modes": ("self_consumption",)}
    at_ten(
        story, BLUE, RED, config=config(order=("one", "two"), devices=devices), one=dict(follower), two=dict(follower)
    )


def test_a_battery_that_is_told_modes_is_told_to_fill_and_then_to_give_nothing() -> None:
    async def story(stage: Stage) -> None:
        group = stage.batteries["group"]
        await stage.play(30)
        assert stage.last("decision/group")["mode"] == "self_consumption"
        await until(stage, "2026-01-05 22:01:30")
        assert stage.last("decision/group")["mode"] == "charge_full"
        assert stage.last("decision/group")["reason"] == "charges, from the grid too, before dear hours begin"
        group.soc_pct = 98
        await stage.play(70)
        assert stage.last("decision/group")["mode"] == "charge_only"
        await until(stage, "2026-01-06 06:02")
        assert stage.last("decision/group")["mode"] == "self_consumption"

    modes = ("self_consumption", "charge_only", "discharge_only", "standby", "charge_full")
    at_ten(story, BLUE, RED, config=config(order=("group",)), group={"dosed": False, "modes": modes})


@pytest.mark.promise("5.8-05")
def test_a_house_that_never_heard_of_a_price_charges_nothing_and_says_so() -> None:
    async def story(stage: Stage) -> None:
        await until(stage, "2026-01-05 22:01")
        assert stage.batteries["garage"].power_w == pytest.approx(-500, abs=5)
        assert stage.alerts()["tariff"]["text"].startswith("Nobody tells what energy costs on the coming day")

    at_ten(story)


POWER = st.floats(0, 5000)


@given(st.lists(st.tuples(POWER, POWER, POWER, st.booleans(), st.booleans()), min_size=1, max_size=4), POWER)
def test_what_is_kept_is_given_to_the_fuse_alone_and_nothing_is_bought_but_for_who_fills(
    devices: list[tuple[float, float, float, bool, bool]], over_w: float
) -> None:
    """(gives, takes, gives as learnt, is kept, fills) of each."""
    names = [f"battery_{number}" for number in range(len(devices))]
    wanted = config(order=tuple(names))
    mind = Mind(wanted, SiteSettings(), SettingsBook(wanted))
    named: dict[str, Named] = {}
    for name, (gives_w, takes_w, learnt_w, _, _) in zip(names, devices, strict=True):
        named[name] = Named(-min(gives_w, learnt_w), "own", takes_w, "own", Bounds(-gives_w, takes_w))
    mind.held = {name: Held(is_kept=kept) for name, (*_, kept, _) in zip(names, devices, strict=True)}
    mind.tariff.filling = frozenset(name for name, (*_, fills) in zip(names, devices, strict=True) if fills)
    found, fill_w = prepared(mind, named, over_w)
    for name, limits in found.items():
        assert limits.hard.low_w <= limits.low_w <= 0 <= limits.high_w <= limits.hard.high_w
        assert limits.hard.low_w >= (-over_w if mind.held[name].is_kept else named[name].hard.low_w)
        assert limits.hard.high_w == (named[name].hard.high_w if name in mind.tariff.filling or not fill_w else 0)
    assert fill_w == pytest.approx(sum(named[name].hard.high_w for name in mind.tariff.filling))
