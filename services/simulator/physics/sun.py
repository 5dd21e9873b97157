"""What a roof produces: the sun's height over a day, and clouds that drift by. In W, ≥ 0."""

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Sun:
    """One plane of PV. `clouds` from 0 (clear) to 1 (overcast now and again)."""

    peak_w: float
    starts_at: datetime
    """Local solar time at second 0 of the simulation."""
    latitude_deg: float = 50.0
    clouds: float = 0.6
    seed: int = 0

    def at(self, time_s: float) -> float:
        """Production in W at `time_s` seconds after the beginning."""
        return self.peak_w * self._clear(time_s) * self._through_clouds(time_s)

    def _clear(self, time_s: float) -> float:
        """Share of the peak under a clear sky: the sine of the sun's height, a little less through thick air.

        Declination after Cooper (1969).
        """
        when = self.starts_at + timedelta(seconds=time_s)
        day = when.timetuple().tm_yday
        declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day) / 365)
        hour_angle = math.radians(15) * (when.hour + when.minute / 60 + when.second / 3600 - 12)
        latitude = math.radians(self.latitude_deg)
        height = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(
            hour_angle
        )
        return float(max(0.0, height) ** 1.15)

    def _through_clouds(self, time_s: float) -> float:
        """Share of the clear sky that arrives: two sizes of cloud, with edges that take seconds."""
        big, small = self._drift(time_s, 420.0, "big"), self._drift(time_s, 45.0, "small")
        cover = 1 / (1 + math.exp(-14 * (0.65 * big + 0.35 * small - 0.62)))
        return 1 - 0.8 * self.clouds * cover

    def _drift(self, time_s: float, span_s: float, size: str) -> float:
        """Smooth noise from 0 to 1 with features about `span_s` long; the same at the same time, always."""
        index, share = divmod(time_s / span_s, 1.0)
        before, after = (random.Random(f"{self.seed}/{size}/{int(index) + k}").random() for k in (0, 1))
        return before + (after - before) * share * share * (3 - 2 * share)
