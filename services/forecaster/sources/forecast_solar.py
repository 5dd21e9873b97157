"""forecast.solar's estimate: power of a plane at some instants of today and tomorrow.

Facts (doc.forecast.solar): azimuth counts from south, west positive; 12 questions an hour without an account, and
HTTP 429 with `retry-at` beyond that; times are asked for in UTC.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import DeviceUnintelligible
from services.forecaster.core.plant import Plane, Site
from services.forecaster.core.spans import between, by_quarter

NAME: Final = "forecast.solar"
URL: Final = "https://api.forecast.solar"
PER_HOUR: Final = 12
QUERY: Final = {"time": "utc"}


class _Result(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    watts: Annotated[dict[str, Annotated[float, Field(ge=0, le=1_000_000)]], Field(max_length=5000)]


class _RateLimit(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    retry_at: datetime | None = Field(default=None, alias="retry-at")


class _Message(BaseModel):
    ratelimit: _RateLimit = _RateLimit()


class _Answer(BaseModel):
    result: _Result


class _Refusal(BaseModel):
    message: _Message = _Message()


def path(site: Site, plane: Plane, api_key: str | None) -> str:
    """What to ask for one plane. Its losses are the calibration's business; the service takes whole degrees."""
    account = f"/{api_key}" if api_key else ""
    azimuth = round((plane.azimuth_deg + 360) % 360 - 180)
    where = f"{site.latitude_deg:.4f}/{site.longitude_deg:.4f}"
    return f"{account}/estimate/{where}/{round(plane.tilt_deg)}/{azimuth}/{plane.peak_w / 1000:g}"


def power(body: bytes) -> dict[int, float]:
    """What a plane gives, by quarter. Raises DeviceUnintelligible."""
    try:
        watts = _Answer.model_validate_json(body).result.watts
        points = sorted((_instant(when), power_w) for when, power_w in watts.items())
    except ValueError as error:  # pydantic's ValidationError is one of them
        raise DeviceUnintelligible(f"{NAME} says something else than power: {body[:80]!r}") from error
    return by_quarter(between(points))


def retry_at_ms(body: bytes) -> int | None:
    """When it may be asked again, out of a refusal; None if it does not say."""
    try:
        when = _Refusal.model_validate_json(body).message.ratelimit.retry_at
    except ValidationError:
        return None
    return None if when is None else round(_aware(when).timestamp() * 1000)


def summed(planes: Sequence[Mapping[int, float]], site: Site) -> dict[int, float]:
    """A site's planes together, as far as each of them is known, and no more than its inverter gives."""
    starts = set(planes[0]).intersection(*planes[1:])
    return {start_s: site.clipped_w(sum(told[start_s] for told in planes)) for start_s in sorted(starts)}


def _instant(text: str) -> float:
    return _aware(datetime.fromisoformat(text)).timestamp()


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)
