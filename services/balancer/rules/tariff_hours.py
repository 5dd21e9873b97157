"""Is electricity cheap at this hour? By the owner's peak hours, in local time."""

from collections.abc import Sequence
from datetime import datetime, time

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_low_tariff(local: datetime, days: Sequence[str], start: time, end: time) -> bool:
    """Whether `local` lies outside the peak hours [start, end) of `days`; they may run over midnight."""
    clock = local.time()
    if start <= end:
        return not (WEEKDAYS[local.weekday()] in days and start <= clock < end)
    evening = WEEKDAYS[local.weekday()] in days and clock >= start
    morning = WEEKDAYS[local.weekday() - 1] in days and clock < end
    return not (evening or morning)
