"""A recorded week that is made up: sun by day, a house that cooks in the evening, a price that changes."""

from collections.abc import Iterator, Sequence
from math import pi, sin
from zoneinfo import ZoneInfo

from services.planner.core.problem import Store
from services.replay.chores import Chore
from services.replay.compare import Setting
from services.replay.steps import Step

HALF_HOUR_S = 1800
MONDAY_S = 1_709_510_400
"""2024-03-04 00:00 UTC."""
BATTERY = Store(device="battery", capacity_wh=5000, stored_wh=0, max_charge_w=3000, max_discharge_w=3000)


def week(days: int = 4, *, step_s: int = HALF_HOUR_S, flat: bool = False, gap: range = range(0)) -> Iterator[Step]:
    """`gap`: steps that were not measured."""
    for place in range(days * 86_400 // step_s):
        hour = place * step_s / 3600 % 24
        sun_w = 3000 * max(0.0, sin((hour - 6) / 12 * pi)) * (0.5 + 0.5 * (place * step_s // 86_400 % 2))
        load_w = 1800.0 if 17 <= hour < 21 else 350.0
        paid = 0.25 if flat else 0.10 if hour < 5 else 0.40 if 17 <= hour < 20 else 0.22
        if place not in gap:
            yield Step(MONDAY_S + place * step_s, step_s / 3600, load_w, sun_w, paid, 0.04, sun_w)


def setting(chores: dict[str, Chore] | None = None, batteries: Sequence[Store] = (BATTERY,)) -> Setting:
    """A house in Paris with one battery."""
    return Setting(batteries=batteries, chores=chores or {}, zone=ZoneInfo("Europe/Paris"))
