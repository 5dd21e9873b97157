"""Set-points for a battery that takes only set-points for the meter. Pure.

To have the battery at `power_w`, the meter is to show what it would show without it, plus that: `grid − battery +
power`. It follows the house at each look. The override that carries it wears nothing; it lapses by itself after a
time that is not documented, so it is said again and again, and taken back in so many words.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from common.lease import Answer, Lease, Limits
from services.victron.config import SystemSettings
from services.victron.situation import Situation

APART_S: Final = 1.0
"""Between two writes."""
REFRESH_S: Final = 15.0
"""An override is said again so often; the shortest lapse anybody has seen is 60 s."""
STEP_W: Final = 5.0
"""A smaller change is not worth a write."""
TAKEN_S: Final = 5.0
"""In which taking an override back is to be seen, before it is tried again."""
ASKED_S: Final = 2.5
"""What was not seen by then is asked for."""
VAIN_S: Final = 10.0
"""The override shows nothing of ours for so long: it is not taken."""
AGAIN_S: Final = 60.0
"""How often it is tried then."""
SETTLED_S: Final = 8.0
"""In which the battery is to follow; ESS moves by 400 W each second."""
OWN: Final = 8
"""Writes of ours that are known again when they come back."""
SAME_W: Final = 1.0
NEAR_W, NEAR_SHARE = 50.0, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """What is remembered about the override. Instants are monotonic."""

    is_ours: bool = False
    """A set-point of ours may stand there. Outlives a restart."""
    said_w: float | None = None
    """What we wrote last; None: nothing, or taken back."""
    said_s: float = -math.inf
    began_s: float = math.inf
    """When we began to write, after nothing of ours stood there."""
    seen_s: float = -math.inf
    """When something of ours was last seen there."""
    asked_s: float = -math.inf
    own_w: tuple[float, ...] = ()
    has_rival: bool = False
    """Somebody else's set-point stands there."""

    def is_in_vain(self, now_s: float) -> bool:
        """We write, and it does not stay."""
        return self.said_w is not None and now_s - max(self.began_s, self.seen_s) >= VAIN_S


def setpoint_w(power_w: float, seen: Situation) -> float | None:
    """What the meter is to show for the battery to have `power_w`; None while that cannot be known."""
    if seen.grid_w is None or seen.battery_w is None:
        return None
    return float(round(seen.grid_w - seen.battery_w + power_w))


def due(wheel: Wheel, wanted_w: float | None, override_w: float | None, now_s: float) -> bool:
    """Whether to write. `wanted_w` None: nothing of ours is to stand there."""
    since_s = now_s - wheel.said_s
    if wanted_w is None:
        return wheel.is_ours and (wheel.said_w is not None or (override_w is not None and since_s >= TAKEN_S))
    if wheel.said_w is None:
        return since_s >= APART_S
    if wheel.is_in_vain(now_s):
        return since_s >= AGAIN_S
    is_news = abs(wanted_w - wheel.said_w) >= STEP_W
    return since_s >= (APART_S if is_news or override_w is None else REFRESH_S)


def told(wheel: Wheel, said_w: float | None, now_s: float) -> Wheel:
    """After a write; None takes the override back."""
    if said_w is None:
        return replace(wheel, said_w=None, said_s=now_s)
    return replace(
        wheel,
        is_ours=True,
        said_w=said_w,
        said_s=now_s,
        began_s=now_s if wheel.said_w is None else wheel.began_s,
        own_w=(*wheel.own_w, said_w)[-OWN:],
    )


def saw(wheel: Wheel, override_w: float | None, now_s: float) -> Wheel:
    """After a look at the override. One that is not ours is somebody else's."""
    if override_w is None:
        return replace(wheel, is_ours=wheel.is_ours and wheel.said_w is not None, has_rival=False)
    if any(abs(override_w - own_w) <= SAME_W for own_w in wheel.own_w):
        return replace(wheel, seen_s=now_s, has_rival=False)
    if wheel.is_ours and not wheel.own_w:
        return wheel  # from before we were restarted
    return replace(wheel, is_ours=False, said_w=None, has_rival=True)  # what stands there is not ours to take back


def lost(wheel: Wheel) -> Wheel:
    """The GX is out of reach; it may have forgotten what it was told."""
    return replace(wheel, said_w=None, said_s=-math.inf, has_rival=False)


def wants_look(wheel: Wheel, override_w: float | None, now_s: float) -> bool:
    """Whether to ask for the override: what was written has not been seen."""
    is_seen = wheel.said_w is not None and override_w is not None and abs(override_w - wheel.said_w) <= SAME_W
    return wheel.is_ours and not is_seen and min(now_s - wheel.said_s, now_s - wheel.asked_s) >= ASKED_S


def permitted(settings: SystemSettings, seen: Situation) -> Limits:
    """The narrowest of the owner's limits, the Multi's, the battery's own, and its charge."""
    charge_w = _least(settings.max_charge_w, seen.rated_w, seen.charge_limit_w)
    discharge_w = _least(settings.max_discharge_w, seen.rated_w, seen.discharge_limit_w)
    is_empty = seen.soc_pct is None or (seen.limit_pct is not None and seen.soc_pct <= seen.limit_pct)
    return Limits(min_w=0.0 if is_empty else 0.0 - discharge_w, max_w=charge_w)


def bounds(settings: SystemSettings, seen: Situation) -> Limits:
    """What stands in `info`: what it can do on a good day."""
    return Limits(
        min_w=0.0 - _least(settings.max_discharge_w, seen.rated_w),
        max_w=_least(settings.max_charge_w, seen.rated_w),
    )


def outcome(wheel: Wheel, order: Lease, power_w: float, seen: Situation, now_s: float) -> Answer | None:
    """What has become of an order that is carried out as `power_w`; None while that is not known."""
    if wheel.is_in_vain(now_s):
        return "failed", "the GX does not keep the set-point it is given"
    if wheel.said_w is None or seen.battery_w is None:
        return None
    requested_w = order.command.power_w or 0.0
    if abs(seen.battery_w - power_w) > max(NEAR_W, NEAR_SHARE * abs(power_w)):
        is_late = now_s - order.since_s >= SETTLED_S
        return ("partial", f"the battery has {seen.battery_w:.0f} W") if is_late else None
    is_whole = abs(power_w - requested_w) <= SAME_W
    return ("applied", "") if is_whole else ("partial", f"limited to {power_w:.0f} W")


def _least(*limits_w: float | None) -> float:
    """The smallest of those that are known; 0 if none is."""
    return min((limit_w for limit_w in limits_w if limit_w is not None), default=0.0)
