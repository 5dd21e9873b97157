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
    hard: Bounds
    """The same without what it has shown of itself, which is tried now and then."""

    def binding(self, wish_w: float, room_w: float) -> str | None:
        """The limit that keeps a wish from more of the room, if it stands at one."""
        if room_w > NEAR_W and wish_w < room_w - NEAR_W and wish_w >= self.high_w - NEAR_W:
            return self.high_by
        if room_w < -NEAR_W and wish_w > room_w + NEAR_W and wish_w <= self.low_w + NEAR_W:
            return self.low_by
        return None

    def on_its_phase(self, kept: Bounds) -> "Named":
        """The same, narrowed to what its phase leaves."""
        if kept == self.hard:
            return self
        low_w, low_by = (kept.low_w, "phase") if kept.low_w > self.low_w else (self.low_w, self.low_by)
        high_w, high_by = (kept.high_w, "phase") if kept.high_w < self.high_w else (self.high_w, self.high_by)
        return Named(low_w, low_by, high_w, high_by, kept)


def named_bounds(device: Dosed, policy: DevicePolicy, held: Held) -> Named:
    """The narrowest of device, learnt and owner's limits, and of reserve and ceiling. They always include zero."""
    lows, highs = [(device.min_w, "device_limit")], [(device.max_w, "device_limit")]
    if policy.max_discharge_w is not None:
        lows.append((-policy.max_discharge_w, "owner_limit"))
    if policy.max_charge_w is not None:
        highs.append((policy.max_charge_w, "owner_limit"))
    if held.at_reserve:
        lows.append((0.0, "reserve"))
    if held.at_ceiling:
        highs.append((0.0, "ceiling"))
    hard = Bounds(min(0.0, max(lows)[0]), max(0.0, min(highs)[0]))
    low_w, low_by = max([*lows, (-device.discharge_cap.most_w, "learnt_limit")], key=lambda edge: edge[0])
    high_w, high_by = min([*highs, (device.charge_cap.most_w, "learnt_limit")], key=lambda edge: edge[0])
    return Named(min(0.0, low_w), low_by, max(0.0, high_w), high_by, hard)
