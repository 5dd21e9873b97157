"""Radiators within what the connection leaves: measured, in one jump, and never past it."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from common.config import SiteSettings
from common.contract import RequestState
from services.balancer.config import Config
from services.balancer.heating import heat
from services.balancer.memory import keep, recall
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from tests.balancer.heating.radiators import ROOMS, TURN_S, Heating, member, overloads, played, rotation
from tests.balancer.stage import Energy, FakeMeter, Stage

LIMIT_W = 30 * 230.0


def within(**more: Any) -> dict[str, Any]:  # whatever a budget may say
    return {"limit": {"budget": {"margin_w": 100, **more}, "relax_s": 30.0}}


@pytest.mark.promise("1.10-19")
def test_a_budget_settles_in_one_jump_and_stays() -> None:
    """3.5 kW of 6.9 are drawn by the house: three radiators of 1 kW have room, and no mode goes up and down."""

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(8)
        assert len(heating.on) == 3
        for _ in range(40):
            await stage.play(3)
            assert len(heating.on) <= 3
        assert len(heating.on) >= 2
        assert heating.group["budget_w"] == pytest.approx(LIMIT_W - 100 - 3500, abs=10)
        assert heating.group["others_w"] == pytest.approx(3500, abs=10)
        assert stage.last("decision/" + heating.flagged("live")[0])["rule"] == "turn"

    played(story, rotation(**within()), load_w=3500)


@pytest.mark.parametrize("decide_every_s", [0.0, 5.0])
def test_an_overload_is_shed_within_two_readings(decide_every_s: float) -> None:
    """Each step comes in the middle of a turn; the meter shows means, so its first reading tells half of it.

    Batteries may be decided on more seldom; this is not.
    """

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(10)
        for load_w in (3000, 5000, 6500):
            await stage.play(2 * TURN_S - 2.5)
            stage.load_w = load_w
            await stage.play(2.5)
            assert stage.energy.power_w <= LIMIT_W

    told = rotation(**within()).model_copy(update={"decide_every_s": decide_every_s})
    played(story, told, load_w=1000)


@pytest.mark.parametrize("load_w", [1000, 6500])
def test_after_a_restart_an_overload_is_shed_though_one_that_had_the_turn_is_not_heard(load_w: float) -> None:
    """Else all waits for it, so that nobody takes its place."""

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(10)
        after = Mind(stage.config, stage.mind.site, SettingsBook(stage.config))
        recall(after, keep(stage.mind))
        after.lead(stage.clock.wall_ms())
        silent, *heard = heating.on
        world = deepcopy(stage.mind.world)
        del world.devices[silent]
        meter = world.meters["p1"]
        assert meter.state is not None
        loaded = meter.state.model_copy(update={"power_w": load_w + 1000.0 * len(heating.on)})
        world.meters["p1"] = replace(meter, state=loaded)
        after.world = world
        off = {order.device for order in heat(after, stage.clock.wall_ms()).orders if order.command.on is False}
        assert off & set(heard) if load_w > LIMIT_W - 1000 else not off

    played(story, rotation(**within()), load_w=1000)


UNMEASURED = {"measures": False, "draws_w": 1100.0}
SELDOM = {"period_s": 5.0}


@pytest.mark.parametrize(
    ("after_s", "load_w", "step_w", "switch"),
    [
        (5.37, 1000, 3000, {}),
        (23.56, 1000, 4000, UNMEASURED),
        (8.93, 2000, 4000, UNMEASURED),
        (6.36, 1000, 4000, SELDOM),
    ],
)
def test_an_overload_while_outputs_are_exchanged_is_shed_within_two_readings(
    after_s: float, load_w: float, step_w: float, switch: dict[str, Any]
) -> None:
    """Moments at which it once took three to seven; readings that tell of it are counted."""

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(40)
        await stage.play(after_s)
        stage.load_w = load_w + step_w
        readings = await overloads(stage, LIMIT_W, 8)
        assert len(readings) == 1
        assert readings[0] <= 2
        assert stage.energy.power_w <= LIMIT_W

    played(story, rotation(**within()), load_w=load_w, switches=dict.fromkeys(ROOMS, switch))


def test_an_overload_is_shed_although_some_that_are_on_draw_nothing() -> None:
    """Their own thermostats have opened: to switch them off gains nothing."""

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(12.5)
        assert len(heating.on) == 5
        stage.load_w = 4500
        readings = await overloads(stage, LIMIT_W, 6)
        assert len(readings) == 1
        assert readings[0] <= 2
        assert heating.on

    warm = {"draws_w": 0.0}
    played(story, rotation(step_s=600, **within()), load_w=500, switches={"tv": warm, "office": warm})


def test_what_was_shed_comes_back_when_there_has_been_room_for_it_for_long_enough() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(8)
        assert len(heating.on) == 5
        stage.load_w = 4500
        await stage.play(3)
        assert len(heating.on) == 2
        stage.load_w = 500
        await stage.play(25)
        assert len(heating.on) == 2, "half a minute"
        await stage.play(12)
        assert len(heating.on) == 5

    played(story, rotation(**within()), load_w=500)


@pytest.mark.promise("1.10-19")
def test_it_never_relaxes_without_room_for_the_one_that_is_added() -> None:
    """A house over its limit with everything on never counts the radiators' own power as room."""

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(8)
        stage.load_w = 8000
        await stage.play(3)
        assert not heating.on
        await stage.play(90)
        assert not heating.on
        stage.load_w = LIMIT_W - 100 - 900
        await stage.play(90)
        assert not heating.on, "900 W are not enough for 1,000 W"
        stage.load_w = LIMIT_W - 100 - 1250
        await stage.play(40)
        assert len(heating.on) == 1

    played(story, rotation(**within()), load_w=500)


