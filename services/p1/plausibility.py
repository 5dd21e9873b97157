"""Which values can be true: power within the connection, counters that grow no faster than it allows. Pure.

A counter that falls or leaps is left out. If it stays at its new level it was exchanged or set anew, and is believed
from then on, with the time at which it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from common.contract import MeterState
from common.counters import Counters

POWERS = ("power_w", "power_l1_w", "power_l2_w", "power_l3_w")
ENERGIES = (
    "energy_import_wh", "energy_export_wh",
    "energy_import_t1_wh", "energy_import_t2_wh", "energy_export_t1_wh", "energy_export_t2_wh",
)  # fmt: skip
PER_HOUR: Mapping[str, float] = {"gas_m3": 40, "water_m3": 20, "heat_gj": 1}
"""More than a house's gas, water or heat meter can pass."""
AT_ONCE: Mapping[str, float] = dict.fromkeys(ENERGIES, 1000) | {"gas_m3": 1, "water_m3": 1, "heat_gj": 1}
"""Steps that are always believed: some meters show whole kWh, m³ or GJ only."""
COUNTERS = tuple(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Judged:
    """What of a reading can be used."""

    state: MeterState | None
    """None: nothing."""
    doubts: tuple[str, ...]
    """Names of the fields that were not believed."""


class Memory(BaseModel):
    """What outlives a restart: a meter is often exchanged while the power, and we, are off."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    levels: dict[str, float]
    reset_ms: int | None = None


class Ledger:
    """The counters of one meter and what was believed of them last."""

    def __init__(self, max_power_w: float) -> None:
        self._max_power_w = max_power_w
        per_hour = dict.fromkeys(ENERGIES, max_power_w) | dict(PER_HOUR)
        self._counters = Counters(per_hour, AT_ONCE, quick=ENERGIES)
        self._reset_ms: int | None = None

    def judge(self, state: MeterState, now_s: float, wall_ms: int) -> Judged:
        """Take a new reading, of `now_s` (monotonic) and `wall_ms`; leave out what cannot be true."""
        values: Mapping[str, float | None] = state.__dict__
        wild = tuple(name for name in POWERS if abs(values[name] or 0.0) > self._max_power_w)
        if wild:
            return Judged(None, wild)
        doubtful = tuple(
            name
            for name in COUNTERS
            if (value := values[name]) is not None and not self._believes(name, value, now_s, wall_ms)
        )
        update: dict[str, int | None] = dict.fromkeys(doubtful)
        return Judged(state.model_copy(update={**update, "counter_reset_ms": self._reset_ms}), doubtful)

    def memory(self) -> Memory:
        """What to keep."""
        levels = {name: level.value for name, level in self._counters.levels.items()}
        return Memory(levels=levels, reset_ms=self._reset_ms)

    def recall(self, memory: Memory, now_s: float) -> None:
        """Go on from what was kept. How long ago that was nobody knows who has just booted without a clock."""
        self._counters.recall(memory.levels, now_s)
        self._reset_ms = memory.reset_ms

    def _believes(self, name: str, value: float, now_s: float, wall_ms: int) -> bool:
        belief = self._counters.judge(name, value, now_s)
        if belief == "begun_anew":
            self._reset_ms = wall_ms
        return belief != "doubted"
