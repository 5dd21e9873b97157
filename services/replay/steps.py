"""A recorded period: steps as they were measured, and the slots of a plan that they make up.

What was not measured is left out: time jumps over a gap, for every policy alike, and nothing happens in it.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


class Step(NamedTuple):
    """One interval that was measured. Powers are its means."""

    start_s: int
    """Seconds since 1970, UTC."""
    hours: float
    load_w: float
    """The house without the devices that the replay adds, ≥ 0."""
    production_w: float
    import_eur_per_kwh: float
    export_eur_per_kwh: float
    promised_w: float | None = None
    """What a published forecast said about the sun in this interval; None: nothing."""


class Slot(NamedTuple):
    """The steps of one slot of the plan. Powers and prices are means over what was measured of it."""

    start_s: int
    hours: float
    """Measured time in it."""
    load_w: float
    production_w: float
    import_eur_per_kwh: float
    export_eur_per_kwh: float
    promised_w: float | None
    steps: Sequence[Step]

    @property
    def base_w(self) -> float:
        """House minus sun; + import."""
        return self.load_w - self.production_w


def slots(steps: Iterable[Step], slot_s: int) -> Iterator[Slot]:
    """The slots of a period, those without a measured step left out. `slot_s`: their length, on the clock."""
    held: list[Step] = []
    for step in steps:
        if held and step.start_s // slot_s != held[0].start_s // slot_s:
            yield _slot(held, slot_s)
            held = []
        held.append(step)
    if held:
        yield _slot(held, slot_s)


def _slot(steps: Sequence[Step], slot_s: int) -> Slot:
    hours = sum(step.hours for step in steps)

    def mean(values: Iterable[float]) -> float:
        return sum(value * step.hours for value, step in zip(values, steps, strict=True)) / hours

    promised = [step.promised_w for step in steps if step.promised_w is not None]
    return Slot(
        start_s=steps[0].start_s // slot_s * slot_s,
        hours=hours,
        load_w=mean(step.load_w for step in steps),
        production_w=mean(step.production_w for step in steps),
        import_eur_per_kwh=mean(step.import_eur_per_kwh for step in steps),
        export_eur_per_kwh=mean(step.export_eur_per_kwh for step in steps),
        promised_w=sum(promised) / len(promised) if promised else None,
        steps=tuple(steps),
    )


def with_ahead(period: Iterable[Slot], ahead: int) -> Iterator[Sequence[Slot]]:
    """Each slot with those that follow it, at most `ahead` in all, itself the first. Only so many are held."""
    window: deque[Slot] = deque()
    for slot in period:
        window.append(slot)
        if len(window) == ahead:
            yield tuple(window)
            window.popleft()
    while window:
        yield tuple(window)
        window.popleft()
