"""Means of quarter hours out of measurements that come when they like. Pure.

A value holds until the next one, and no longer than a measurement may be old. What was silent is not known, and a
quarter of which a fifth is not known has no mean.
"""

from typing import Final

from services.forecaster.core.quarters import QUARTER_S, quarter
from services.forecaster.core.spans import Part, pieces

HOLDS_S: Final = 120.0
"""A state is due each 30 s at least; after four of them it is silence."""
COVERED: Final = 0.8
KEPT: Final = 4
"""Quarters that are remembered; more would be a clock that was set."""


class Means:
    """One device's power, quarter by quarter. Times are s UTC, as the device's bridge measured them."""

    def __init__(self) -> None:
        self._parts: dict[int, Part] = {}
        self._last: tuple[float, float | None] | None = None

    def add(self, time_s: float, power_w: float | None) -> None:
        """A measurement; None: it says that it does not know. One older than the last is none."""
        if self._last is not None and time_s < self._last[0]:
            if self._last[0] - time_s < QUARTER_S:
                return
            self._parts.clear()  # the clock was set back
        elif self._last is not None and self._last[1] is not None:
            self._fill(*self._last, min(time_s, self._last[0] + HOLDS_S))
        self._last = time_s, power_w
        while len(self._parts) > KEPT:
            del self._parts[min(self._parts)]

    def mean_w(self, start_s: int) -> float | None:
        """Over a quarter that is over; None if too much of it is not known."""
        part = self._parts.get(start_s, Part())
        if self._last is not None and self._last[1] is not None and quarter(self._last[0]) == start_s:
            until_s = min(start_s + QUARTER_S, self._last[0] + HOLDS_S)
            part = part.plus(until_s - self._last[0], self._last[1])
        return part.mean_w(COVERED)

    def _fill(self, from_s: float, power_w: float | None, to_s: float) -> None:
        for at, start_s, end_s in pieces(from_s, to_s):
            self._parts[at] = self._parts.get(at, Part()).plus(end_s - start_s, power_w or 0.0)


class House:
    """What was measured, put together: production, and the load that is nobody's but the house's."""

    def __init__(self, production: tuple[str, ...], grid_meter: str | None, apart: tuple[str, ...]) -> None:
        self._production, self._grid_meter, self._apart = production, grid_meter, apart
        self._means = {name: Means() for name in (*production, *apart, *([grid_meter] if grid_meter else []))}

    def add(self, device: str, time_s: float, power_w: float | None) -> None:
        """A measurement of one device: grid + import, battery + charge, load + consumption, production ≥ 0."""
        self._means[device].add(time_s, power_w)

    def production_w(self, start_s: int, is_night: bool) -> float | None:
        """Of all roofs in a quarter. An inverter that sleeps while the sun is down gives nothing: that is known."""
        if not self._production:
            return None
        return self._sum(self._production, start_s, silent_w=0.0 if is_night else None)

    def load_w(self, start_s: int, production_w: float | None) -> float | None:
        """Of the house in a quarter. None if the meter, a roof, or a device that is counted apart is not known."""
        grid_w = self._means[self._grid_meter].mean_w(start_s) if self._grid_meter else None
        apart_w = self._sum(self._apart, start_s)
        if grid_w is None or apart_w is None or (self._production and production_w is None):
            return None
        return max(0.0, grid_w + (production_w or 0.0) - apart_w)

    def silent(self, start_s: int) -> tuple[str, ...]:
        """The devices of which too little was heard in a quarter."""
        return tuple(name for name, means in self._means.items() if means.mean_w(start_s) is None)

    def _sum(self, names: tuple[str, ...], start_s: int, silent_w: float | None = None) -> float | None:
        total_w = 0.0
        for name in names:
            mean_w = self._means[name].mean_w(start_s)
            mean_w = silent_w if mean_w is None else mean_w
            if mean_w is None:
                return None
            total_w += mean_w
        return total_w
