"""Where the sun stands. After J. Meeus, Astronomical Algorithms (1998), chapter 25, in its low-precision form.

Good to 0.02° from 1950 to 2050. Angles in degrees; azimuth as on a compass: 0 north, 90 east, 180 south.
"""

from math import acos, asin, atan2, cos, degrees, radians, sin, tan
from typing import Final, NamedTuple

J2000_S: Final = 946_728_000
"""2000-01-01T12:00 UTC."""
SOLAR_CONSTANT_W_M2: Final = 1366.1


class SunPosition(NamedTuple):
    """As seen from a place; without refraction."""

    zenith_deg: float
    """0 overhead, 90 at the horizon, more when it is down."""
    azimuth_deg: float
    """0 to 360."""
    beyond_air_w_m2: float
    """Irradiance on a plane that faces it, outside the atmosphere."""

    @property
    def cos_zenith(self) -> float:
        """1 overhead, 0 at the horizon, negative when it is down."""
        return cos(radians(self.zenith_deg))


def position(time_s: float, latitude_deg: float, longitude_deg: float) -> SunPosition:
    """The sun at an instant (s UTC since 1970), from a place (north and east are positive)."""
    days = (time_s - J2000_S) / 86_400
    centuries = days / 36_525
    mean_long = (280.46646 + 36_000.76983 * centuries) % 360
    anomaly = radians(357.52911 + 35_999.05029 * centuries)
    eccentricity = 0.016708634 - 0.000042037 * centuries
    centre = (
        (1.914602 - 0.004817 * centuries) * sin(anomaly) + 0.019993 * sin(2 * anomaly) + 0.000289 * sin(3 * anomaly)
    )
    node = radians(125.04 - 1934.136 * centuries)
    apparent = radians(mean_long + centre - 0.00569 - 0.00478 * sin(node))
    obliquity = radians(23.439291 - 0.0130042 * centuries + 0.00256 * cos(node))
    declination = asin(sin(obliquity) * sin(apparent))
    ascension = degrees(atan2(cos(obliquity) * sin(apparent), cos(apparent)))
    sidereal = 280.46061837 + 360.98564736629 * days
    hour_angle = radians((sidereal + longitude_deg - ascension + 180) % 360 - 180)
    distance_au = 1.000001018 * (1 - eccentricity**2) / (1 + eccentricity * cos(anomaly + radians(centre)))
    return _seen_from(radians(latitude_deg), declination, hour_angle, SOLAR_CONSTANT_W_M2 / distance_au**2)


def _seen_from(latitude: float, declination: float, hour_angle: float, beyond_air_w_m2: float) -> SunPosition:
    height = sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hour_angle)
    west = atan2(sin(hour_angle), cos(hour_angle) * sin(latitude) - tan(declination) * cos(latitude))
    return SunPosition(degrees(acos(max(-1.0, min(1.0, height)))), (degrees(west) + 180) % 360, beyond_air_w_m2)
