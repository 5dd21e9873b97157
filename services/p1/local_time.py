"""The meter's local times: numbers `YYMMDDhhmmss` in v1, ISO texts without a zone in v2. Pure.

They tell one telegram from the next; nothing decides by them whether a reading is fresh.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import JsonValue

OLDEST = datetime(2010, 1, 1, tzinfo=UTC)
"""Smart meters are younger: what lies before comes from a clock that was never set (`700101000000`)."""
AHEAD = timedelta(days=1)


def local_ms(value: JsonValue, zone: ZoneInfo, near_ms: int) -> int | None:
    """UTC milliseconds of a meter's local time; None for nonsense, the distant past and the future.

    The hour that comes twice in October means the one nearer to `near_ms`, when the telegram came.
    """
    local = _local(value)
    if local is None:
        return None
    near = datetime.fromtimestamp(near_ms / 1000, UTC)
    instants = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    instant = min(instants, key=lambda candidate: abs(candidate - near))
    return round(instant.timestamp() * 1000) if OLDEST <= instant <= near + AHEAD else None


def _local(value: JsonValue) -> datetime | None:
    """The naive local time that was written."""
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=None)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.strptime(f"{int(value):012d}+0000", "%y%m%d%H%M%S%z").replace(tzinfo=None)
    except (ValueError, OverflowError):
        pass
    return None
