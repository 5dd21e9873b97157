"""The roof: planes, inverters, and what they make of sunlight. Powers in W, ≥ 0."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from common.means import QUARTER_S
from services.forecaster.core.sky import Irradiance, clear_sky, on_plane, split
from services.forecaster.core.sun import SunPosition, position

FULL_SUN_W_M2: Final = 1000.0
PER_DEGREE: Final = -0.0035
"""Share of its power that a crystalline module gains per °C above 25."""
STILL_W_M2_C: Final = 25.0
WIND_W_M2_C_PER_M_S: Final = 6.84
"""How modules shed heat, standing still and per m/s of wind (Faiman, 2008)."""
USUAL_C: Final = 15.0
USUAL_WIND_M_S: Final = 2.0
"""Where nobody tells."""
MOST_REMEMBERED: Final = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Modules that look the same way."""

    peak_w: float
    """Their power in full sun at 25 °C, as on the invoice."""
    tilt_deg: float
    azimuth_deg: float
    loss: float
    """Share lost in cables, mismatch, dirt and inverter."""

    def power_w(self, sunlight_w_m2: float, air_c: float | None, wind_m_s: float | None) -> float:
        """What it gives of the sunlight on it, at the inverter's output before its limit."""
        air_c = USUAL_C if air_c is None else air_c
        wind_m_s = USUAL_WIND_M_S if wind_m_s is None else max(0.0, wind_m_s)
        cell_c = air_c + sunlight_w_m2 / (STILL_W_M2_C + WIND_W_M2_C_PER_M_S * wind_m_s)
        share = sunlight_w_m2 / FULL_SUN_W_M2 * (1 + PER_DEGREE * (cell_c - 25))
        return self.peak_w * (1 - self.loss) * max(0.0, share)


class Weather(NamedTuple):
    """The weather of one quarter hour at one plane. None: not told."""

    tilted_w_m2: float | None = None
    """On the plane itself."""
    global_w_m2: float | None = None
    direct_w_m2: float | None = None
    diffuse_w_m2: float | None = None
    air_c: float | None = None
    wind_m_s: float | None = None


@dataclass(frozen=True)
class Site:
    """Planes behind one inverter."""

    latitude_deg: float
    longitude_deg: float
    planes: tuple[Plane, ...]
    inverter_w: float | None
    """The most it gives."""

    @property
    def limit_w(self) -> float:
        """No more than this can come out of it: cold air and edges of clouds may lift modules above their peak."""
        return min(self.inverter_w or float("inf"), 1.2 * sum(plane.peak_w for plane in self.planes))

    def sun(self, start_s: int) -> SunPosition:
        """The sun in the middle of a quarter hour."""
        return position(start_s + QUARTER_S / 2, self.latitude_deg, self.longitude_deg)

    def power_w(self, start_s: int, weather: Sequence[Weather]) -> float | None:
        """What it gives in a quarter hour; one `Weather` per plane. None where none of them knows of the sun."""
        sun, total_w = self.sun(start_s), 0.0
        for plane, told in zip(self.planes, weather, strict=True):
            sunlight_w_m2 = _sunlight(plane, told, sun)
            if sunlight_w_m2 is None:
                return None
            total_w += plane.power_w(sunlight_w_m2, told.air_c, told.wind_m_s)
        return self.clipped_w(total_w)

    def clipped_w(self, power_w: float) -> float:
        """The inverter gives no more than it can."""
        return min(max(0.0, power_w), self.limit_w)

    def clear_w(self, start_s: int) -> float:
        """What it would give under a clear sky."""
        sun = self.sun(start_s)
        light = clear_sky(sun)
        falls = (on_plane(light, sun, plane.tilt_deg, plane.azimuth_deg) for plane in self.planes)
        return self.clipped_w(sum(p.power_w(w_m2, None, None) for p, w_m2 in zip(self.planes, falls, strict=True)))


@dataclass(frozen=True)
class Plant:
    """All sites of a house together."""

    sites: tuple[Site, ...]
    _clear: dict[int, float] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def limit_w(self) -> float:
        """The most that all sites can give."""
        return sum(site.limit_w for site in self.sites)

    def clear_w(self, start_s: int) -> float:
        """What they would give under a clear sky in a quarter hour; remembered, because history asks again."""
        known = self._clear.get(start_s)
        if known is None:
            if len(self._clear) >= MOST_REMEMBERED:
                self._clear.clear()
            known = self._clear[start_s] = sum(site.clear_w(start_s) for site in self.sites)
        return known


def _sunlight(plane: Plane, told: Weather, sun: SunPosition) -> float | None:
    """What falls on a plane: as told for it, else from direct and diffuse light, else from global light alone."""
    if told.tilted_w_m2 is not None and told.tilted_w_m2 >= 0:
        return told.tilted_w_m2
    if told.global_w_m2 is None:
        return None
    level = max(0.0, told.global_w_m2)
    if told.direct_w_m2 is None or told.diffuse_w_m2 is None:
        light = split(level, sun)
    else:
        light = Irradiance(level, max(0.0, told.direct_w_m2), max(0.0, told.diffuse_w_m2))
    return on_plane(light, sun, plane.tilt_deg, plane.azimuth_deg)
