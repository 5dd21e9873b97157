"""The household's day: from one boundary (06:00 local by default) to the next, 23, 24 or 25 hours long."""

from datetime import UTC, datetime, time, timedelta


def day_of(local: datetime, boundary: time) -> int:
    """A number that grows by one at each boundary, also where a clock change makes the hour come twice or never."""
    began = _boundary_on(local, boundary, 0)
    return local.date().toordinal() - (local.astimezone(UTC) < began)


def left_of_day_s(local: datetime, boundary: time) -> float:
    """Seconds until the day ends."""
    return until_s(local, boundary)


def until_s(local: datetime, at: time) -> float:
    """Seconds until the clock on the wall shows `at` the next time; a whole day if it shows it now."""
    now = local.astimezone(UTC)
    ahead = (_boundary_on(local, at, days) for days in (-1, 0, 1, 2))
    return next((when - now).total_seconds() for when in ahead if when > now)


def latest(local: datetime, at: time) -> datetime:
    """When the clock on the wall showed `at` the last time; now, if it shows it now."""
    now = local.astimezone(UTC)
    back = (_boundary_on(local, at, days) for days in (1, 0, -1, -2))
    return next(when for when in back if when <= now).astimezone(local.tzinfo)


def _boundary_on(local: datetime, at: time, days: int) -> datetime:
    """The instant of a time of day on the date of `local`, or some days later. An hour that comes twice: the first."""
    date = local.date() + timedelta(days=days)
    return datetime.combine(date, at, tzinfo=local.tzinfo).astimezone(UTC)