def test_radiators_draw_more_than_rated_and_that_is_kept_free() -> None:
    """Each draws a fifth more than its owner wrote, and nothing measures it: still never past the limit."""

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        worst_w = 0.0
        for _ in range(60):
            await stage.play(1)
            worst_w = max(worst_w, stage.energy.power_w)
        assert worst_w <= LIMIT_W
        assert len(heating.on) >= 3

    greedy: dict[str, dict[str, Any]] = {room: {"draws_w": 1200.0, "measures": False} for room in ROOMS}
    played(story, rotation(**within()), load_w=2500, switches=greedy)


@pytest.mark.promise("1.10-19")
@pytest.mark.parametrize(("unit", "value"), [("W", 4600.0), ("kW", 4.6), ("A", 20.0), ("kVA", 4.6)])
def test_meters_of_what_does_not_heat_in_any_unit(unit: str, value: float) -> None:
    """4.6 kW elsewhere, as a number on MQTT: 2.2 kW are left."""

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.says("elsewhere", RequestState(value=value))
        await heating.asks(*ROOMS)
        await stage.play(8)
        assert heating.group["others_w"] == pytest.approx(4600)
        assert len(heating.on) == 2
        assert heating.group["budget_w"] == pytest.approx(2200)

    played(story, rotation(**within(others=({"request": "elsewhere", "unit": unit},))))


@pytest.mark.promise("1.10-19")
def test_a_meter_of_its_own_measures_what_does_not_heat() -> None:
    """Until it falls silent: then only what the owner allows may heat, and he is told."""

    async def story(stage: Stage, heating: Heating) -> None:
        energy = Energy(stage.clock)
        energy.change("oven", 4600)
        oven = FakeMeter(stage.bus("ems-oven"), energy, "oven")
        stage.start(oven.run())
        await heating.asks(*ROOMS)
        await stage.play(20)
        assert heating.group["others_w"] == pytest.approx(4600)
        assert len(heating.on) == 2
        oven.silent = True
        await stage.play(15)
        assert not heating.on
        assert "budget_heating" in stage.alerts()

    played(story, rotation(**within(others=({"meter": "oven"},))))


def test_without_its_meter_only_what_the_owner_allows_may_heat() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(8)
        assert len(heating.on) == 5
        stage.meter.silent = True
        await stage.play(40)
        assert len(heating.on) == 1
        assert heating.group["sentence"].endswith(
            "Because the grid meter is silent, only what unmeasured_w allows may heat."
        )
        assert "silent" in stage.alerts()["budget_heating"]["text"]
        stage.meter.silent = False
        await stage.play(60)
        assert len(heating.on) == 5
        assert "budget_heating" not in stage.alerts()

    played(story, rotation(**within(unmeasured_w=1500)), load_w=500)


