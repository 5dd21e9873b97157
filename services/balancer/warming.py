"""The daily look at water heaters that live on the sun, by the clock and not by messages. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from services.balancer.crew import is_switched
from services.balancer.loads.day import day_of, latest
from services.balancer.loads.hot_water import lacking_wh, season_of
from services.balancer.loads.sunshine import Thirst, gloom_pct
from services.balancer.mind import Mind
from services.balancer.planning import spans
from services.balancer.switchboard import rated_w
from services.balancer.water_settings import HotWater

EARLY = time(7)
"""A look no later than this is about the sun of the same day, a later one about that of the next."""
SLACK, SLACK_S = 1.5, 1800.0
"""It should have what it lacks within this factor of the time that takes, and so much more."""


class Warming(NamedTuple):
    """What one look found."""

    load: str
    lacking_wh: float


def look_at_hot_water(mind: Mind, local: datetime, now_s: float) -> tuple[Warming, ...]:
    """Look at every water heater whose hour has come since the last look, however long ago that was."""
    looks = (_look(mind, load, local, now_s) for load in mind.config.loads)
    return tuple(found for found in looks if found is not None)


def _look(mind: Mind, load: str, local: datetime, now_s: float) -> Warming | None:
    policy, book = mind.policy(load), mind.switchboard.book(load)
    if policy.hot_water is None:
        return None
    number = day_of(local, policy.hot_water.check_at)
    if number == book.warmth.looked:
        return None
    is_first = book.warmth.looked is None  # nothing is known of its days yet
    rests = is_first or mind.book.hot_water_mode(load) != "solar"
    owed_wh = 0.0 if rests else _lacking_wh(mind, load, policy.hot_water, Moment(local, now_s))
    due_s = now_s + SLACK * 3600 * owed_wh / rated_w(policy, book) + SLACK_S
    mind.switchboard.books[load] = replace(book, warmth=book.warmth.looked_at(number, owed_wh, due_s))
    return Warming(load, owed_wh)


class Moment(NamedTuple):
    """Now, on both clocks."""

    local: datetime
    now_s: float


def _lacking_wh(mind: Mind, load: str, told: HotWater, now: Moment) -> float:
    """By the days as they were when its hour came; what it took since a day ended is not missing any more."""
    asked = latest(now.local, told.check_at)
    day, book = day_of(asked, mind.config.day_starts), mind.switchboard.book(load)
    today, yesterday = (book.warmth.past(each, book.stored) for each in (day, day - 1))
    if today.was_full:
        return 0.0
    limits = told.limits(season_of(asked.date(), {name: each.begin for name, each in told.seasons().items()}))
    yesterday_wh = told.full_wh if yesterday.was_full else yesterday.energy_wh
    gloom = _gloom_pct(mind, load, asked, now, limits.day_wh) if told.heeds(limits.season) else 100.0
    later_wh = book.stored.energy_wh if book.stored.day is not None and book.stored.day > day else 0.0
    return max(0.0, lacking_wh(limits, today.energy_wh, yesterday_wh, gloom) - later_wh)


def _gloom_pct(mind: Mind, load: str, asked: datetime, now: Moment, need_wh: float) -> float:
    """How little the sun will bring on the day that counts."""
    date = asked.date() + timedelta(days=asked.time() > EARLY)
    begins, ends = (
        datetime.combine(date + timedelta(days=days), time(), tzinfo=asked.tzinfo).astimezone(UTC) for days in (0, 1)
    )
    start_s, end_s = (now.now_s + (edge - now.local.astimezone(UTC)).total_seconds() for edge in (begins, ends))
    pv, house = (spans(mind, mind.world.forecasts.get(kind), now.now_s) for kind in ("pv", "load"))
    return gloom_pct(pv, house, (max(start_s, now.now_s), end_s), _thirst(mind, load, need_wh))


def _thirst(mind: Mind, load: str, need_wh: float) -> Thirst:
    power_w, device = rated_w(mind.policy(load), mind.switchboard.book(load)), mind.world.devices.get(load)
    is_dimmed = device is not None and not is_switched(device)
    return Thirst(1.0 if is_dimmed else power_w, power_w, need_wh)
