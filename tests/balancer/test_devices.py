"""Batteries that do not do as they are told: each case has a name on MQTT, is planned around, and ends by itself."""

from collections.abc import Callable

import pytest

from common.contract import CONTROL, Control
from services.balancer.config import Config, DevicePolicy
from services.balancer.dispatch import FAST_TTL_S
from tests.balancer.stage import FakeBattery, Stage, staged

RECOVERY_S = 60.0


async def begin(stage: Stage) -> None:
    """Half a minute in which all is well: the first carries 500 W, the second rests."""
    await stage.play(30)
    assert stage.batteries["first"].power_w == pytest.approx(-500, abs=2)
    assert stage.batteries["second"].power_w == 0


def balanced(stage: Stage, within_w: float = 30.0) -> bool:
    """Whether the grid is near zero."""
    return abs(stage.energy.power_w) <= within_w


async def healed(stage: Stage) -> None:
    """A while after the trouble is over everything is as if it had never been."""
    stage.load_w = 650
    await stage.play(RECOVERY_S)
    assert stage.batteries["first"].power_w == pytest.approx(-650, abs=10)
    assert stage.batteries["second"].power_w == pytest.approx(0, abs=10)
    await stage.play(5)
    assert stage.alerts() == {}


def pair(story: Callable[[Stage], object]) -> None:
    """Play with two batteries in order."""
    staged(story, first={}, second={})  # type: ignore[arg-type]  # a story is a coroutine function


def writes_per_s(battery: FakeBattery, since_s: float, seconds: float) -> float:
    """How often it was told something else."""
    return sum(1 for at_s, _ in battery.told if at_s >= since_s) / seconds


@pytest.mark.promise("4.8-12")
@pytest.mark.parametrize("word", ["failed", "timeout", "rejected"])
def test_a_battery_whose_orders_fail_is_left_out_and_tried_again(word: str) -> None:
    async def story(stage: Stage) -> None:
        await begin(stage)
        first = stage.batteries["first"]
        first.word, first.detail, first.does = word, "the battery does not answer", lambda setpoint_w: first.power_w  # type: ignore[assignment]  # one of the outcomes
        stage.load_w, since_s = 1500, stage.now_s
        await stage.play(40)
        assert balanced(stage), "the other one does it all"
        assert stage.last("decision/first")["rule"] == "absent"
        assert (
            "did not carry out 3 orders in a row (the battery does not answer)"
            in stage.last("decision/first")["reason"]
        )
        assert "the battery does not answer" in stage.alerts()["absent_first"]["text"]
        assert "first (did not carry out" in stage.last("main/state")["missing"]
        await stage.play(200)
        assert writes_per_s(first, since_s, 240) < 0.1
        first.word, first.does = "applied", lambda setpoint_w: setpoint_w
        await first.reach("offline")
        await stage.play(3)
        await first.reach("online")
        await healed(stage)

    pair(story)


def test_a_battery_that_takes_orders_and_ignores_them_is_found_out_by_its_own_measurements() -> None:
    """Its bridge says `applied`, its power says no: the house does not wait a minute for that."""

    async def story(stage: Stage) -> None:
        await begin(stage)
        first = stage.batteries["first"]
        first.does = lambda setpoint_w: -500.0
        stage.load_w = 1500
        await stage.play(40)
        assert balanced(stage), "after three shortfalls in a row the other one takes the rest"
        assert stage.last("decision/first")["bound_by"] == "learnt_limit"
        assert first.told[-1][1] == -500, "nobody asks it for more than it can do"
        assert stage.alerts()["limit_first"]["text"].startswith("first gives no more than 500 W, though")
        first.does = lambda setpoint_w: setpoint_w
        await stage.play(700)
        assert balanced(stage)
        assert stage.batteries["first"].power_w <= -590, "its limit was tried again after ten minutes"

    pair(story)


def test_a_limit_found_is_compared_with_what_the_owner_allows() -> None:
    """Not with what the battery could do if its owner let it."""

    async def story(stage: Stage) -> None:
        await begin(stage)
        stage.batteries["first"].does = lambda setpoint_w: -500.0
        stage.load_w = 1500
        await stage.play(40)
        assert "though 800 W are allowed" in stage.alerts()["limit_first"]["text"]

    config = Config(order=("first", "second"), devices={"first": DevicePolicy(max_discharge_w=800)})
    staged(story, config, first={}, second={})


