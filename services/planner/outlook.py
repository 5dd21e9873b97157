"""The time ahead: cut into slots, with what energy costs and what the house is expected to draw. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from common.contract import TariffSlot
from services.planner.core.problem import Scenario
from services.planner.expected import Drawn, Expected
from services.planner.timeline import Prices, Timeline

QUARTER_MS: Final = 900_000
LEAST_SLOT_MS: Final = 60_000
"""A price that changes so soon before or after a quarter hour changes with it."""
LEAST_AHEAD_MS: Final = 2 * 3_600_000


class Wanting(Exception):
    """Raised when something is not known without which a plan would be a guess; the text says what."""


class Outlook(NamedTuple):
    """The time ahead, slot by slot."""

    starts_ms: Sequence[int]
    """Of each slot, and the end of the last one."""
    scenarios: Sequence[Scenario]
    common_slots: int
    """They agree in all that is decided before this one."""
    ways_w: Sequence[Sequence[float]]
    """By how much the house may turn out otherwise than expected, each way as likely; + more import."""

    @property
    def hours(self) -> list[float]:
        """Length of each slot."""
        return [(end_ms - start_ms) / 3_600_000 for start_ms, end_ms in pairwise(self.starts_ms)]

    def before(self, at_ms: int) -> int:
        """How many slots are over at an instant."""
        return sum(end_ms <= at_ms for end_ms in self.starts_ms[1:])


class _Slot(NamedTuple):
    start_ms: int
    end_ms: int
    prices: Prices
    drawn: Drawn


def look_ahead(now_ms: int, horizon_ms: int, timeline: Timeline, expected: Expected) -> Outlook:
    """From now on, as far as prices and forecasts reach. Raises Wanting if that is not far enough."""
    if timeline.prices(now_ms) is None:
        raise Wanting(_unpriced(timeline.at(now_ms)))
    slots = list(_slots(_edges(now_ms, now_ms + horizon_ms, timeline.edges_ms), timeline, expected))
    if not slots or slots[-1].end_ms - now_ms < LEAST_AHEAD_MS:
        raise Wanting("prices and forecasts do not reach two hours ahead")
    scenarios, common = _scenarios(slots, timeline)
    return Outlook([now_ms, *(slot.end_ms for slot in slots)], scenarios, common, [slot.drawn.ways_w for slot in slots])


def _unpriced(slot: TariffSlot | None) -> str:
    if slot is not None and slot.price_eur_per_kwh is not None:
        return "what a kWh fed in earns is not known: write it under tempo, or as planner.export_eur_per_kwh"
    return "the price of energy is not known"


def _edges(now_ms: int, until_ms: int, changes: Iterable[int]) -> list[int]:
    """Now, quarter hours on the clock, and where a price changes."""
    first = (now_ms // QUARTER_MS + 1) * QUARTER_MS
    edges = [now_ms, *range(first, until_ms + 1, QUARTER_MS)]
    inside = (at_ms for at_ms in changes if now_ms < at_ms < until_ms)
    return sorted([*edges, *(at_ms for at_ms in inside if min(abs(at_ms - e) for e in edges) >= LEAST_SLOT_MS)])


def _slots(edges_ms: Sequence[int], timeline: Timeline, expected: Expected) -> Iterator[_Slot]:
    """Until something is not known. A price that is not published yet is taken for that of the day before."""
    for start_ms, end_ms in pairwise(edges_ms):
        middle_ms = (start_ms + end_ms) // 2
        prices = timeline.prices(middle_ms) or timeline.as_before(middle_ms)
        drawn = expected.over(start_ms, end_ms)
        if prices is None or drawn is None:
            return
        yield _Slot(start_ms, end_ms, prices, drawn)


def _scenarios(slots: Sequence[_Slot], timeline: Timeline) -> tuple[list[Scenario], int]:
    """As told; and, by the days the season has left, with what is only assumed as it was the day before."""
    first = next((place for place, slot in enumerate(slots) if timeline.is_assumed(slot.start_ms)), None)
    worst = 1.0 if first is None else timeline.worst_share(slots[first].start_ms)
    told = [slot.prices for slot in slots]
    milder = [
        (timeline.as_before(slot.start_ms) if timeline.is_assumed(slot.start_ms) else None) or slot.prices
        for slot in slots
    ]
    if worst >= 1.0 or milder == told:
        return [_scenario(slots, told, 1.0)], 1
    if worst <= 0.0:
        return [_scenario(slots, milder, 1.0)], 1
    return [_scenario(slots, told, worst), _scenario(slots, milder, 1.0 - worst)], max(1, first or 0)


def _scenario(slots: Sequence[_Slot], prices: Sequence[Prices], probability: float) -> Scenario:
    paid, received = zip(*prices, strict=True)
    return Scenario(
        import_eur_per_kwh=paid,
        export_eur_per_kwh=received,
        base_w=[slot.drawn.base_w for slot in slots],
        probability=probability,
    )
