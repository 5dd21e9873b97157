"""How far off the sun's forecast has been: the width of p10 and p90, by clearness of the sky."""

from bisect import bisect
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from services.forecaster.core.quarters import Quarter, weighted_quantile

CLASSES: Final = (0.35, 0.7)
"""Clearness at which a dull sky becomes a mixed one, and that a clear one."""
HALF_LIFE_S: Final = 15 * 86_400
WINDOW_S: Final = 45 * 86_400
ENOUGH: Final = 60
"""Quarters of a class from which its own history is believed."""
DAYLIGHT: Final = 0.05
"""Share of the plant's limit under a clear sky from which on a quarter tells anything."""


class Width(NamedTuple):
    """Shares of the clear sky's power by which 1 case of 10 is lower, and 1 of 10 higher."""

    lower: float
    upper: float


USUAL: Final = (Width(-0.15, 0.25), Width(-0.3, 0.3), Width(-0.35, 0.15))
"""Of a day-ahead forecast in middle Europe, per class; until a class has a history of its own."""


class Spread:
    """The widths of each class."""

    def __init__(self, widths: tuple[Width, ...] = USUAL) -> None:
        self._widths = widths

    @classmethod
    def learn(
        cls,
        history: Iterable[Quarter],
        now_s: float,
        expected_w: Callable[[Quarter], float],
        clear_w: Callable[[int], float],
        least_w: float,
    ) -> "Spread":
        """From what was measured; quarters with less than `least_w` under a clear sky tell nothing."""
        classes: tuple[list[tuple[float, float]], ...] = tuple([] for _ in USUAL)
        for row in history:
            age_s = now_s - row.start_s
            if row.pv_w is None or row.raw_w is None or not 0 < age_s < WINDOW_S:
                continue
            clear, told_w = clear_w(row.start_s), expected_w(row)
            if clear >= least_w:
                entry = ((row.pv_w - told_w) / clear, 0.5 ** (age_s / HALF_LIFE_S))
                classes[bisect(CLASSES, told_w / clear)].append(entry)
        return cls(tuple(_width(errors, usual) for errors, usual in zip(classes, USUAL, strict=True)))

    def width(self, clearness: float) -> Width:
        """Of a sky that lets so much of the clear sky's power through."""
        return self._widths[bisect(CLASSES, clearness)]


def _width(errors: list[tuple[float, float]], usual: Width) -> Width:
    if len(errors) < ENOUGH:
        return usual
    errors.sort()
    return Width(min(0.0, weighted_quantile(errors, 0.1)), max(0.0, weighted_quantile(errors, 0.9)))