def test_a_battery_that_does_something_else_altogether_is_left_out_after_a_minute() -> None:
    async def story(stage: Stage) -> None:
        await begin(stage)
        first = stage.batteries["first"]
        first.does = lambda setpoint_w: 700.0
        await stage.play(100)
        assert balanced(stage)
        assert "charges with 700 W although it was told" in stage.alerts()["absent_first"]["text"]
        first.does = lambda setpoint_w: setpoint_w
        await stage.play(100)
        await healed(stage)

    pair(story)


@pytest.mark.parametrize("share", [0.6, 1.3], ids=["too little", "too much"])
def test_a_battery_that_does_a_share_of_it_neither_winds_up_nor_swings(share: float) -> None:
    async def story(stage: Stage) -> None:
        await begin(stage)
        first = stage.batteries["first"]
        first.does = lambda setpoint_w: share * setpoint_w
        stage.load_w, since_s = 1500, stage.now_s
        await stage.play(120)
        assert balanced(stage, 60)
        first.does = lambda setpoint_w: setpoint_w
        stage.load_w = -1000
        await stage.play(100)
        assert balanced(stage, 60)
        assert writes_per_s(first, since_s, 220) <= 0.2

    pair(story)


@pytest.mark.parametrize("raster_w", [100.0, 250.0])
def test_a_battery_with_coarse_steps_of_its_own_does_not_hunt(raster_w: float) -> None:
    async def story(stage: Stage) -> None:
        await begin(stage)
        first = stage.batteries["first"]
        first.does = lambda setpoint_w: round(setpoint_w / raster_w) * raster_w
        stage.load_w, since_s = 1340, stage.now_s
        await stage.play(300)
        assert abs(stage.energy.power_w) <= raster_w
        assert writes_per_s(first, since_s, 300) <= 0.12

    pair(story)


def test_a_dead_band_is_not_filled_with_orders() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = 60
        first = stage.batteries["first"]
        first.does = lambda setpoint_w: setpoint_w if abs(setpoint_w) >= 100 else 0.0
        await stage.play(300)
        assert writes_per_s(first, 0.0, 300) <= 0.05
        stage.load_w = 1500
        await stage.play(20)
        assert first.power_w == pytest.approx(-1500, abs=20), "it is no limit"

    pair(story)


@pytest.mark.parametrize("delay_s", [10.0, 30.0, 60.0])
def test_a_battery_that_obeys_late_is_not_corrected_twice(delay_s: float) -> None:
    async def story(stage: Stage) -> None:
        await begin(stage)
        first = stage.batteries["first"]
        first.delay_s = delay_s
        stage.load_w = 1500
        least_w, most_w = 0.0, 0.0
        for _ in range(240):
            await stage.play(1)
            least_w, most_w = min(least_w, first.power_w), max(most_w, first.power_w)
        assert least_w >= -1500 * 1.2
        assert most_w <= 1500 * 0.2
        assert balanced(stage, 60)
        first.delay_s = 0.3
        await stage.play(300)
        await healed(stage)

    pair(story)


@pytest.mark.promise("4.8-12")
def test_a_battery_that_never_answers_is_left_out_after_half_a_lease() -> None:
    async def story(stage: Stage) -> None:
        await begin(stage)
        first = stage.batteries["first"]
        first.word, first.does = None, lambda setpoint_w: first.power_w
        stage.load_w = 1500
        await stage.play(FAST_TTL_S / 2 + 15)
        assert balanced(stage)
        assert "has not carried out an order for 15 s" in stage.alerts()["absent_first"]["text"]
        first.word, first.does = "applied", lambda setpoint_w: setpoint_w
        await stage.play(60)
        await healed(stage)

    pair(story)


