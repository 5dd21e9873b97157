"""Dear days in a house: reserves told and told again, relays on in dear hours, whatever else is away."""

import pytest

from common.contract import CONTROL, BatteryState, Control, DeviceInfo
from common.contract.devices import Authority, Capability
from services.balancer.config import DevicePolicy
from services.balancer.crew import MANUAL, OWN_WAY, UNSUITED, Absence, absence
from services.balancer.obedience import Obedience
from services.balancer.ordering import release_all
from services.balancer.world import Device
from tests.balancer.stage import Stage
from tests.balancer.tariffs import BLUE, HELD, RED, WHITE, Ess, announce, at_ten, config, until, with_ess


@pytest.mark.promise("5.8-03")
def test_a_battery_with_a_reserve_is_told_before_ten_and_at_ten() -> None:
    async def story(stage: Stage, ess: Ess) -> None:
        await stage.play(10)
        assert ess.holds == (98, 30, True)
        await until(stage, "2026-01-05 22:00:02")
        assert ess.holds == HELD[RED]
        assert f"{ess.told[-1][0]:%H:%M}" == "22:00"
        await until(stage, "2026-01-05 22:20")
        assert len(ess.told) == 2, "nothing is said that says nothing new"

    with_ess(story, BLUE, RED)


@pytest.mark.promise("5.8-03")
def test_a_colour_that_changes_or_comes_late_is_followed_at_once() -> None:
    async def story(stage: Stage, ess: Ess) -> None:
        await until(stage, "2026-01-06 01:00")
        await stage.play(10)
        assert ess.holds == HELD[RED], "nobody had told"
        assert "tariff" in stage.alerts()
        for day in (WHITE, BLUE):
            await announce(stage, "2026-01-05", BLUE, day)
            await stage.play(3)
            assert ess.holds == HELD[day]
        assert "tariff" not in stage.alerts()

    with_ess(story, BLUE, None)


@pytest.mark.promise("5.8-06")
def test_a_battery_that_was_away_at_ten_is_told_when_it_is_back() -> None:
    """The older program ran at 22:02 or not at all."""

    async def story(stage: Stage) -> None:
        await until(stage, "2026-01-05 23:30")
        ess = Ess(stage)
        stage.start(ess.run())
        await stage.play(3)
        assert ess.holds == HELD[RED]

    at_ten(story, BLUE, RED, config=config(order=("ess",)))


@pytest.mark.promise("5.8-06")
def test_a_reserve_that_is_not_taken_is_told_again_and_somebody_is_told() -> None:
    async def story(stage: Stage, ess: Ess) -> None:
        await stage.play(30)
        alarm = stage.alerts()["tariff_ess"]["text"]
        assert alarm == "ess did not take what it is to hold on dear days: it was refused."
        ess.refuses = ""
        await stage.play(40)
        assert "tariff_ess" not in stage.alerts()

    with_ess(story, BLUE, RED, refuses="it was refused")


@pytest.mark.promise("5.8-12")
def test_a_relay_is_on_in_the_peak_hours_of_dear_days() -> None:
    async def story(stage: Stage, ess: Ess) -> None:
        relay = stage.switches["heat_pump"]
        await stage.play(20)
        assert relay.on, "the evening of a white day"
        assert stage.last("decision/heat_pump")["reason"] == "is on: these are peak hours of a dear day"
        for text, on in (("05 22:00:03", False), ("06 06:00:03", True), ("06 22:00:03", False), ("07 06:01", False)):
            await until(stage, f"2026-01-{text}")
            assert relay.on is on, text

    with_ess(story, WHITE, RED, BLUE)


@pytest.mark.promise("5.8-12")
def test_a_relay_in_somebodys_hand_is_left_to_them() -> None:
    async def story(stage: Stage, ess: Ess) -> None:
        await stage.bus("ems-heat_pump").publish(CONTROL.at("switch", "heat_pump"), Control(mode="manual", epoch=0))
        await until(stage, "2026-01-06 06:01")
        assert not stage.switches["heat_pump"].on
        assert stage.last("decision/heat_pump")["reason"] == "left alone: it is controlled by somebody else"

    with_ess(story, BLUE, RED)


@pytest.mark.promise("5.8-13")
def test_neither_meter_nor_service_is_needed_for_what_is_told_at_ten() -> None:
    async def story(stage: Stage, ess: Ess) -> None:
        await stage.play(10)
        stage.meter.silent = True
        await until(stage, "2026-01-06 06:00:03")
        assert ess.holds == HELD[RED]
        assert stage.switches["heat_pump"].on

    with_ess(story, BLUE, RED)


@pytest.mark.promise("5.8-10")
def test_a_dry_run_tells_what_it_would_do_and_commands_nothing() -> None:
    async def story(stage: Stage, ess: Ess) -> None:
        await stage.play(5)
        stage.ask("dry_run", "on")
        await stage.play(5)
        since = len(stage.said)
        await until(stage, "2026-01-05 22:05")
        told = [said for said in stage.said[since:] if said.topic.endswith("/cmd")]
        assert {said.body["action"] for said in told} <= {"release"}
        assert stage.last("decision/heat_pump")["reason"].startswith("dry run: ")

    with_ess(story, BLUE, RED)


@pytest.mark.promise("5.8-11")
def test_out_of_season_everything_is_its_owners() -> None:
    async def story(stage: Stage, ess: Ess) -> None:
        await until(stage, "2026-01-05 22:05")
        assert not ess.told
        assert not stage.switches["heat_pump"].switched
        assert stage.last("decision/heat_pump")["reason"] == "left alone: it is not the season of dear days"
        assert stage.last("decision/ess").get("charge_target_pct") is None

    with_ess(story, BLUE, RED, policy={"season_from": "04-01", "season_until": "12-31"})


def test_an_orderly_end_gives_reserves_and_relays_free() -> None:
    async def story(stage: Stage, ess: Ess) -> None:
        await stage.play(20)
        given = release_all(stage.mind, stage.clock.wall_ms())
        assert {order.device for order in given} == {"ess", "heat_pump"}
        assert {order.command.action for order in given} == {"release"}

    with_ess(story, WHITE, RED)


@pytest.mark.parametrize(
    ("capabilities", "mode", "expected"),
    [
        (("power", "reserve"), "autonomous", None),
        (("reserve",), "autonomous", OWN_WAY),
        ((), "manual", MANUAL),
        ((), "autonomous", UNSUITED),
    ],
)
def test_why_a_battery_takes_no_set_points_is_told_for_what_it_is(
    capabilities: tuple[Capability, ...], mode: Authority, expected: Absence | None
) -> None:
    """Its schedule, another program, or a mistake in the order: only the last is one to mend."""
    info = DeviceInfo(
        vendor="stage", model="ess", poll_s=1.0, stale_after_s=10.0, capabilities=capabilities, min_w=-1.0, max_w=1.0
    )
    state = BatteryState(power_w=0.0, soc_pct=50.0)
    device = Device("ess", "battery", info, state, 0.0, control=Control(mode=mode, epoch=0))
    assert absence(device, Obedience(), 0.0, DevicePolicy()) == expected
