"""What a foreign bridge is tried with moves nothing, and its safe state is known when it is seen."""

import pytest

from common.contract import BatteryState, DeviceInfo, LoadState, Payload, SwitchState
from services.cli.trials import harmless, is_safe

OFF, ON = SwitchState(on=False), SwitchState(on=True)


def info(safe_state: str, *capabilities: str, modes: tuple[str, ...] = ()) -> DeviceInfo:
    """A device that can do this."""
    facts = {"vendor": "Nobody", "model": "Thing", "poll_s": 1.0, "stale_after_s": 10.0}
    return DeviceInfo.model_validate({**facts, "safe_state": safe_state, "capabilities": capabilities, "modes": modes})


@pytest.mark.parametrize(
    ("facts", "state", "order"),
    [
        (info("off", "switch"), ON, {"action": "switch", "on": False}),
        (info("on", "switch"), OFF, {"action": "switch", "on": True}),
        (info("keep", "switch"), ON, {"action": "switch", "on": True}),
        (info("keep", "switch"), OFF, {"action": "switch", "on": False}),
        (info("idle", "power", "mode"), None, {"action": "set_power", "power_w": 0.0}),
        (
            info("self_consumption", "mode", modes=("charge_full", "standby", "self_consumption")),
            None,
            {"action": "set_mode", "mode": "self_consumption"},
        ),
        (
            info("self_consumption", "mode", modes=("charge_full", "standby")),
            None,
            {"action": "set_mode", "mode": "standby"},
        ),
        (info("idle", "mode", modes=("charge_full",)), None, None),
        (info("self_consumption", "reserve"), None, None),
        (info("keep"), ON, None),
    ],
)
def test_only_what_is_harmless_is_ordered(
    facts: DeviceInfo, state: Payload | None, order: dict[str, object] | None
) -> None:
    assert harmless(facts, state) == order


@pytest.mark.parametrize(
    ("safe_state", "state", "safe"),
    [
        ("off", OFF, True),
        ("off", ON, False),
        ("on", OFF, False),
        ("keep", ON, True),
        ("idle", BatteryState(power_w=-20.0), True),
        ("idle", BatteryState(power_w=-600.0), False),
        ("idle", BatteryState(), False),
        ("self_consumption", BatteryState(power_w=-600.0), True),
        ("off", LoadState(power_w=0.0), True),
        ("off", LoadState(level_pct=0.0, power_w=None), True),
        ("off", LoadState(level_pct=30.0, power_w=None), False),
        ("off", LoadState(), False),
    ],
)
def test_the_safe_state_is_known_when_it_is_seen(safe_state: str, state: Payload, safe: bool) -> None:
    """What is unknown is not safe."""
    assert is_safe(info(safe_state), state) is safe
