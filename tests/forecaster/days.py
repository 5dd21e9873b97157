"""Days for the forecaster's core: a roof near Paris, and histories of it made by rule."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from common.means import QUARTER_S
from services.forecaster.core.plant import Plane, Plant, Site
from services.forecaster.core.quarters import Quarter

NOON_S = int(datetime(2026, 6, 18, 12, tzinfo=UTC).timestamp())
DAY_S = 86_400
SOUTH = Plane(peak_w=4000, tilt_deg=35, azimuth_deg=180, loss=0.1)


def roof(*planes: Plane, inverter_w: float | None = None) -> Site:
    """A site near Paris."""
    return Site(48.85, 2.35, planes or (SOUTH,), inverter_w)


PLANT = Plant((roof(),))


def quarters(days: int, until_s: int = NOON_S) -> range:
    """The quarters of so many days, up to an instant."""
    return range(until_s - days * DAY_S, until_s, QUARTER_S)


def history(
    days: int,
    pv_w: Callable[[int], float | None] = lambda start_s: None,
    load_w: Callable[[int], float | None] = lambda start_s: None,
    raw_w: Callable[[int], float | None] = lambda start_s: None,
    until_s: int = NOON_S,
) -> list[Quarter]:
    """A past in which everything goes by rule."""
    return [Quarter(at, pv_w(at), load_w(at), raw_w(at)) for at in quarters(days, until_s)]


def share_of_clear(share: float) -> Callable[[int], float]:
    """A sky that lets so much of the sun through."""
    return lambda start_s: share * PLANT.clear_w(start_s)


def promised(share: float, now_s: int = NOON_S, days: int = 3) -> dict[int, float]:
    """A weather that promises so much of a clear sky for the days to come, from the last quarter on."""
    first_s = now_s - QUARTER_S
    return {at: share * PLANT.clear_w(at) for at in range(first_s, first_s + days * DAY_S, QUARTER_S)}


def by_hours(from_s: int, hours: int = 48) -> Iterator[int]:
    """Quarters at full hours."""
    yield from range(from_s, from_s + hours * 3600, 4 * QUARTER_S)
