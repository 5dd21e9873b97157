"""What the roof will give: the weather's promise, corrected by what was learnt and by how wrong it is now.

1. Where the weather is known, its promise through the calibration; elsewhere the clear sky times recent clearness.
2. The error of the last quarter hour is added, less so further ahead, in proportion to the sun: nothing at night.
3. p10 and p90 are as far away as they have been, nearer where the present is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from common.means import QUARTER_S, quarter
from services.forecaster.core.calibration import Calibration
from services.forecaster.core.plant import Plant
from services.forecaster.core.present import Present
from services.forecaster.core.quarters import PER_DAY, Expected, Quarter, ahead
from services.forecaster.core.spread import DAYLIGHT, Spread

FADE_S: Final = 7 * 3600.0
"""How long an error of the weather lasts."""
CLEARNESS_S: Final = 3 * 86_400
CLEARNESS_HALF_S: Final = 86_400
USUAL_CLEARNESS: Final = 0.5
USUAL_QUARTERS: Final = 8.0
"""So many quarters of full sun are the usual clearness worth beside what was measured."""
PRESENT: Final = 2
"""A measurement is the present for so many quarters."""


class Ahead(NamedTuple):
    """A forecast."""

    slots: tuple[Expected, ...]
    is_estimated: bool
    """Some of its next 24 h had to be made without weather, or without history."""


@dataclass(frozen=True, slots=True)
class _Model:
    plant: Plant
    calibration: Calibration
    clearness: float

    def expected_w(self, start_s: int, raw_w: float | None) -> float:
        """Without regard to the present."""
        clear_w = self.plant.clear_w(start_s)
        if clear_w <= 0:
            return 0.0
        told_w = clear_w * self.clearness if raw_w is None else self.calibration.corrected(start_s, raw_w)
        return min(self.plant.limit_w, told_w)


def sun_ahead(now_s: float, plant: Plant, raw: Mapping[int, float], history: Sequence[Quarter]) -> Ahead:
    """The next 48 h. `raw`: what the weather promises, by quarter; `history`: ascending, up to now."""
    model = _Model(plant, Calibration.learn(history, now_s), recent_clearness(now_s, plant, history))
    least_w = DAYLIGHT * plant.limit_w
    spread = Spread.learn(history, now_s, lambda row: model.expected_w(row.start_s, row.raw_w), plant.clear_w, least_w)
    present = _present(now_s, model, raw, history)
    slots = tuple(_expected(start_s, model, raw.get(start_s), present, spread) for start_s in ahead(now_s))
    day = (slot.start_s for slot in slots[:PER_DAY] if plant.clear_w(slot.start_s) > 0)
    return Ahead(slots, any(start_s not in raw for start_s in day))


def recent_clearness(now_s: float, plant: Plant, history: Sequence[Quarter]) -> float:
    """The share of the clear sky's power that was measured in the last three days, the last one first; 0 to 1.1."""
    given_w = USUAL_CLEARNESS * USUAL_QUARTERS * plant.limit_w
    clear_w = USUAL_QUARTERS * plant.limit_w
    for row in history:
        age_s = now_s - row.start_s
        if row.pv_w is not None and 0 < age_s < CLEARNESS_S:
            weight = 0.5 ** (age_s / CLEARNESS_HALF_S)
            given_w += weight * row.pv_w
            clear_w += weight * plant.clear_w(row.start_s)
    return min(1.1, given_w / clear_w) if clear_w > 0 else USUAL_CLEARNESS


def _present(now_s: float, model: _Model, raw: Mapping[int, float], history: Sequence[Quarter]) -> Present | None:
    """None at night, and where nothing was measured lately."""
    if model.plant.clear_w(quarter(now_s)) <= 0:
        return None
    for row in reversed(history[-PRESENT:]):
        clear_w = model.plant.clear_w(row.start_s)
        is_present = now_s - (1 + PRESENT) * QUARTER_S < row.start_s < now_s
        if is_present and row.pv_w is not None and clear_w > DAYLIGHT / 2 * model.plant.limit_w:
            raw_w = raw.get(row.start_s) if row.raw_w is None else row.raw_w
            return Present(row.start_s, row.pv_w - model.expected_w(row.start_s, raw_w), clear_w, FADE_S)
    return None


def _expected(start_s: int, model: _Model, raw_w: float | None, present: Present | None, spread: Spread) -> Expected:
    clear_w, limit_w = model.plant.clear_w(start_s), model.plant.limit_w
    if clear_w <= 0:
        return Expected(start_s, 0.0, 0.0, 0.0)
    told_w = model.expected_w(start_s, raw_w)
    width, doubt = spread.width(told_w / clear_w), 1.0
    if present is not None:
        told_w += present.carried_w(start_s, clear_w)
        doubt = present.doubt(start_s)
    p50_w = min(limit_w, max(0.0, told_w))
    p10_w = max(0.0, p50_w + width.lower * clear_w * doubt)
    return Expected(start_s, p10_w, p50_w, min(limit_w, p50_w + width.upper * clear_w * doubt))