@pytest.mark.promise("4.8-12")
def test_a_bridge_that_is_gone_is_noticed_by_its_silence() -> None:
    """Killed, not stopped: nobody says `offline`."""

    async def story(stage: Stage) -> None:
        await begin(stage)
        first = stage.batteries["first"]
        first.silent, first.word, first.does = True, None, lambda setpoint_w: 0.0
        first.power_w = 0.0
        await stage.play(25)
        assert balanced(stage)
        assert "has not been measured for more than 10 s" in stage.alerts()["absent_first"]["text"]
        first.silent, first.word, first.does = False, "applied", lambda setpoint_w: setpoint_w
        await stage.play(30)
        await healed(stage)

    pair(story)


@pytest.mark.promise("4.8-12")
def test_a_battery_that_is_offline_is_told_so_and_back_in_seconds() -> None:
    async def story(stage: Stage) -> None:
        await begin(stage)
        first = stage.batteries["first"]
        await first.reach("offline")
        first.power_w = 0.0
        await stage.play(10)
        assert balanced(stage)
        assert stage.last("decision/first")["reason"] == "left alone: it is offline"
        assert stage.alerts()["absent_first"]["text"] == "first is offline; the house is balanced without it."
        await first.reach("online")
        await stage.play(20)
        assert first.power_w == pytest.approx(-500, abs=5)

    pair(story)


def test_a_battery_that_reboots_and_forgets_is_told_again_within_seconds() -> None:
    async def story(stage: Stage) -> None:
        await begin(stage)
        stage.batteries["first"].power_w = 0.0
        await stage.play(20)
        assert stage.batteries["first"].power_w == pytest.approx(-500, abs=5)
        assert stage.alerts() == {}

    pair(story)


def test_a_bridge_that_restarts_without_a_lease_gets_a_new_order() -> None:
    async def story(stage: Stage) -> None:
        await begin(stage)
        first = stage.batteries["first"]
        stage.broker.publish("battery/first/control", b"", retain=True)
        first.power_w = 0.0
        await stage.play(20)
        assert first.power_w == pytest.approx(-500, abs=5)

    pair(story)


@pytest.mark.parametrize("change", ["manual", "shrinks"])
def test_what_its_bridge_says_of_it_is_believed_at_once(change: str) -> None:
    async def story(stage: Stage) -> None:
        await begin(stage)
        first, bus = stage.batteries["first"], stage.batteries["first"].bus
        if change == "manual":
            await bus.publish(CONTROL.at("battery", "first"), Control(mode="manual", epoch=1))
            await stage.play(10)
            assert stage.last("decision/first")["reason"] == "left alone: it is controlled by somebody else"
            assert "absent_first" not in stage.alerts(), "that is what its owner wants"
        else:
            first.limits = type(first.limits)(-200.0, 200.0)
            await first.introduce()
            await stage.play(10)
            assert stage.last("decision/first")["target_w"] == -200
            assert stage.last("decision/first")["bound_by"] == "device_limit"
        assert balanced(stage)

    pair(story)


@pytest.mark.promise("4.8-12")
def test_a_battery_nobody_ever_heard_of_is_told_once_the_start_is_over() -> None:
    config = Config(order=("typo", "garage"))

    async def story(stage: Stage) -> None:
        await stage.play(14)
        assert stage.alerts() == {}, "nobody is accused while everything starts"
        await stage.play(4)
        assert (
            stage.alerts()["absent_typo"]["text"] == "typo has never been heard of; the house is balanced without it."
        )
        assert stage.batteries["garage"].power_w == pytest.approx(-500, abs=2)

    staged(story, config, garage={})


def test_a_battery_of_unknown_charge_takes_and_does_not_give() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(20)
        assert stage.batteries["first"].power_w == 0
        assert stage.last("decision/first")["bound_by"] == "reserve"
        stage.load_w = -900
        await stage.play(20)
        assert stage.batteries["first"].power_w == pytest.approx(900, abs=5)

    staged(story, first={"soc_pct": None})


@pytest.mark.promise("4.8-06")
def test_a_battery_that_reaches_its_reserve_stops_within_seconds() -> None:
    async def story(stage: Stage) -> None:
        await begin(stage)
        stage.batteries["first"].soc_pct = 12.0
        await stage.play(4)
        assert stage.batteries["first"].power_w == 0
        assert stage.batteries["second"].power_w == pytest.approx(-500, abs=5)
        assert stage.last("decision/first")["reason"] == "rests because of your reserve"

    pair(story)
