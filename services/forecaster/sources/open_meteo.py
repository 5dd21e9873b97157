"""Open-Meteo's forecast: sunlight on the plane itself, or on the level, by quarter hours or hours.

Facts (open-meteo.com/en/docs): radiation is the mean of the quarter, or the hour, *before* its time stamp; azimuth
counts from south, west positive; times come as seconds UTC when asked so. Near the horizon sunlight on a plane is
sometimes negative; it is then made from direct and diffuse light.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import DeviceRefused, DeviceUnintelligible
from common.means import QUARTER_S
from services.forecaster.core.plant import Plane, Site, Weather

NAME: Final = "Open-Meteo"
URL: Final = "https://api.open-meteo.com"
PAID_URL: Final = "https://customer-api.open-meteo.com"
PATH: Final = "/v1/forecast"
PER_HOUR: Final = 200
"""Its free service bears 10,000 a day."""
DAYS: Final = 4
"""Today, and what two days ahead may touch; one more for when it falls silent."""
FIELDS: Final = {
    "global_tilted_irradiance": "tilted_w_m2",
    "shortwave_radiation": "global_w_m2",
    "direct_normal_irradiance": "direct_w_m2",
    "diffuse_radiation": "diffuse_w_m2",
    "temperature_2m": "air_c",
    "wind_speed_10m": "wind_m_s",
}
Light = Annotated[float, Field(ge=-200, le=1800)]


class _Steps(BaseModel):
    """One value per time stamp and quantity; null where it is not known."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    time: Annotated[list[int], Field(min_length=1, max_length=10_000)]
    global_tilted_irradiance: list[Light | None] = []
    shortwave_radiation: list[Light | None] = []
    direct_normal_irradiance: list[Light | None] = []
    diffuse_radiation: list[Light | None] = []
    temperature_2m: list[Annotated[float, Field(ge=-90, le=70)] | None] = []
    wind_speed_10m: list[Annotated[float, Field(ge=0, le=150)] | None] = []


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    minutely_15: _Steps | None = None
    hourly: _Steps | None = None
    error: bool = False
    reason: str = ""


def query(site: Site, plane: Plane, api_key: str | None) -> dict[str, str]:
    """What to ask for one plane."""
    asked = {
        "latitude": f"{site.latitude_deg:.4f}",
        "longitude": f"{site.longitude_deg:.4f}",
        "minutely_15": ",".join(FIELDS),
        "tilt": f"{plane.tilt_deg:g}",
        "azimuth": f"{(plane.azimuth_deg + 360) % 360 - 180:g}",
        "wind_speed_unit": "ms",
        "timeformat": "unixtime",
        "timezone": "GMT",
        "forecast_days": str(DAYS),
    }
    return {**asked, "apikey": api_key} if api_key else asked


def weather(body: bytes) -> dict[int, Weather]:
    """The weather at a plane, by quarter. Raises DeviceRefused or DeviceUnintelligible."""
    try:
        answer = _Answer.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "answer"
        raise DeviceUnintelligible(f"{NAME}: {where}: {first['msg']}; found {body[:60]!r}") from error
    if answer.error:
        raise DeviceRefused(f"{NAME} says no: {answer.reason[:150]}")
    if answer.minutely_15 is not None:
        return _by_quarter(answer.minutely_15, 1)
    return _by_quarter(answer.hourly, 4) if answer.hourly is not None else {}


def power(site: Site, planes: Sequence[Mapping[int, Weather]]) -> dict[int, float]:
    """What a site gives, by quarter, where the weather is known at each of its planes."""
    common = set(planes[0]).intersection(*planes[1:])
    each = ((start_s, site.power_w(start_s, [told[start_s] for told in planes])) for start_s in sorted(common))
    return {start_s: power_w for start_s, power_w in each if power_w is not None}


def _by_quarter(steps: _Steps, quarters: int) -> dict[int, Weather]:
    """Each step is about the quarters before its stamp; those of an hour are alike."""
    told = {name: getattr(steps, asked) for asked, name in FIELDS.items() if getattr(steps, asked)}
    if any(len(values) != len(steps.time) for values in told.values()):
        raise DeviceUnintelligible(f"{NAME}: there are not as many values as times")
    found: dict[int, Weather] = {}
    for index, end_s in enumerate(steps.time):
        one = Weather(**{name: values[index] for name, values in told.items()})
        for before in range(1, quarters + 1):
            found[end_s - before * QUARTER_S] = one
    return found
