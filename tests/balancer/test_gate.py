"""Batteries that balance by themselves: what they are permitted, and what the dosed ones beside them do."""

import pytest

from common.contract import BatteryState, DeviceInfo
from common.contract.devices import Mode
from common.lease import Limits
from services.balancer.config import Config, DevicePolicy
from services.balancer.core.saturation import Saturation
from services.balancer.gate import HOLD_S, Gate, is_gated
from services.balancer.rules.soc import Held
from services.balancer.world import Device
from tests.balancer.stage import Stage, staged

ALL: tuple[Mode, ...] = ("self_consumption", "charge_only", "discharge_only", "standby", "charge_full")
OLD: tuple[Mode, ...] = ("self_consumption", "standby", "charge_full")
"""A firmware that knows no permissions."""
RESERVE, CEILING = Held(at_reserve=True), Held(at_ceiling=True)


def group(name: str = "group", modes: tuple[Mode, ...] = ALL, **more: object) -> Device:
    info = DeviceInfo.model_validate(
        {
            "vendor": "v",
            "model": "m",
            "poll_s": 1.0,
            "stale_after_s": 10.0,
            "capabilities": ("mode",),
            "modes": modes,
            "min_w": -1600.0,
            "max_w": 1600.0,
            **more,
        }
    )
    return Device(name, "battery", info=info, state=BatteryState(power_w=0.0, soc_pct=50.0), state_s=0.0)


def modes_of(gate: Gate, devices: list[Device], held: dict[str, Held], now_s: float) -> dict[str, str | None]:
    return {name: target.mode for name, target in gate.targets(devices, held, now_s).items()}


def test_whoever_takes_no_set_points_is_gated_and_whoever_shall_be() -> None:
    both = group(capabilities=("mode", "power"))
    assert is_gated(group(), DevicePolicy())
    assert not is_gated(both, DevicePolicy())
    assert is_gated(both, DevicePolicy(strategy="gate"))
    assert not is_gated(group(modes=("comfort",)), DevicePolicy())


@pytest.mark.parametrize(
    ("held", "modes", "mode"),
    [
        (Held(), ALL, "self_consumption"),
        (RESERVE, ALL, "charge_only"),
        (CEILING, ALL, "discharge_only"),
        (Held(at_reserve=True, at_ceiling=True), ALL, "standby"),
        (Held(), OLD, "self_consumption"),
        (RESERVE, OLD, "self_consumption"),
    ],
)
def test_permissions_follow_reserve_and_ceiling(held: Held, modes: tuple[Mode, ...], mode: str) -> None:
    assert modes_of(Gate(), [group(modes=modes)], {"group": held}, 0.0) == {"group": mode}


def test_two_loops_never_get_the_same_permission() -> None:
    gate, both = Gate(), [group("first"), group("second")]
    assert modes_of(gate, both, {}, 0.0) == {"first": "self_consumption", "second": "standby"}
    later = {"first": RESERVE}
    assert modes_of(gate, both, later, HOLD_S) == {"first": "charge_only", "second": "discharge_only"}


def test_permissions_change_at_most_once_a_minute() -> None:
    gate = Gate()
    modes_of(gate, [group()], {}, 0.0)
    assert modes_of(gate, [group()], {"group": RESERVE}, HOLD_S - 1) == {"group": "self_consumption"}
    assert modes_of(gate, [group()], {"group": RESERVE}, HOLD_S) == {"group": "charge_only"}


def test_a_loop_is_left_a_share_of_what_it_may() -> None:
    gate = Gate()
    modes_of(gate, [group()], {"group": RESERVE}, 0.0)
    assert gate.limits_w([group()], 0.8) == (0, 1280)
    assert gate.limits_w([], 0.8) == (0, 0)


def follow(stage: Stage) -> None:
    """The group does what its own meter asks for, within 1,600 W."""
    battery = stage.batteries["group"]

    async def loop() -> None:
        async for _ in stage.clock.every(0.2):
            wished_w = battery.power_w - 0.5 * stage.energy.power_w
            battery.power_w = min(1600.0, max(-1600.0, wished_w))

    stage.start(loop())


def test_the_dosed_battery_takes_the_overflow_only_and_nothing_circulates() -> None:
    async def story(stage: Stage) -> None:
        follow(stage)
        await stage.play(30)
        assert stage.last("decision/group")["reason"] == "balances the house by itself"
        assert stage.batteries["dosed"].power_w == 0
        stage.load_w = 3000
        await stage.play(60)
        assert stage.batteries["dosed"].power_w == pytest.approx(-1560, abs=40)
        assert stage.energy.power_w == pytest.approx(0, abs=20)
        assert stage.batteries["group"].power_w == pytest.approx(-1440, abs=40)
        stage.load_w = -500
        await stage.play(60)
        assert stage.batteries["dosed"].power_w == 0
        assert stage.batteries["group"].power_w == pytest.approx(500, abs=20)

    group = {"modes": ALL, "dosed": False, "limits": Limits(-1600.0, 1600.0)}
    staged(story, Config(order=("group", "dosed")), group=group, dosed={})


def test_a_group_that_can_do_less_than_it_says_is_found_out() -> None:
    """It says 2,500 W and stops at 1,600 W: the dosed battery is not left out because of what the group should do."""

    async def story(stage: Stage) -> None:
        follow(stage)
        await stage.play(30)
        stage.load_w = 3000
        await stage.play(90)
        assert stage.energy.power_w == pytest.approx(0, abs=30)
        stage.load_w = -1000
        await stage.play(30)
        assert stage.batteries["dosed"].power_w == 0
        assert stage.batteries["group"].power_w == pytest.approx(1000, abs=30)

    staged(story, Config(order=("group", "dosed")), group={"modes": ALL, "dosed": False}, dosed={})


def test_a_limit_of_a_loop_is_let_go_when_it_does_more_or_after_a_while() -> None:
    known = Saturation()
    for second in range(40):
        known = known.watch(-700.0, 300.0, float(second))
    assert known.within((-1280.0, 1280.0)) == (-700.0, 1280.0)
    assert known.watch(-800.0, 0.0, 41.0).within((-1280.0, 1280.0)) == (-1280.0, 1280.0)
    assert known.watch(-500.0, 0.0, 41.0).within((-1280.0, 1280.0)) == (-700.0, 1280.0)
    assert known.watch(-500.0, 0.0, 500.0).within((-1280.0, 1280.0)) == (-1280.0, 1280.0)


def test_a_group_at_its_reserve_may_only_charge() -> None:
    async def story(stage: Stage) -> None:
        stage.batteries["group"].soc_pct = 10
        await stage.play(5)
        modes = [said.body["mode"] for said in stage.heard("group/cmd") if said.body["action"] == "set_mode"]
        assert modes[-1] == "charge_only"
        assert stage.last("decision/group")["mode"] == "charge_only"

    staged(story, Config(order=("group",)), group={"modes": ALL, "dosed": False, "soc_pct": 10.0})
