"""An overloaded phase is relieved at once: by loads that hang on it, the lowest first, whatever their minimum times."""

from collections.abc import Callable
from typing import Any

import pytest

from common.config import SiteSettings
from services.balancer.config import Config, DevicePolicy
from tests.balancer.stage import Stage, staged

SITE = SiteSettings(phases=3, connection_a=25)
FUSE_W = 25 * 230.0
MESSAGES_S = 2.3
"""Two meter messages, each 0.2 s late and up to a second old, and what a relay takes."""
LOADS = ("pump", "boiler", "heater")
PHASES = {"load": 1, "pump": 1, "boiler": 2, "heater": 1}


def policy(**more: Any) -> DevicePolicy:  # whatever a load may be told
    return DevicePolicy.model_validate({"want": "surplus", "power_w": 2000.0, **more})


def play(story: Callable[[Stage], Any], phases: dict[str, int | None], **more: DevicePolicy) -> None:
    """A pump, a boiler and a heater of 2 kW each, started by the sun a minute ago; their bridges tell `phases`."""
    told = Config(
        order=("pump", "boiler", "heater"),
        devices={name: more.get(name, policy()) for name in ("pump", "boiler", "heater")},
    )
    switches = {name: {"phase": phase, "on": True} for name, phase in phases.items()}

    async def whole(stage: Stage) -> None:
        stage.meter.phase_of = PHASES
        await stage.play(60)
        assert running(stage) == {"pump", "boiler", "heater"}
        await story(stage)

    staged(whole, told, load_w=-8000.0, switches=switches, site=SITE)


def running(stage: Stage) -> set[str]:
    return {name for name, switch in stage.switches.items() if switch.on}


def test_the_lowest_load_on_the_phase_goes_within_two_messages() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = FUSE_W - 3000
        await stage.play(MESSAGES_S)
        assert running(stage) == {"pump", "boiler"}
        assert stage.energy.part_w("load") + stage.energy.part_w("pump") <= FUSE_W
        assert "connection" in {said.body["rule"] for said in stage.heard("decision/heater")}
        await stage.play(20)
        assert running(stage) == {"pump", "boiler"}, "a load on another phase would be shed in vain"

    play(story, {"pump": 1, "boiler": 2, "heater": 1}, pump=policy(want="always"), boiler=policy(want="always"))


def test_one_message_that_still_shows_a_load_that_was_shed_does_not_shed_another() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = FUSE_W - 2500
        await stage.play(10)
        assert running(stage) == {"pump", "boiler"}
        assert not stage.switches["pump"].switched

    play(story, {"pump": 1, "boiler": 2, "heater": 1}, pump=policy(want="always"), boiler=policy(want="always"))


@pytest.mark.parametrize("always", ["pump", "heater"])
def test_who_is_wanted_always_goes_last(always: str) -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = FUSE_W - 2500
        await stage.play(MESSAGES_S)
        assert running(stage) & {"pump", "heater"} == {always}

    play(story, {"pump": 1, "boiler": 2, "heater": 1}, **{always: policy(want="always")})


def test_where_nobody_knows_the_phase_what_may_help_is_tried() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = FUSE_W - 2500
        await stage.play(2 * MESSAGES_S)
        assert stage.energy.part_w("load") + stage.energy.part_w("pump") + stage.energy.part_w("heater") <= FUSE_W

    play(story, dict.fromkeys(("pump", "boiler", "heater")), boiler=policy(want="always"))
