"""The core on a recorded house: `python -m tests.bench forecast` judges all of spring, this ten days of it."""

from datetime import UTC, datetime
from pathlib import Path

from tests.bench import forecast


def test_a_recorded_roof_is_forecast_better_than_it_was_then(shared: Path) -> None:
    rows = forecast.recording(shared / "data")
    end_s = datetime(2024, 5, 25, tzinfo=UTC).timestamp()
    spring = [row for row in rows if row.start_s < end_s]
    found = forecast.sun(spring, judged_from=len(spring) - 10 * forecast.HALF_HOURS_A_DAY)
    soon, later = found["half_hour_ahead"], found["day_ahead"]
    assert isinstance(soon, dict)
    assert isinstance(later, dict)
    assert soon["share_of_reference_pct"] <= 65
    assert abs(soon["bias_w"]) <= 50
    assert later["share_of_reference_pct"] <= 92
