"""What was measured of one house, put together quarter by quarter. Pure."""

from common.means import Means


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
