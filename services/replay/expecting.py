"""What a replay expects of the time ahead, learnt from the past of the recording alone.

The house: its own weeks at this hour, the same weekday first, recent ones first. The sun: the published forecast, each
hour of the day corrected by how it kept its promises; without one, the sun of the last days. What is measured now is
believed a little for some hours.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from math import exp, sqrt
from typing import Final, NamedTuple

from services.replay.steps import Slot

DAY_S: Final = 86_400
SATURDAY: Final = 5
SAME_DAY, SAME_KIND, OTHER_KIND = 2.0, 1.0, 0.5
NEIGHBOURS: Final = ((-1, 0.3), (0, 1.0), (1, 0.3))
SUNNY_NEIGHBOURS: Final = ((-2, 0.2), (-1, 0.6), (0, 1.0), (1, 0.6), (2, 0.2))
LOAD_DAYS, SUN_DAYS, MEAN_SUN_DAYS = 7.0, 30.0, 5.0
"""Half-lives of what was measured."""
UNSEEN_W: Final = 500.0
"""A house of which nothing is known yet."""
PRIOR_W2: Final = 1e6
"""Evidence that the published forecast is right: that of one hour with 1 kW."""
LOAD_BELIEVED, LOAD_FADE_H = 0.5, 2.4
SUN_BELIEVED, SUN_FADE_H = 0.7, 4.0
"""How much of the present error is believed at first, and how long it takes until a third of that is left."""
LEAST_SUN_W: Final = 100.0
MOST_GROWTH: Final = 1.5
LEARN_S: Final = 6 * 3600
WAYS: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Quantiles as which a slot may turn out."""
ERROR_DAYS: Final = 42
ENOUGH_ERRORS: Final = 21
"""A week of this hour and its neighbours."""
DOUBT_H: Final = 3.0
"""The next hours are known a little better."""


class Cell(NamedTuple):
    """A weighted sum and its weight."""

    total: float = 0.0
    weight: float = 0.0

    def plus(self, total: float, weight: float) -> "Cell":
        """With more evidence."""
        return Cell(self.total + total, self.weight + weight)


