"""What the house will draw, without the devices that are commanded: its own past weeks at this hour of the week.

The same weekday counts most, days of its kind (workday, weekend) count more than others, recent ones more than old,
and the half hour around it helps. A house without history gets a standard profile.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Final, NamedTuple

from common.means import QUARTER_S
from services.forecaster.core.present import Present
from services.forecaster.core.quarters import PER_DAY, Expected, Quarter, ahead, local, weighted_quantile
from services.forecaster.core.sun_ahead import PRESENT, Ahead

WINDOW_S: Final = 56 * 86_400
HALF_LIFE_S: Final = 7 * 86_400
SAME_DAY, SAME_KIND, OTHER_KIND = 2.0, 1.0, 0.5
NEIGHBOURS: Final = {-2: 0.4, -1: 0.7, 0: 1.0, 1: 0.7, 2: 0.4}
SATURDAY: Final = 5
ENOUGH_DAYS: Final = 3
"""Days of history at this hour from which on it is believed."""
FADE_S: Final = 4300.0
"""How long it lasts that somebody cooks."""
STANDARD: Final = (
    0.66, 0.59, 0.55, 0.54, 0.55, 0.60, 0.82, 1.06, 1.08, 1.03, 1.02, 1.06,
    1.14, 1.05, 0.97, 0.96, 1.03, 1.21, 1.50, 1.62, 1.55, 1.38, 1.14, 0.89,
)  # fmt: skip
"""A household's day by hours on the clock on the wall, as a share of its mean: quiet at night, most at supper."""
STANDARD_LOW, STANDARD_HIGH = 0.45, 1.9
"""p10 and p90 as shares of it: a single house is anything but standard."""


class _Sample(NamedTuple):
    weekday: int
    day: int
    load_w: float
    weight: float


def house_ahead(now_s: float, zone: tzinfo, history: Sequence[Quarter], yearly_kwh: float) -> Ahead:
    """The next 48 h. `history`: ascending, up to now; `yearly_kwh`: of the standard profile."""
    samples = _samples(now_s, zone, history)
    spans = {start_s: _span(local(start_s, zone), samples, yearly_kwh) for start_s in ahead(now_s)}
    present = _present(now_s, zone, samples, history, yearly_kwh)
    slots = tuple(_expected(start_s, span, present) for start_s, span in spans.items())
    day = (local(start_s, zone) for start_s in list(spans)[:PER_DAY])
    return Ahead(slots, any(not _is_enough(_around(quarter, samples)) for _, quarter in day))


def standard_w(quarter_of_day: int, yearly_kwh: float) -> float:
    """The standard profile's power."""
    return STANDARD[quarter_of_day // 4] * yearly_kwh * 1000 / 8766


def _samples(now_s: float, zone: tzinfo, history: Sequence[Quarter]) -> Mapping[int, list[_Sample]]:
    """By quarter of the local day."""
    samples: dict[int, list[_Sample]] = {}
    for row in history:
        age_s = now_s - row.start_s
        if row.load_w is not None and 0 < age_s < WINDOW_S:
            weekday, of_day = local(row.start_s, zone)
            sample = _Sample(weekday, row.start_s // 86_400, row.load_w, 0.5 ** (age_s / HALF_LIFE_S))
            samples.setdefault(of_day, []).append(sample)
    return samples


def _span(when: tuple[int, int], samples: Mapping[int, list[_Sample]], yearly_kwh: float) -> tuple[float, float, float]:
    """p10, p50 and p90 without regard to the present."""
    weekday, of_day = when
    found = list(_around(of_day, samples))
    if not _is_enough(found):
        usual_w = standard_w(of_day, yearly_kwh)
        return STANDARD_LOW * usual_w, usual_w, STANDARD_HIGH * usual_w
    pairs = sorted((sample.load_w, share * sample.weight * _likeness(weekday, sample)) for sample, share in found)
    low_w, middle_w, high_w = (weighted_quantile(pairs, share) for share in (0.1, 0.5, 0.9))
    return low_w, middle_w, high_w


def _around(of_day: int, samples: Mapping[int, list[_Sample]]) -> Iterator[tuple[_Sample, float]]:
    for offset, share in NEIGHBOURS.items():
        for sample in samples.get((of_day + offset) % PER_DAY, ()):
            yield sample, share


def _is_enough(found: "list[tuple[_Sample, float]] | Iterator[tuple[_Sample, float]]") -> bool:
    return len({sample.day for sample, _ in found}) >= ENOUGH_DAYS


def _likeness(weekday: int, sample: _Sample) -> float:
    if sample.weekday == weekday:
        return SAME_DAY
    return SAME_KIND if (sample.weekday >= SATURDAY) == (weekday >= SATURDAY) else OTHER_KIND


def _present(
    now_s: float, zone: tzinfo, samples: Mapping[int, list[_Sample]], history: Sequence[Quarter], yearly_kwh: float
) -> Present | None:
    for row in reversed(history[-PRESENT:]):
        if row.load_w is not None and now_s - (1 + PRESENT) * QUARTER_S < row.start_s < now_s:
            usual_w = _span(local(row.start_s, zone), samples, yearly_kwh)[1]
            return Present(row.start_s, row.load_w - usual_w, 1.0, FADE_S)
    return None


def _expected(start_s: int, span: tuple[float, float, float], present: Present | None) -> Expected:
    low_w, middle_w, high_w = span
    if present is None:
        return Expected(start_s, low_w, middle_w, high_w)
    p50_w = max(0.0, middle_w + present.carried_w(start_s, 1.0))
    doubt = present.doubt(start_s)
    return Expected(start_s, max(0.0, p50_w - doubt * (middle_w - low_w)), p50_w, p50_w + doubt * (high_w - middle_w))
