"""Batteries that balance the house by themselves: they get permissions, never set-points, and none fights another.

What they do is a foreign effect to the law; dosed batteries below them in the order take only the overflow.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from common.contract.devices import Mode
from services.balancer.config import DevicePolicy
from services.balancer.core.saturation import Saturation
from services.balancer.dispatch import Target
from services.balancer.rules.soc import Held
from services.balancer.world import Device

HOLD_S = 60.0
"""Permissions are matters of a plan: a device gets another one at most so often."""
MODES: Mapping[tuple[bool, bool], Mode] = {
    (True, True): "self_consumption",
    (True, False): "charge_only",
    (False, True): "discharge_only",
    (False, False): "standby",
}
"""What it may do, by (may charge, may discharge)."""
FILLS: Mode = "charge_full"
RULE = "gate"


def is_gated(device: Device, policy: DevicePolicy) -> bool:
    """Whether a battery is steered by permissions: its owner wants that, or it takes nothing else."""
    info = device.info
    if device.kind != "battery" or info is None or not any(mode in info.modes for mode in MODES.values()):
        return False
    return policy.strategy == "gate" or (policy.strategy == "setpoint" and "power" not in info.capabilities)


@dataclass(slots=True)
class Gate:
    """The permissions in force and since when, by device."""

    given: dict[str, tuple[Mode, float]] = field(default_factory=dict)
    saturation: Saturation = field(default_factory=Saturation)

    def watch(self, power_w: float, off_w: float, now_s: float) -> None:
        """Look whether the grid stays off its target (`off_w`) although that is the loops' business."""
        self.saturation = self.saturation.watch(power_w, off_w, now_s)

    def targets(
        self, devices: Sequence[Device], held: Mapping[str, Held], now_s: float, filling: Collection[str] = ()
    ) -> dict[str, Target]:
        """What each may do. Only one may charge and one discharge at a time, the first in the order that can.

        `filling`: those that are to be charged to the full, from the grid too.
        """
        charging = discharging = False
        targets: dict[str, Target] = {}
        for device in devices:
            edge = held.get(device.id, Held())
            may_charge, may_give = not (charging or edge.at_ceiling), edge.may_give and not discharging
            charging, discharging = charging or may_charge, discharging or may_give
            wanted = FILLS if device.id in filling and _knows(device, FILLS) else MODES[may_charge, may_give]
            mode = self._held(device.id, _offered(device, wanted), now_s)
            targets[device.id] = Target(action="set_mode", mode=mode, rule=RULE)
        return targets

    def limits_w(self, first: Sequence[Device], share: float) -> tuple[float, float]:
        """(least, most) power that is left to those who come before every dosed battery: a share of their limits."""
        limits = [self._limits_w(device) for device in first]
        return share * sum(low_w for low_w, _ in limits), share * sum(high_w for _, high_w in limits)

    def _limits_w(self, device: Device) -> tuple[float, float]:
        mode, _ = self.given.get(device.id, ("standby", 0.0))
        gives, takes = mode in ("self_consumption", "discharge_only"), mode in ("self_consumption", "charge_only")
        return device.range_w.low_w if gives else 0.0, device.range_w.high_w if takes else 0.0

    def _held(self, name: str, mode: Mode, now_s: float) -> Mode:
        known, since_s = self.given.get(name, (mode, float("-inf")))
        if name in self.given and (mode == known or now_s - since_s < HOLD_S):
            return known
        self.given[name] = (mode, now_s)
        return mode


def _knows(device: Device, mode: Mode) -> bool:
    return device.info is not None and mode in device.info.modes


def _offered(device: Device, mode: Mode) -> Mode:
    """The nearest that the device knows. One that knows no half of it keeps its own edges and may do both."""
    modes = device.info.modes if device.info else ()
    wanted: tuple[Mode, ...] = (mode, "standby") if mode == "standby" else (mode, "self_consumption", "standby")
    return next((known for known in (*wanted, *MODES.values()) if known in modes), "standby")
