"""What flows through a switch: readings that can be true and are not too old, counters that never go back. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from common.counters import Counters
from services.relay.dialects.dialect import Heard

AT_ONCE_WH: Final = 1000.0
"""A step that is always believed: what was counted while nobody listened for a while."""
NAMES: Final = ("import_wh", "export_wh")


@dataclass(frozen=True, slots=True)
class Reading:
    """What may be said of it now; None: unknown."""

    power_w: float | None
    import_wh: int | None
    export_wh: int | None


class Odometer:
    """Counters that go on where they were when the device begins anew at zero."""

    def __init__(self, max_power_w: float, offsets: Mapping[str, float], totals: Mapping[str, float]) -> None:
        """`offsets` and `totals` are what an earlier run of ours kept."""
        per_hour = dict.fromkeys(NAMES, max_power_w)
        self._counters = Counters(per_hour, dict.fromkeys(NAMES, AT_ONCE_WH), quick=NAMES)
        self.offsets = dict(offsets)
        """What is added to the device's own counter."""
        self.totals = dict(totals)

    def count(self, name: str, value_wh: float, now_s: float) -> bool:
        """Take a reading of the device's counter. Returns whether it was believed."""
        is_first = name not in self._counters.levels
        belief = self._counters.judge(name, value_wh, now_s)
        if belief == "doubted":
            return False
        known, offset = self.totals.get(name), self.offsets.get(name, 0.0)
        has_begun_anew = belief == "begun_anew" or (is_first and known is not None and value_wh + offset < known)
        if has_begun_anew and known is not None:
            offset = self.offsets[name] = known - value_wh
        self.totals[name] = value_wh + offset
        return True


class Metering:
    """One switch's power and energy."""

    def __init__(self, max_power_w: float, lasts_s: float, odometer: Odometer) -> None:
        """Readings of power are used for `lasts_s`."""
        self._max_power_w = max_power_w
        self._lasts_s = lasts_s
        self.odometer = odometer
        self._power: tuple[float, float] | None = None
        self._position: bool | None = None

    def heard(self, said: Heard, now_s: float) -> tuple[str, ...]:
        """After a message. Returns the names of what cannot be true."""
        doubts = []
        if said.power_w is not None and abs(said.power_w) > self._max_power_w:
            doubts.append("power_w")
        elif said.power_w is not None:
            self._power = said.power_w, now_s
        values = {"import_wh": said.import_wh, "export_wh": said.export_wh}
        told = {name: value for name, value in values.items() if value is not None}
        return (*doubts, *(name for name, value in told.items() if not self.odometer.count(name, value, now_s)))

    def switched(self, position: bool) -> None:
        """It moved: what was measured before is over."""
        if self._position is not None and position is not self._position:
            self._power = None
        self._position = position

    def reading(self, now_s: float) -> Reading:
        """What may be said now."""
        is_fresh = self._power is not None and now_s - self._power[1] <= self._lasts_s
        power_w = self._power[0] if is_fresh and self._power is not None else None
        totals = self.odometer.totals
        imported, exported = (round(totals[name]) if name in totals else None for name in NAMES)
        return Reading(power_w, imported, exported)