@dataclass(slots=True)
class Expecting:
    """Learns slot by slot, and tells what it expects."""

    slot_s: int
    zone: tzinfo
    house: dict[tuple[int, int], Cell] = field(default_factory=dict)
    """By weekday and place in the local day."""
    kept: dict[int, Cell] = field(default_factory=dict)
    """Promise times production over promise squared, by place in the day (UTC)."""
    sun: dict[int, Cell] = field(default_factory=dict)
    """Production, by place in the day (UTC)."""
    errors_w: dict[int, deque[float]] = field(default_factory=dict)
    """What came minus what is usual, by place in the day (UTC)."""
    last: Slot | None = None
    begun_s: int | None = None
    _profile: dict[tuple[int, int], float] = field(default_factory=dict)
    _slopes: dict[int, float] = field(default_factory=dict)
    _learnt_s: int = -LEARN_S

    def learn(self, slot: Slot) -> None:
        """A slot is over."""
        self._note_error(slot)
        self.begun_s = slot.start_s if self.begun_s is None else self.begun_s
        days = (slot.start_s - self.begun_s) / DAY_S
        house, place = self._local(slot.start_s), self._place(slot.start_s)
        weight = slot.hours * 2 ** (days / LOAD_DAYS)
        self.house[house] = self.house.get(house, Cell()).plus(weight * slot.load_w, weight)
        weight = slot.hours * 2 ** (days / MEAN_SUN_DAYS)
        self.sun[place] = self.sun.get(place, Cell()).plus(weight * slot.production_w, weight)
        if slot.promised_w is not None:
            weight = 2 ** (days / SUN_DAYS) * slot.promised_w
            self.kept[place] = self.kept.get(place, Cell()).plus(weight * slot.production_w, weight * slot.promised_w)
        self.last = slot

    def ways_w(self, ahead: Sequence[Slot]) -> list[Sequence[float]]:
        """By how much each of these slots may turn out otherwise, as it did at this hour; + more import."""
        return [self._ways_w(slot.start_s) for slot in ahead]

    def _ways_w(self, start_s: int) -> Sequence[float]:
        places, place = DAY_S // self.slot_s, self._place(start_s)
        errors_w = sorted(each for by in (-1, 0, 1) for each in self.errors_w.get((place + by) % places, ()))
        if len(errors_w) < ENOUGH_ERRORS:
            return (0.0,)
        mean_w = sum(errors_w) / len(errors_w)
        doubt = sqrt(1 - exp(-self._lead_h(start_s) / DOUBT_H) / 2)
        return [(errors_w[int(share * len(errors_w))] - mean_w) * doubt for share in WAYS]

    def base_w(self, ahead: Sequence[Slot]) -> list[float]:
        """House minus sun in each of these slots, of which only time and published forecast are looked at."""
        if ahead[0].start_s - self._learnt_s >= LEARN_S:
            self._think(ahead[0].start_s)
        return [max(0.0, self._load_w(slot.start_s)) - max(0.0, self._sun_w(slot)) for slot in ahead]

    def _note_error(self, slot: Slot) -> None:
        """What was expected at this hour, the present error left aside, and what came."""
        if self._profile:
            usual_w = self._profile[self._local(slot.start_s)] - self._usual_sun_w(slot)
            place = self._place(slot.start_s)
            self.errors_w.setdefault(place, deque(maxlen=ERROR_DAYS)).append(slot.base_w - usual_w)

    def _load_w(self, start_s: int) -> float:
        usual_w = self._profile.get(self._local(start_s), UNSEEN_W)
        if self.last is None:
            return usual_w
        error_w = self.last.load_w - self._profile.get(self._local(self.last.start_s), UNSEEN_W)
        return usual_w + error_w * LOAD_BELIEVED * exp(-self._lead_h(start_s) / LOAD_FADE_H)

    def _sun_w(self, slot: Slot) -> float:
        told_w = self._usual_sun_w(slot)
        if self.last is None:
            return told_w
        was_told_w = self._usual_sun_w(self.last)
        if was_told_w < LEAST_SUN_W:
            return told_w
        growth = min(MOST_GROWTH, self.last.production_w / was_told_w - 1)
        return told_w * (1 + growth * SUN_BELIEVED * exp(-self._lead_h(slot.start_s) / SUN_FADE_H))

    def _usual_sun_w(self, slot: Slot) -> float:
        place = self._place(slot.start_s)
        if slot.promised_w is not None:
            return slot.promised_w * self._slopes.get(place, 1.0)
        seen = self.sun.get(place, Cell())
        return seen.total / seen.weight if seen.weight else 0.0

    def _lead_h(self, start_s: int) -> float:
        return (start_s - self.last.start_s) / 3600 if self.last else 0.0

    def _think(self, now_s: int) -> None:
        """Profiles anew, a few times a day."""
        self._learnt_s = now_s
        places = DAY_S // self.slot_s
        age = 2 ** ((now_s - (self.begun_s or now_s)) / DAY_S / SUN_DAYS)
        for place in range(places):
            near = _summed((self.kept.get((place + by) % places), share) for by, share in SUNNY_NEIGHBOURS)
            self._slopes[place] = (near.total + PRIOR_W2 * age) / (near.weight + PRIOR_W2 * age)
        if self.house:
            for day in range(7):
                self._think_of_day(day, places)

    def _think_of_day(self, today: int, places: int) -> None:
        shares = [(day, _share(day, today)) for day in range(7)]
        cells = [_summed((self.house.get((day, place)), share) for day, share in shares) for place in range(places)]
        total = _summed((cell, 1.0) for cell in cells)
        few = 0.01 * total.weight / places  # a place that was never seen is as the whole day is
        mean_w = total.total / total.weight
        for place in range(places):
            near = _summed((cells[(place + by) % places], share) for by, share in NEIGHBOURS)
            self._profile[today, place] = (near.total + few * mean_w) / (near.weight + few)

    def _local(self, start_s: int) -> tuple[int, int]:
        local = datetime.fromtimestamp(start_s, UTC).astimezone(self.zone)
        return local.weekday(), (local.hour * 3600 + local.minute * 60) // self.slot_s

    def _place(self, start_s: int) -> int:
        return start_s % DAY_S // self.slot_s


def _share(day: int, today: int) -> float:
    """How much another weekday says about this one."""
    if day == today:
        return SAME_DAY
    return SAME_KIND if (day >= SATURDAY) == (today >= SATURDAY) else OTHER_KIND


def _summed(cells: Iterable[tuple[Cell | None, float]]) -> Cell:
    """Cells by their shares; what was never seen says nothing."""
    seen = [(cell, share) for cell, share in cells if cell is not None]
    return Cell(sum(cell.total * share for cell, share in seen), sum(cell.weight * share for cell, share in seen))
