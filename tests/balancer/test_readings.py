"""Which readings are decided on: each fresh one of the meter in use, once; and what happens when there is none."""

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from common.contract import METER_STATE, MeterState
from common.memory_bus import MemoryBus
from services.balancer.config import Config
from services.balancer.dispatch import FAST_TTL_S
from tests.balancer.stage import FakeMeter, Said, Stage, staged

STALE_S = 10.0


def decided(stage: Stage, since_s: float = 0.0) -> list[int]:
    """Time stamps of the readings that were decided on."""
    return [said.body["grid_ts_ms"] for said in stage.heard("main/state", since_s) if said.body.get("grid_ts_ms")]


async def send(bus: MemoryBus, power_w: float, ago_s: float = 0.0) -> None:
    """A reading of the grid meter."""
    await bus.publish(METER_STATE.at("p1"), MeterState(power_w=power_w), bus.clock.wall_ms() - round(ago_s * 1000))


@pytest.mark.promise("4.8-07")
def test_each_reading_is_decided_on_once_and_the_house_is_balanced() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(30)
        assert stage.batteries["garage"].power_w == pytest.approx(-500, abs=2)
        stage.load_w = -1200
        await stage.play(30)
        assert stage.batteries["garage"].power_w == pytest.approx(1200, abs=2)
        assert 58 <= len(decided(stage)) <= 61
        assert len(set(decided(stage))) == len(decided(stage))

    staged(story)


def test_what_the_broker_kept_is_known_and_not_decided_on() -> None:
    async def story(stage: Stage) -> None:
        stage.meter.silent = True
        await stage.play(5)
        assert decided(stage) == []
        assert stage.orders() == []
        assert stage.mind.world.meter("p1").state is not None

    async def kept(stage: Stage) -> None:
        await send(stage.bus("ems-p1"), 900)
        async with stage:
            await story(stage)

    staged(kept, enter=False)


@pytest.mark.parametrize("ago_s", [STALE_S + 0.1, 3600.0, 86_400.0])
def test_an_old_reading_is_not_decided_on(ago_s: float) -> None:
    async def story(stage: Stage) -> None:
        stage.meter.silent = True
        await stage.play(0.5)
        await send(stage.bus("ems-p1"), 900, ago_s)
        await stage.play(5)
        assert decided(stage) == []
        assert stage.orders() == []

    staged(story)


def test_a_reading_from_the_future_is_refused_and_told() -> None:
    async def story(stage: Stage) -> None:
        stage.meter.silent = True
        await stage.play(20)
        await send(stage.bus("ems-p1"), 900, -3600.0)
        await stage.play(5)
        assert decided(stage) == []
        assert "ahead of our clock" in stage.alerts()["bad_input_p1"]["text"]

    staged(story)


def test_the_same_reading_again_is_no_new_one() -> None:
    """Be it the broker that delivers twice, or a bridge that publishes what it has once more."""

    async def story(stage: Stage) -> None:
        stage.meter.silent = True
        await stage.play(5)
        bus = stage.bus("ems-p1", "other")
        await send(bus, 900, 1.0)
        await stage.play(0.1)
        before = decided(stage)
        assert len(before) == 1
        stage.broker.publish("meter/p1/state", stage.broker.retained["meter/p1/state"], retain=True)
        await stage.play(0.1)
        await send(bus, 1200, 1.2)
        await stage.play(0.1)
        assert decided(stage) == before

    staged(story)


def test_readings_out_of_order_are_dropped() -> None:
    async def story(stage: Stage) -> None:
        stage.meter.silent = True
        await stage.play(5)
        bus = stage.bus("ems-p1", "other")
        for ago_s in (3.0, 1.0, 2.0, 0.5):
            await send(bus, 900, ago_s)
            await stage.play(0.01)
        assert decided(stage) == sorted(decided(stage))
        assert len(decided(stage)) == 3

    staged(story)


def commands_after(stage: Stage, since_s: float) -> list[Said]:
    """Commands given later than then."""
    return [said for said in stage.orders() if said.at_s > since_s]


@pytest.mark.parametrize("ends", ["silent", "frozen", "repeats"])
def test_without_a_fresh_reading_nothing_is_ordered_and_the_devices_let_go(ends: str) -> None:
    """The last command comes within a lease of the last sample; whoever looks is told; all comes back by itself."""

    async def story(stage: Stage) -> None:
        await stage.play(40)
        assert stage.batteries["garage"].power_w == pytest.approx(-500, abs=2)
        since_s = stage.now_s
        stage.meter.silent, stage.meter.frozen = ends != "frozen", ends == "frozen"
        if ends == "repeats":
            stage.start(repeat(stage))
        await stage.play(2 * FAST_TTL_S + STALE_S)
        assert commands_after(stage, since_s + FAST_TTL_S) == []
        assert stage.batteries["garage"].told[-1][1] is None, "its lease has ended"
        assert stage.batteries["garage"].power_w == 0
        assert stage.last("balancer/main/state")["sentence"].startswith("Waiting: the grid meter p1")
        assert stage.last("decision/garage")["rule"] == "waiting"
        assert "grid_meter" in stage.alerts()
        device = stage.mind.core.device("garage")
        assert device is not None
        assert device.reach.low_w == float("-inf"), "resting without a lease is no limit"
        stage.meter.silent = stage.meter.frozen = False
        await stage.play(30)
        assert stage.batteries["garage"].power_w == pytest.approx(-500, abs=2)
        assert stage.alerts() == {}

    async def repeat(stage: Stage) -> None:
        """A bridge that publishes its last measurement again and again, as it was measured."""
        bus, measured_ms = stage.bus("ems-p1", "again"), stage.clock.wall_ms()
        async for _ in stage.clock.every(1.0):
            if not stage.meter.silent:
                return
            await bus.publish(METER_STATE.at("p1"), MeterState(power_w=0), measured_ms)

    staged(story)


