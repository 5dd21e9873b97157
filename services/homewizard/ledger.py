"""Which values of a device can be true: power within its rating, counters that grow no faster than it allows. Pure."""

from collections.abc import Mapping
from typing import Final

from common.counters import Counters
from services.homewizard.wire import Flow, Reading

AT_ONCE: Final[Mapping[str, float]] = {"import_wh": 1000, "export_wh": 1000}
"""Steps that are always believed."""
WATER_M3_PER_H: Final = 20.0
"""More than a house's water meter can pass."""


class Ledger:
    """What was believed of one device's electricity."""

    def __init__(self, max_power_w: float) -> None:
        self._max_power_w = max_power_w
        self._counters = Counters(dict.fromkeys(AT_ONCE, max_power_w), AT_ONCE, quick=tuple(AT_ONCE))

    def judge(self, flow: Flow, now_s: float) -> tuple[Reading, tuple[str, ...]]:
        """What of it is believed, and the names of what is not."""
        values = {"import_wh": flow.import_wh, "export_wh": flow.export_wh}
        doubts = [
            name
            for name, value in values.items()
            if value is not None and self._counters.judge(name, value, now_s) == "doubted"
        ]
        power_w = flow.power_w
        if power_w is not None and abs(power_w) > self._max_power_w:
            power_w = None
            doubts.append("power_w")
        believed = {name: None if name in doubts else value for name, value in values.items()}
        return Reading(flow, power_w, believed["import_wh"], believed["export_wh"]), tuple(doubts)


class WaterLedger:
    """What was believed of a water meter."""

    def __init__(self) -> None:
        self._counters = Counters({"water_m3": WATER_M3_PER_H}, {"water_m3": 1.0})

    def judge(self, water_m3: float, now_s: float) -> tuple[float | None, tuple[str, ...]]:
        """What of it is believed, and the names of what is not."""
        if self._counters.judge("water_m3", water_m3, now_s) == "doubted":
            return None, ("water_m3",)
        return water_m3, ()