@pytest.mark.promise("1.10-21")
def test_each_phase_of_three_is_kept_by_a_group_of_its_own() -> None:
    """The meter tells each phase; the group on the first knows nothing of the others."""

    async def story(stage: Stage, heating: Heating) -> None:
        stage.energy.change("elsewhere", 5000)
        await heating.asks(*ROOMS)
        await stage.play(8)
        assert heating.group["budget_w"] == pytest.approx(10 * 230 - 100 - 500, abs=10)
        assert len(heating.on) == 1

    phase_of = {"load": 1, "elsewhere": 2, **dict.fromkeys(ROOMS, 1)}
    site = SiteSettings(phases=3, connection_a=10)
    played(story, rotation(phase=1, **within()), load_w=500, site=site, phase_of=phase_of)


@pytest.mark.promise("1.10-21")
def test_groups_on_two_phases_turn_beside_each_other() -> None:
    """Each has its own budget, and an overload on one takes nothing from the other."""

    async def story(stage: Stage, heating: Heating) -> None:
        stage.energy.change("elsewhere", 500)
        await heating.asks("tv", "office", "bath", "kitchen")
        await stage.play(8)
        assert heating.on == {"tv", "office", "bath", "kitchen"}
        stage.energy.change("elsewhere", 2900)
        await stage.play(3)
        assert heating.on == {"tv", "office"}
        assert stage.last("group/heating")["budget_w"] == pytest.approx(15 * 230 - 100 - 500, abs=10)
        assert stage.last("group/upstairs")["budget_w"] == pytest.approx(15 * 230 - 100 - 2900, abs=10)

    groups = {
        name: rotation(*map(member, rooms), phase=phase, **within()).groups["heating"]
        for name, rooms, phase in (("heating", ("tv", "office"), 1), ("upstairs", ("bath", "kitchen"), 2))
    }
    told = Config(order=("heating", "upstairs"), groups=groups)
    phase_of = {"load": 1, "tv": 1, "office": 1, "elsewhere": 2, "bath": 2, "kitchen": 2}
    played(story, told, load_w=500, site=SiteSettings(phases=3, connection_a=15), phase_of=phase_of)


@pytest.mark.promise("1.10-20")
@pytest.mark.parametrize("said", [{"rising_w": (3800, 4000, 4400, 4600)}, {"preset": "thresholds_20_a"}])
def test_the_mode_by_thresholds_of_what_the_house_draws(said: dict[str, Any]) -> None:
    """3800, 4000, 4400, 4600 W: the kettle takes radiators off at once; three minutes later they are back."""

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(5)
        assert (heating.group["mode"], len(heating.on)) == (0, 3)
        stage.load_w = 1700
        await stage.play(3)
        assert heating.group["mode"] == 4
        assert not heating.on
        stage.load_w = 300
        await stage.play(175)
        assert heating.group["mode"] == 4
        await stage.play(20)
        assert heating.group["mode"] == 3

    limit = {"active_by_mode": (3, 2, 1, 1, 0), "relax_s": 0.0, **said}
    played(story, rotation(limit=limit), load_w=300)


def test_minimum_times_are_kept_and_the_limit_goes_before_them() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("tv")
        await stage.play(3)
        await heating.asks("tv", on=False)
        await stage.play(40)
        assert heating.on == {"tv"}, "a minute at least"
        await stage.play(25)
        assert not heating.on
        await heating.asks("tv")
        await stage.play(20)
        assert not heating.on, "and half a minute off"
        assert stage.last("decision/tv")["rule"] == "min_off"
        await stage.play(12)
        assert heating.on == {"tv"}
        stage.load_w = 6800
        await stage.play(3)
        assert not heating.on

    played(story, rotation(member("tv", min_on_s=60, min_off_s=30), **within()), load_w=500)


def test_one_that_is_too_large_for_what_is_left_says_so() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("tv", "bath")
        await stage.play(5)
        assert heating.on == {"bath"}
        assert stage.last("decision/tv")["rule"] == "too_large"

    played(story, rotation(member("tv", power_w=3000), member("bath", power_w=500), **within()), load_w=5000)
