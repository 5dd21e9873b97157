"""When a web server is asked next: seldom, never at everybody's minute, and not once it has answered. Pure.

Those servers are free and belong to others; some ban who asks too often.
"""

import random
from datetime import datetime, time, timedelta
from typing import Final

from services.tempo.hours import DAY, Hours
from services.tempo.knowledge import Word

AGAIN_S: Final = 1800.0
SPREAD_S: Final = 300.0
LATER_S: Final = 900.0
FIRST_RETRY_S: Final = 600.0
LAST_RETRY_S: Final = 3600.0
LEAST_S: Final = 600.0
"""Between two questions, also over a restart."""
SHOWN_AFTER: Final = timedelta(minutes=5)
"""The next colour is first shown shortly after a day has begun."""


def pause_s(now: datetime, hours: Hours, said: Word | None, binding: time) -> float:
    """How long to wait after an answer. `said`: the source's own word about the next day."""
    tomorrow = hours.day_of(now) + DAY
    binds = hours.instant(tomorrow - DAY, binding)
    if said is not None and said.is_final:
        return _until(now, hours.start(tomorrow) + SHOWN_AFTER)
    if said is not None and now < binds:
        return _until(now, binds)
    return random.uniform(AGAIN_S - SPREAD_S, AGAIN_S + SPREAD_S)


def _until(now: datetime, then: datetime) -> float:
    """To an instant, and up to a quarter of an hour more."""
    return max(0.0, (then - now).total_seconds()) + random.uniform(0.0, LATER_S)


def exchange_pause_s(now: datetime, hours: Hours, known_until: datetime | None, published_at: time) -> float:
    """How long to wait before the exchange's prices are asked for again: until the next ones are there."""
    today = hours.day_of(now)
    published = hours.instant(today, published_at)
    if known_until is not None and known_until >= hours.start(today + 2 * DAY):
        return _until(now, hours.instant(today + DAY, published_at))
    if known_until is not None and known_until > now and now < published:
        return _until(now, published)
    return random.uniform(AGAIN_S - SPREAD_S, AGAIN_S + SPREAD_S)
