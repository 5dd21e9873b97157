"""What a day came to, beside what it could have."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.contract import BatteryState, PlanScore
from common.means import QUARTER_S
from services.planner.core.problem import Store
from services.planner.core.tank import carry
from services.planner.diary import Diary, Row
from services.planner.heard import Dated, Heard
from services.planner.scoring import score
from tests.planner.home import BATTERY as TERMS
from tests.planner.home import tariff

PARIS = ZoneInfo("Europe/Paris")
DAY = date(2026, 4, 17)
BEGAN_S = int(datetime(2026, 4, 16, 22, tzinfo=UTC).timestamp())
"""Midnight in Paris."""
STORE = Store(device="garage", capacity_wh=5000, stored_wh=0, max_charge_w=2500, max_discharge_w=2500)
CHEAP, DEAR = 0.10, 0.40


def lived(wishes_w: list[float], base_w: list[float], prices: list[float]) -> list[Row]:
    """A day and the quarter before it, with a battery that does what physics leaves of these wishes."""
    stored_wh, rows = 2000.0, [Row(BEGAN_S - QUARTER_S, 0.0, 0.0, DEAR, 0.04, 2000.0)]
    for number, (wish_w, house_w, paid) in enumerate(zip(wishes_w, base_w, prices, strict=True)):
        done = carry(STORE, stored_wh, wish_w, 0.25)
        stored_wh = done.stored_wh
        rows.append(Row(BEGAN_S + number * QUARTER_S, house_w + done.power_w, done.power_w, paid, 0.04, stored_wh))
    return rows


def judged(rows: list[Row]) -> PlanScore:
    found = score(rows, [STORE], DAY, PARIS)
    assert found is not None
    return found


HOUSE_W = [500.0] * 48 + [-1000.0] * 24 + [1500.0] * 24
PRICES = [CHEAP] * 24 + [DEAR] * 72


def test_self_consumption_is_judged_as_the_rule_it_is() -> None:
    found = judged(lived([-house_w for house_w in HOUSE_W], HOUSE_W, PRICES))
    assert found.cost_eur == pytest.approx(found.rule_eur, abs=1e-4)
    assert found.share_pct == found.rule_share_pct
    assert found.day == "2026-04-17"
    assert found.covered_pct == 100


def test_a_battery_at_rest_saves_nothing() -> None:
    found = judged(lived([0.0] * 96, HOUSE_W, PRICES))
    assert found.cost_eur == found.none_eur
    assert found.share_pct == 0
    assert found.none_eur == pytest.approx(0.25 * (24 * 0.05 + 24 * 0.2 - 24 * 0.04 + 24 * 0.6))


def test_charging_while_it_is_cheap_comes_near_to_perfect_foresight() -> None:
    wishes_w = [2500.0] * 6 + [0.0] * 18 + [-500.0] * 24 + [1000.0] * 24 + [-1500.0] * 24
    found = judged(lived(wishes_w, HOUSE_W, PRICES))
    assert found.share_pct is not None
    assert found.rule_share_pct is not None
    assert found.rule_share_pct + 10 < found.share_pct <= 100
    assert f"Yesterday cost {found.cost_eur:.2f} EUR, {found.share_pct:.0f} % of what can be saved" in found.sentence


@settings(max_examples=10)
@given(
    st.lists(st.integers(-2500, 2500).map(float), min_size=96, max_size=96),
    st.lists(st.integers(-3000, 3000).map(float), min_size=96, max_size=96),
    st.lists(st.sampled_from([0.05, 0.15, 0.40]), min_size=96, max_size=96),
)
def test_nobody_is_better_than_perfect_foresight(wishes: list[float], base: list[float], prices: list[float]) -> None:
    found = judged(lived(wishes, base, prices))
    assert found.oracle_eur <= min(found.cost_eur, found.none_eur, found.rule_eur) + 1e-3


def test_a_day_with_nothing_to_save_has_no_share() -> None:
    assert judged(lived([0.0] * 96, [0.0] * 96, [0.2] * 96)).share_pct is None


def test_a_day_of_which_too_little_is_known_is_not_judged() -> None:
    rows = lived([0.0] * 96, HOUSE_W, PRICES)
    assert score(rows[:80], [STORE], DAY, PARIS) is None
    assert score([row for place, row in enumerate(rows) if place % 5], [STORE], DAY, PARIS) is None
    assert judged(rows[:30] + rows[33:]).covered_pct == pytest.approx(95.8)
    assert score(rows, [], DAY, PARIS) is None


def heard(at_ms: int, soc_pct: float | None = None) -> Heard:
    state = BatteryState(soc_pct=soc_pct)
    known = Heard(terms={"garage": Dated(TERMS, at_ms)}, batteries={"garage": Dated(state, at_ms)})
    known.price(tariff(1000 * BEGAN_S, lambda hour: True))
    return known


def fed(*names: str) -> Diary:
    diary = Diary()
    for second in range(0, QUARTER_S + 1, 60):
        for name in names:
            diary.add(name, 1000 * (BEGAN_S + second), 300.0 if name == "p1" else -100.0)
    return diary


def test_a_quarter_that_is_known_in_full_is_written_down() -> None:
    diary = fed("p1", "garage")
    assert diary.close(BEGAN_S, heard(1000 * (BEGAN_S + QUARTER_S), soc_pct=50.0), "p1", None)
    (row,) = diary.rows
    assert (row.start_s, row.import_eur_per_kwh, row.export_eur_per_kwh, row.stored_wh) == (BEGAN_S, CHEAP, 0.04, 2500)
    assert [row.grid_w, row.battery_w] == pytest.approx([300, -100])


def test_a_quarter_of_which_something_is_missing_is_not() -> None:
    full = heard(1000 * (BEGAN_S + QUARTER_S), soc_pct=50.0)
    assert not fed("p1").close(BEGAN_S, full, "p1", None), "the battery's power"
    assert not fed("garage").close(BEGAN_S, full, "p1", None), "the meter"
    unknown = heard(1000 * (BEGAN_S + QUARTER_S))
    assert not fed("p1", "garage").close(BEGAN_S, unknown, "p1", None), "its charge"
    full.tariff = None
    full.past = ()
    assert not fed("p1", "garage").close(BEGAN_S, full, "p1", None), "the price"
