"""What one device may be ordered now, and which limit says so. Pure."""

from dataclasses import dataclass

from services.balancer.config import DevicePolicy
from services.balancer.core.dosed import Dosed
from services.balancer.core.merit import Bounds
from services.balancer.rules.soc import Held

NEAR_W = 1.0


@dataclass(frozen=True, slots=True)
class Named:
    """Bounds of a set-point in W (+ charge), each with the name of the limit that made it."""

    low_w: float
    low_by: str
    high_w: float
    high_by: str

    @property
    def bounds(self) -> Bounds:
        """The numbers alone."""
        return Bounds(self.low_w, self.high_w)

    def binding(self, wish_w: float) -> str | None:
        """The limit that a wish stands at, if it stands at one."""
        if wish_w >= self.high_w - NEAR_W and self.high_w < float("inf"):
            return self.high_by
        return self.low_by if wish_w <= self.low_w + NEAR_W else None


def named_bounds(device: Dosed, policy: DevicePolicy, held: Held) -> Named:
    """The narrowest of device, learnt and owner's limits, and of reserve and ceiling. They always include zero."""
    lows = [(device.min_w, "device_limit"), (-device.discharge_cap.most_w, "learnt_limit")]
    highs = [(device.max_w, "device_limit"), (device.charge_cap.most_w, "learnt_limit")]
    if policy.max_discharge_w is not None:
        lows.append((-policy.max_discharge_w, "owner_limit"))
    if policy.max_charge_w is not None:
        highs.append((policy.max_charge_w, "owner_limit"))
    if held.at_reserve:
        lows.append((0.0, "reserve"))
    if held.at_ceiling:
        highs.append((0.0, "ceiling"))
    low_w, low_by = max(lows, key=lambda edge: edge[0])
    high_w, high_by = min(highs, key=lambda edge: edge[0])
    return Named(min(0.0, low_w), low_by, max(0.0, high_w), high_by)
