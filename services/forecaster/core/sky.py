"""From the sky to a plane: clear sky, what of it is diffuse, and what falls on a tilted roof. In W/m².

Each formula is its author's: clear sky after Haurwitz (1945), diffuse share after Erbs (1982), tilted plane after
Hay and Davies (1980) with light from the ground.
"""

from math import cos, exp, radians, sin
from typing import Final, NamedTuple

from services.forecaster.core.sun import SunPosition

ALBEDO: Final = 0.2
"""What grass, tiles and streets reflect."""
LEAST_COS_ZENITH: Final = 0.01745
"""The sun one degree above the horizon: the ratio of two small numbers is bounded by it."""
LEAST_COS_SPLIT: Final = 0.065
"""The same where global light is split: below 86° the split says little."""


class Irradiance(NamedTuple):
    """Sunlight at a place, ≥ 0."""

    global_w_m2: float
    """On the level: direct and diffuse together."""
    direct_w_m2: float
    """Direct, on a plane that faces the sun."""
    diffuse_w_m2: float
    """From all over the sky, on the level."""


def clear_sky(sun: SunPosition) -> Irradiance:
    """What arrives when there is no cloud."""
    height = sun.cos_zenith
    if height <= 0:
        return Irradiance(0.0, 0.0, 0.0)
    return split(1098.0 * height * exp(-0.059 / height), sun)


def split(global_w_m2: float, sun: SunPosition) -> Irradiance:
    """Global light into direct and diffuse, by its clearness."""
    height = max(sun.cos_zenith, LEAST_COS_SPLIT)
    clearness = min(1.0, max(0.0, global_w_m2 / (sun.beyond_air_w_m2 * height)))
    diffuse = global_w_m2 * _diffuse_share(clearness)
    is_day = sun.cos_zenith > cos(radians(87))
    return Irradiance(global_w_m2, (global_w_m2 - diffuse) / sun.cos_zenith if is_day else 0.0, diffuse)


def _diffuse_share(clearness: float) -> float:
    if clearness <= 0.22:
        return 1 - 0.09 * clearness
    if clearness > 0.8:
        return 0.165
    k = clearness
    return 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4


def on_plane(light: Irradiance, sun: SunPosition, tilt_deg: float, azimuth_deg: float) -> float:
    """What falls on a plane. `tilt_deg`: 0 level, 90 upright; `azimuth_deg`: where it looks, as on a compass."""
    tilt = radians(tilt_deg)
    facing = max(0.0, _cos_incidence(sun, tilt, azimuth_deg))
    circumsolar = light.direct_w_m2 / sun.beyond_air_w_m2
    towards_sun = circumsolar * facing / max(sun.cos_zenith, LEAST_COS_ZENITH)
    sky = light.diffuse_w_m2 * (towards_sun + (1 - circumsolar) * (1 + cos(tilt)) / 2)
    ground = light.global_w_m2 * ALBEDO * (1 - cos(tilt)) / 2
    return light.direct_w_m2 * facing + max(0.0, sky) + ground


def _cos_incidence(sun: SunPosition, tilt: float, azimuth_deg: float) -> float:
    zenith = radians(sun.zenith_deg)
    turned = radians(sun.azimuth_deg - azimuth_deg)
    return cos(tilt) * cos(zenith) + sin(tilt) * sin(zenith) * cos(turned)
