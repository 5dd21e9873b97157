"""An older program for the same radiators, as a yardstick: round robin and its estimates of the mode, defects included.

One index goes round; boosted radiators are counted again when they also ask. Commands go out in list order. The mode
came from a helper, moved by thresholds of the house's power, or by one of two later estimates in amperes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

RATED_A = 5.0
OVERDRAW = 1.3
SPARE = 1.2
MARGIN_A = 3.0
RELAX_S = 90.0
RISING_W = (3800.0, 4000.0, 4400.0, 4600.0)
RELEASE_S = 180.0
STEP_S = 120.0
Estimate = Literal["global", "individual", "thresholds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What is measured in one second."""

    grid_a: float
    others_a: float
    """Of everything that does not heat."""
    grid_w: float


@dataclass
class OlderRadiators:
    """Its memory, and one second of it."""

    names: Sequence[str]
    table: Sequence[int]
    limit_a: float
    estimate: Estimate
    rising_w: Sequence[float] = RISING_W
    mode: int = 0
    index: int = 0
    live: dict[str, bool] = field(default_factory=dict)
    last_step_s: float = float("-inf")
    last_relaxed_s: float = float("-inf")
    below_since_s: dict[float, float] = field(default_factory=dict)
    before_w: float | None = None
    upward_steps: int = 0

    def second(self, metered: Metered, asks: Mapping[str, bool], now_s: float) -> Mapping[str, bool]:
        """Who is on after this second. `asks`: each thermostat's word."""
        before = self.mode
        if self.estimate == "thresholds":
            self._by_thresholds(metered.grid_w, now_s)
        else:
            self._by_amperes(metered, now_s)
        self.upward_steps += self.mode > before
        if self.mode > before or now_s - self.last_step_s >= STEP_S:
            self.last_step_s = now_s
            self._step(asks)
        return self.live

    def _step(self, asks: Mapping[str, bool]) -> None:
        limit, count, place = self.table[self.mode], 0, self.index
        live = dict.fromkeys(self.names, False)
        for turn in range(len(self.names)):
            place = (self.index + turn) % len(self.names)
            if asks[self.names[place]]:
                count += 1
                if count > limit:
                    break
                live[self.names[place]] = True
        self.index, self.live = place, live

    def _by_amperes(self, metered: Metered, now_s: float) -> None:
        """Global: its term for the radiators was always zero, so what is left is limit minus meter."""
        used_a = metered.grid_a if self.estimate == "global" else metered.others_a + MARGIN_A
        available_a = self.limit_a - used_a
        need_a = RATED_A * OVERDRAW
        if available_a < need_a:
            self.mode = min(len(self.table) - 1, self.mode + 1)
        elif available_a > need_a * SPARE and now_s - self.last_relaxed_s >= RELAX_S:
            self.last_relaxed_s = now_s
            self.mode = max(0, self.mode - 1)

    def _by_thresholds(self, power_w: float, now_s: float) -> None:
        """Each upward crossing of a threshold is one more; each that was quiet for three minutes one less."""
        for rising_w in self.rising_w:
            if power_w > rising_w:
                crossed = self.before_w is not None and self.before_w <= rising_w
                self.mode = min(len(self.table) - 1, self.mode + crossed)
                self.below_since_s.pop(rising_w, None)
            elif now_s - self.below_since_s.setdefault(rising_w, now_s) >= RELEASE_S:
                self.mode = max(0, self.mode - 1)
                self.below_since_s[rising_w] = float("inf")
        self.before_w = power_w
