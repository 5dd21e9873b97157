"""How much one battery may be asked for: its hardware, its owner, what it has shown, its state of charge. Pure."""

import math
from dataclasses import dataclass, replace
from typing import Final, Self

from common.lease import Limits
from services.udp_battery.config import BatterySettings
from services.udp_battery.firmware import Firmware

BEYOND: Final = 1.1
"""A power so far above a learnt limit, as a factor, shows that the limit is gone."""
SMALLEST_CAP_W: Final = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Powers beyond which the battery was found not to go, as magnitudes."""

    charge_w: float = math.inf
    discharge_w: float = math.inf
    learnt_s: float = -math.inf

    def learn(self, power_w: float, now_s: float) -> Self:
        """It stopped at `power_w` (+ charge), though told to go further."""
        found_w = max(SMALLEST_CAP_W, math.floor(abs(power_w)))
        if power_w > 0:
            return replace(self, charge_w=found_w, learnt_s=now_s)
        return replace(self, discharge_w=found_w, learnt_s=now_s)

    def saw(self, power_w: float) -> Self:
        """It has this power now; a limit below it does not hold any more."""
        charge_w = math.inf if power_w > BEYOND * self.charge_w else self.charge_w
        discharge_w = math.inf if -power_w > BEYOND * self.discharge_w else self.discharge_w
        return replace(self, charge_w=charge_w, discharge_w=discharge_w)

    def aged(self, now_s: float, retry_h: float | None) -> Self:
        """Forget what was learnt, if the owner wants it tried again after `retry_h`."""
        is_old = retry_h is not None and now_s - self.learnt_s >= retry_h * 3600
        return replace(self, charge_w=math.inf, discharge_w=math.inf) if is_old else self


def bounds(settings: BatterySettings, firmware: Firmware, caps: Caps) -> Limits:
    """What stands in `info`: the narrowest of hardware, owner and experience."""
    return Limits(
        min_w=-min(settings.max_discharge_w, firmware.rated_w, caps.discharge_w),
        max_w=min(settings.max_charge_w, firmware.rated_w, caps.charge_w),
    )


def permitted(within: Limits, settings: BatterySettings, soc_pct: float | None) -> Limits:
    """What may be sent now. Beside an unknown state of charge the owner's bounds cannot be kept, so nothing is."""
    if soc_pct is None:
        has_reserve, has_ceiling = settings.reserve_soc_pct > 0, settings.ceiling_soc_pct < 100
        return Limits(0.0 if has_reserve else within.min_w, 0.0 if has_ceiling else within.max_w)
    return Limits(
        min_w=0.0 if soc_pct <= settings.reserve_soc_pct else within.min_w,
        max_w=0.0 if soc_pct >= settings.ceiling_soc_pct else within.max_w,
    )