def test_a_constant_reading_of_a_living_meter_is_no_alarm() -> None:
    async def story(stage: Stage) -> None:
        stage.meter.shows = lambda power_w: 3000.0
        stage.batteries["garage"].does = lambda setpoint_w: 0.0
        await stage.play(120)
        assert "grid_meter" not in stage.alerts()
        assert len(decided(stage, 60)) >= 58

    staged(story)


def test_a_meter_without_a_clock_of_its_own_is_never_called_frozen() -> None:
    async def story(stage: Stage) -> None:
        stage.meter.has_clock = False
        await stage.play(60)
        assert stage.alerts() == {}

    staged(story)


def test_while_the_meter_is_silent_another_one_is_used_and_told() -> None:
    config = Config(order=("garage",), fallback_meter="pzem")

    async def story(stage: Stage) -> None:
        other = FakeMeter(stage.bus("ems-pzem"), stage.energy, "pzem")
        stage.start(other.run())
        await stage.play(30)
        assert stage.last("main/state")["grid_meter"] == "p1"
        stage.meter.silent = True
        stage.load_w = 900
        await stage.play(STALE_S + 20)
        assert stage.last("main/state")["grid_meter"] == "pzem"
        assert stage.batteries["garage"].power_w == pytest.approx(-900, abs=2)
        assert "pzem is used instead" in stage.alerts()["grid_meter"]["text"]
        stage.meter.silent = False
        await stage.play(5)
        assert stage.last("main/state")["grid_meter"] == "p1"
        await stage.play(2)
        assert stage.alerts() == {}

    staged(story, config)


def test_two_meters_never_make_two_decisions_of_one_second() -> None:
    config = Config(order=("garage",), fallback_meter="pzem")

    async def story(stage: Stage) -> None:
        stage.start(FakeMeter(stage.bus("ems-pzem"), stage.energy, "pzem").run())
        await stage.play(60)
        assert len(decided(stage)) <= 61

    staged(story, config)


def swings_per_minute(stage: Stage, since_s: float) -> int:
    """Most changes of direction of the battery in any minute."""
    told = [(at_s, power_w) for at_s, power_w in stage.batteries["garage"].told if at_s >= since_s and power_w]
    turns = [b[0] for a, b in pairwise(told) if a[1] * b[1] < 0]
    return max((sum(1 for other_s in turns if at_s <= other_s < at_s + 60) for at_s in turns), default=0)


@pytest.mark.parametrize("says_s", [60.0, 1.0], ids=["and says so", "and says 1 s"])
def test_a_meter_that_comes_once_a_minute_is_enough(says_s: float) -> None:
    """No dead-lock between its period and the stale limit, and no swinging."""

    async def story(stage: Stage) -> None:
        stage.meter.silent = True
        stage.start(slowly(stage, says_s, lambda: 60.0))
        await stage.play(400)
        for load_w in (1500, -800, 600):
            stage.load_w = load_w
            since_s = stage.now_s
            await stage.play(240)
            assert stage.batteries["garage"].power_w == pytest.approx(-load_w, abs=30)
            assert stage.batteries["garage"].told[-1][1] is not None, "still under an order"
            assert swings_per_minute(stage, since_s) <= 2

    staged(story)


def test_a_meter_that_comes_when_it_likes_is_followed_without_swinging() -> None:
    async def story(stage: Stage) -> None:
        stage.meter.silent = True
        chance = random.Random(13)
        stage.start(slowly(stage, 1.0, lambda: chance.uniform(1, 20)))
        await stage.play(120)
        for load_w in (1500, -800, 600):
            stage.load_w = load_w
            since_s = stage.now_s
            await stage.play(180)
            assert stage.batteries["garage"].power_w == pytest.approx(-load_w, abs=30)
            assert swings_per_minute(stage, since_s) <= 2

    staged(story)


async def slowly(stage: Stage, says_s: float, gap_s: Callable[[], float]) -> None:
    """Another bridge for the same meter, that sends the power of the moment now and then."""
    meter = FakeMeter(stage.bus("ems-p1", "slow"), stage.energy, period_s=says_s)
    await meter.introduce()
    while True:
        await stage.clock.sleep(gap_s())
        await meter.send(stage.energy.power_w)
