"""How good the forecaster is on a recorded house: its sun beside the forecast that was published at the time, its load
beside yesterday's. `python -m tests.bench forecast`

The recording says what another program had forecast for each half hour, some hours before. The shipping forecaster is
given that as its weather, and learns from the past only. Where the house stands is not known: the middle of France.
"""

import csv
import gzip
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from common.means import QUARTER_S
from services.forecaster.core.calibration import WINDOW_S
from services.forecaster.core.house_ahead import house_ahead
from services.forecaster.core.plant import Plane, Plant, Site
from services.forecaster.core.quarters import PER_DAY, Expected, Quarter
from services.forecaster.core.sun_ahead import sun_ahead

DATA: Final = Path(__file__).parents[3] / "shared" / "data"
FILE: Final = "home_fr_pv_forecast_30min_2024-03_2024-12_dev.csv.gz"
HALF_HOUR_S: Final = 1800
HALF_HOURS_A_DAY: Final = 48
KEPT: Final = WINDOW_S // QUARTER_S
ROOF: Final = Plant((Site(46.5, 2.5, (Plane(peak_w=5000, tilt_deg=30, azimuth_deg=180, loss=0.1),), inverter_w=None),))
ZONE: Final = ZoneInfo("Europe/Paris")


class HalfHour(NamedTuple):
    """One line of the recording. None: not recorded."""

    start_s: int
    load_w: float | None
    pv_w: float | None
    published_w: float | None


@dataclass
class Errors:
    """Forecasts beside what came, in W."""

    missed_w: list[float] = field(default_factory=list)
    """Forecast minus what came."""
    inside: int = 0
    """How often what came lay from p10 to p90."""

    def add(self, expected: Sequence[Expected], came_w: float) -> None:
        """The two quarters of a half hour."""
        n = len(expected)
        self.missed_w.append(sum(each.p50_w for each in expected) / n - came_w)
        low_w, high_w = sum(each.p10_w for each in expected) / n, sum(each.p90_w for each in expected) / n
        self.inside += low_w <= came_w <= high_w

    @property
    def mae_w(self) -> float:
        """Mean absolute error."""
        return sum(map(abs, self.missed_w)) / len(self.missed_w)

    @property
    def bias_w(self) -> float:
        """Mean error; > 0: too much was forecast."""
        return sum(self.missed_w) / len(self.missed_w)


def recording(folder: Path = DATA) -> list[HalfHour]:
    """The house, ascending. Raises OSError where the recording is not there."""
    with gzip.open(folder / FILE, "rt") as lines:
        return [
            HalfHour(
                int(datetime.fromisoformat(row["time_utc"]).timestamp()),
                *(float(row[name]) if row[name] else None for name in ("load_w", "pv_w", "pv_forecast_w")),
            )
            for row in csv.DictReader(lines)
        ]


def sun(rows: Sequence[HalfHour], judged_from: int = 0) -> dict[str, object]:
    """Half an hour and a day ahead, by daylight, in half hours that were both forecast and measured."""
    known = {row.start_s: row for row in rows}
    raw = {start_s: row.published_w for row in rows for start_s in _quarters(row) if row.published_w is not None}
    published, soon, later = Errors(), Errors(), Errors()
    for now_s, history in _days(rows, judged_from):
        row, tomorrow = known[now_s], known.get(now_s + 86_400)
        if not (_is_judged(row) or (tomorrow is not None and _is_judged(tomorrow))):
            continue
        slots = sun_ahead(now_s, ROOF, raw, history).slots
        if _is_judged(row):
            published.missed_w.append((row.published_w or 0.0) - (row.pv_w or 0.0))
            soon.add(slots[:2], row.pv_w or 0.0)
        if tomorrow is not None and _is_judged(tomorrow):
            later.add(slots[PER_DAY : PER_DAY + 2], tomorrow.pv_w or 0.0)
    return {
        "half_hours": len(soon.missed_w),
        "published": {"mae_w": round(published.mae_w, 1), "bias_w": round(published.bias_w, 1)},
        "half_hour_ahead": _told(soon, published.mae_w),
        "day_ahead": _told(later, published.mae_w),
    }


def house(rows: Sequence[HalfHour]) -> dict[str, object]:
    """Half an hour and a day ahead, after two weeks of learning, beside the same half hour of the day before."""
    known = {row.start_s: row.load_w for row in rows}
    yesterday, soon, later = Errors(), Errors(), Errors()
    for now_s, history in _days(rows, 14 * HALF_HOURS_A_DAY):
        came_w, next_w = known[now_s], known.get(now_s + 86_400)
        slots = house_ahead(now_s, ZONE, history, 3500).slots
        if came_w is not None:
            soon.add(slots[:2], came_w)
        if came_w is not None and next_w is not None:
            later.add(slots[PER_DAY : PER_DAY + 2], next_w)
            yesterday.missed_w.append(came_w - next_w)
    return {
        "yesterday": {"mae_w": round(yesterday.mae_w, 1)},
        "half_hour_ahead": _told(soon, yesterday.mae_w),
        "day_ahead": _told(later, yesterday.mae_w),
    }


def _told(errors: Errors, reference_w: float) -> dict[str, float]:
    return {
        "mae_w": round(errors.mae_w, 1),
        "share_of_reference_pct": round(100 * errors.mae_w / reference_w, 1),
        "bias_w": round(errors.bias_w, 1),
        "within_p10_p90_pct": round(100 * errors.inside / len(errors.missed_w), 1),
    }


def _is_judged(row: HalfHour) -> bool:
    return row.pv_w is not None and row.published_w is not None and bool(row.pv_w or row.published_w)


def _days(rows: Sequence[HalfHour], judged_from: int) -> Iterator[tuple[int, Sequence[Quarter]]]:
    """Each half hour as the present, with what was known when it began."""
    history: list[Quarter] = []
    for number, row in enumerate(rows):
        if number >= judged_from:
            yield row.start_s, history[-KEPT:]
            if number % (7 * HALF_HOURS_A_DAY) == 0:
                sys.stderr.write(f"  {datetime.fromtimestamp(row.start_s, UTC):%Y-%m-%d}\n")
        history += (Quarter(start_s, row.pv_w, row.load_w, row.published_w) for start_s in _quarters(row))


def _quarters(row: HalfHour) -> tuple[int, int]:
    return row.start_s, row.start_s + QUARTER_S


def figures() -> dict[str, object]:
    """March to June 2024 for the sun, the four weeks before the end of May for the load."""
    try:
        rows = recording()
    except OSError as error:
        return {"skipped": f"the recording is not there ({error.strerror})"}
    july_s = datetime(2024, 7, 1, tzinfo=UTC).timestamp()
    spring = [row for row in rows if row.start_s < july_s]
    return {"sun": sun(spring), "house": house(spring[: 42 * HALF_HOURS_A_DAY])}
